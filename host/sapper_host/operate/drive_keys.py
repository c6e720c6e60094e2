"""Driving with the arrow keys: what to drive when, so that letting go stops.

Motion needs a sign, less than HOLD_S old, that the key is down: a press, a repeat, or, where the terminal tells
releases (kitty keyboard protocol), its answer to a question, which would have come after a release. With no sign,
`drive 0 0` leaves at once, and the board has duty 0 without a ramp: HOLD_S and two ticks after the last press or
repeat, within LET_GO_MS. (The board's own limit, drive_timeout_ms and stop_ramp_ms, is for lines that are lost.)

A terminal that tells no releases begins to repeat a held key only after 250 to 660 ms: there a held key gives a nudge,
a pause, and then motion. That is right: whoever only tapped it must not be driven on.

After a lost link, a lost focus, or anything else that leaves it unknown which keys are down, nothing moves before all
were seen released, or, where no release is told, before none was heard for QUIET_S.

Pure: times are of any monotonic clock, in seconds.
"""

from __future__ import annotations

import threading

from sapper.shared.limits import LET_GO_MS, TICK_MS
from sapper.shared.settings import row_of
from sapper_host.operate.key_parser import Kind

# Terminals repeat every 30 to 40 ms; the slowest (the Linux console's default) every 92 ms.
HOLD_S = 0.15
# Longer than a held key takes to repeat for the first time.
QUIET_S = 0.75
_SEND_S = 0.1
# A `drive 0 0` that was not answered is said again: a line of it may be lost.
_AGAIN_S = 0.04
_ZEROS = 3
_SPEED_STEP = 1.25
# Key -> share of the speed, share of the turn (left is positive).
KEYS = {"up": (1.0, 0.0), "down": (-1.0, 0.0), "left": (0.0, 1.0), "right": (0.0, -1.0)}

# The hold, then the tick that takes the line and the one that drives by it; what is left is the line's own way.
assert round(HOLD_S * 1000) + 2 * TICK_MS < LET_GO_MS


class DriveKeys:
    """Which keys are down, and what that asks for. Fed by the thread that reads the keyboard, looked at by others.

    releases: whether the terminal tells releases. At first nothing moves, as after `block`.
    """

    def __init__(self, speed_mm_s: int = 200, turn_mrad_s: int = 500) -> None:
        self.speed_mm_s = speed_mm_s
        self.turn_mrad_s = turn_mrad_s
        self.releases = False
        self._lock = threading.RLock()
        self._sign_s: dict[str, float] = {}  # key -> last sign that it is down
        self._down: set[str] = set()  # pressed or repeated, and not seen released
        self._blocked = True
        self._heard_s = float("-inf")  # the last key of ours, or block

    def press(self, key: str, now_s: float, kind: Kind = "press") -> None:
        """A key of KEYS was pressed, or is repeated."""
        with self._lock:
            fresh = kind == "press" and key not in self._down
            unseen = kind == "repeat" and key not in self._down
            quiet = now_s - self._heard_s >= QUIET_S
            others = bool(self._down - {key})
            self._heard_s = now_s
            self._down.add(key)
            if self._blocked:
                self._blocked = not (fresh and not others) if self.releases else not quiet
                if self._blocked:
                    return
            if self.releases and unseen:
                return  # when it was pressed is not known
            if self.releases and kind == "repeat":
                # In order with releases: so it shows that the others are down, too.
                self._sign_s = {each: now_s for each in self._sign_s}
            self._sign_s[key] = now_s

    def lift(self, key: str, now_s: float) -> None:
        """A key was released."""
        with self._lock:
            self._sign_s.pop(key, None)
            self._down.discard(key)
            if self.releases and not self._down:
                self._blocked = False

    def alive(self, now_s: float) -> None:
        """The terminal has answered. Where it tells releases, what moves is held down still."""
        with self._lock:
            if self.releases:
                self._sign_s = {key: now_s for key, at_s in self._sign_s.items() if now_s - at_s < HOLD_S}

    def tells_releases(self, tells: bool, now_s: float) -> None:
        """Whether the terminal tells releases from now on."""
        with self._lock:
            if tells != self.releases:
                self.releases = tells
                self._down.clear()
                self.block(now_s)

    def let_go(self) -> None:
        """Whatever is down asks for nothing, until it is pressed or repeated."""
        with self._lock:
            self._sign_s.clear()

    def block(self, now_s: float) -> None:
        """It is not known what is down: nothing moves before all is known to be up."""
        with self._lock:
            self._sign_s.clear()
            self._blocked = True
            self._heard_s = now_s

    def waits(self, now_s: float) -> bool:
        """Whether keys have to be let go before anything moves."""
        with self._lock:
            if not self._blocked:
                return False
            return bool(self._down) if self.releases else now_s - self._heard_s < QUIET_S

    def faster(self, up: bool) -> None:
        """A quarter faster or slower, within what the board takes by its defaults."""
        factor = _SPEED_STEP if up else 1 / _SPEED_STEP
        with self._lock:
            self.speed_mm_s = round(min(row_of("speed_max_mm_s")[1], max(50, self.speed_mm_s * factor)))
            self.turn_mrad_s = round(min(row_of("turn_max_mrad_s")[1], max(100, self.turn_mrad_s * factor)))

    def wanted(self, now_s: float) -> tuple[int, int] | None:
        """Speed (mm/s) and turn (mrad/s) to drive now; None when no key is held."""
        with self._lock:
            held = [KEYS[key] for key, at_s in self._sign_s.items() if now_s - at_s < HOLD_S]
            if not held:
                return None
            speed, turn = (sum(share[i] for share in held) for i in (0, 1))
            return round(speed * self.speed_mm_s), round(turn * self.turn_mrad_s)

    def changes_s(self, now_s: float) -> float | None:
        """When `wanted` changes by itself; None when it does not."""
        with self._lock:
            ends = [at_s + HOLD_S for at_s in self._sign_s.values() if now_s - at_s < HOLD_S]
            return min(ends, default=None)


class DriveLines:
    """The lines to say, and when: `next` as often as keys change, and whenever `due_s` has come."""

    def __init__(self, keys: DriveKeys) -> None:
        self._keys = keys
        self._said: tuple[int, int] | None = None
        self._said_s = float("-inf")
        self._zeros_left = 0

    @property
    def driving(self) -> bool:
        """Whether the rover was told to move and not yet to stand."""
        return self._said is not None

    def next(self, now_s: float) -> str | None:
        """The line to say now; None when there is none."""
        wanted = self._keys.wanted(now_s)
        if wanted is not None:
            if wanted == self._said and now_s - self._said_s < _SEND_S:
                return None
            self._zeros_left = 0
        elif self._said is not None:
            self._zeros_left = _ZEROS - 1
        elif self._zeros_left and now_s - self._said_s >= _AGAIN_S:
            self._zeros_left -= 1
        else:
            return None
        self._said, self._said_s = wanted, now_s
        speed_mm_s, turn_mrad_s = wanted or (0, 0)
        return f"drive {speed_mm_s} {turn_mrad_s}"

    def stands(self) -> None:
        """A `drive 0 0` was answered, or there is no sense in saying it again."""
        self._zeros_left = 0

    def forget(self) -> None:
        """Nothing more is to be said: the rover was stopped, or refuses."""
        self._said = None
        self._zeros_left = 0

    def due_s(self, now_s: float) -> float | None:
        """When there will be something to say, unless keys change before; None when never."""
        if self._said is not None:
            return min(self._said_s + _SEND_S, self._keys.changes_s(now_s) or now_s)
        return self._said_s + _AGAIN_S if self._zeros_left else None
