"""How far a place may be off from where it was when ground was marked: what a look has to stand off by.

Where something is believed to be in the `field` frame, and where it is, differ by an error e. Ground is marked at a
time 1 and looked at at a time 2; whether a track is on it depends on e2 - e1 alone. The caller tells one sigma of the
worst point of the rover, heading's share included, and which kind of frame it has:

- absolute (RTK): e1 and e2 have nothing to do with each other, so e2 - e1 is within K sqrt(sigma1^2 + sigma2^2). A
  mark has some of it taken off its sides, a look adds the rest, and nothing has to be kept about such a mark. Of two
  alike each takes K / sqrt(2) sigma: 17/8 and 9/4 of it, rounded up, for sigmas up to NEAR_MM, of which the mark's is
  taken as FLOOR_MM at least. Larger ones take K sigma. What that leaves is the whole of it, for any two sigmas (a
  test).
- drifting (odometry, gyro): the error walks, and sigma tells how far it may have walked since the frame began. It
  never falls: coming back does not make the way known. What matters is the walk between mark and look. Of independent
  steps variances add up, so it is sqrt(sigma2^2 - sigma1^2); of a steady drift it is sigma2 - sigma1, which is never
  more. Taking sigma1 off the mark as well would take it off twice, and after some metres nothing could be marked. It is
  the *smallest* sigma1 of a block that counts, as that mark is the oldest.

When drifting ends, because an absolute place comes, or sigma falls, which tells of a correction, nothing is known of
how e1 and e2 hang together from there on: what was marked while drifting owes its whole sigma1, of which the last one
is the largest, on top of the look's: sigma1 + sigma2, as an error may be followed by its opposite.

So a block keeps one number, the worst of its marks: -sigma1 for one of this drift, 0 for an absolute one, +sigma for
one of a drift that ended. It is kept plus ZERO, so that 0, NEVER, is a block in which nothing was marked.
K = 3: 99.7 % each way, as everywhere in the project's rules. Every root is rounded up.
"""

import micropython
from micropython import const
from sapper.ground.root import root_up

K = const(3)
NEAR_MM = const(24)
FLOOR_MM = const(16)
SIGMA_MOST_MM = const(4000)
NEVER = const(0)
ZERO = const(4096)


@micropython.viper
def _age(blocks: ptr16, count: int, aged: int):
    """What was marked in a drift that ended takes what it owes."""
    i = 0
    while i < count:
        if blocks[i] != 0 and blocks[i] < 4096:
            blocks[i] = aged
        i += 1


@micropython.native
def mark_mm(sigma_mm):
    """What is taken off a mark's sides while the place is absolute; as outline.py does it."""
    if sigma_mm > NEAR_MM:
        return K * sigma_mm
    return (17 * max(sigma_mm, FLOOR_MM) + 7) >> 3


@micropython.native
def look_mm(sigma_mm):
    """What a look adds then, at marks made while it was absolute."""
    return K * sigma_mm if sigma_mm > NEAR_MM else (9 * max(sigma_mm, FLOOR_MM) + 3) >> 2


class Trust:
    """`tell` once a tick, before marks and looks. sigma_mm: below 0 as long as the place is not known."""

    def __init__(self, cells):
        self._blocks = cells.blocks
        self.sigma_mm = -1
        self.absolute = True
        self.drift = 0  # its number: what was begun in one is not to be compared with another
        self._owed_mm = 0

    @micropython.native
    def tell(self, sigma_mm, absolute):
        """One sigma (mm) of the place, and whether it is absolute. Anything below 0 or above SIGMA_MOST_MM: unknown."""
        if sigma_mm < 0 or sigma_mm > SIGMA_MOST_MM:
            sigma_mm = -1
        if not self.absolute and (absolute or sigma_mm < self.sigma_mm):
            _age(self._blocks, len(self._blocks), ZERO + self._owed_mm)
            self._owed_mm = 0
            self.drift += 1
        elif self.absolute and not absolute:
            self.drift += 1
        self.sigma_mm = sigma_mm
        self.absolute = absolute
        if not absolute and sigma_mm > self._owed_mm:
            self._owed_mm = sigma_mm

    @micropython.native
    def since_mm(self, stale):
        """K times how far the place may be off now from where it was when a block of this number was marked."""
        sigma = self.sigma_mm
        owed = stale - ZERO
        if stale == NEVER:
            owed = 0
        if owed == 0 and self.absolute:
            return look_mm(sigma)
        if owed >= 0:
            return K * (sigma + owed)
        return K * root_up(sigma * sigma - owed * owed)
