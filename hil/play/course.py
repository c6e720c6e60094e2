"""What the tracks of a trace do, in pieces: they go ahead, stand, or go back.

Stands and goes back are told as the firmware tells them (`drive/track_check.py`): a piece that is called `ahead` can
be driven by a sweep without a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper.shared.settings import row_of

Floats = NDArray[np.float64]

AHEAD, STAND, BACK = "ahead", "stand", "back"
_STILL_MM = 2.0  # net, and no less than two ticks, in the time of encoder_fault_ms: a track that stands does not
_BACK_MM = 10.0  # less is a track that rocks, or rolls back a little as it comes to rest


@dataclass(frozen=True)
class Piece:
    """From one time of the tape to another, s."""

    from_s: float
    to_s: float
    how: str


def pieces_of(t_s: Floats, tracks: Sequence[Floats], ticks_per_m: float) -> list[Piece]:
    """The whole of it in pieces. t_s: rising times; tracks: counts of each track (ticks) at them."""
    still = max(2.0, _STILL_MM * ticks_per_m / 1000)
    back = max(still, _BACK_MM * ticks_per_m / 1000)
    how = np.full(len(t_s) - 1, AHEAD)
    for ticks in tracks:  # where either goes back the rover turns, or goes back
        for first, last in _falls(ticks, back):
            how[first:last] = BACK
    for first, last in _stands(t_s, tracks, still):
        how[first:last] = STAND
    ends = [0, *(np.flatnonzero(how[1:] != how[:-1]) + 1).tolist(), len(how)]
    return [
        Piece(float(t_s[first]), float(t_s[last]), str(how[first])) for first, last in zip(ends, ends[1:], strict=False)
    ]


def _stands(t_s: Floats, tracks: Sequence[Floats], still: float) -> Iterator[tuple[int, int]]:
    """(first row, last row) of each time in which neither track gets anywhere, as long as a board lets it drive so."""
    least_s = row_of("encoder_fault_ms")[1] / 1000
    since = 0
    for row in range(1, len(t_s)):
        gone = any(abs(ticks[row] - ticks[since]) >= still for ticks in tracks)
        if gone or row == len(t_s) - 1:
            if t_s[row] - t_s[since] >= least_s:
                yield since, row
            since = row


def _falls(ticks: Floats, least: float) -> Iterator[tuple[int, int]]:
    """(row of the top, row of the bottom) of every fall by so much or more, in a line that rises and falls."""
    top = bottom = 0
    falling = False
    for row in np.flatnonzero(np.diff(ticks, prepend=ticks[0])).tolist():
        if falling:
            if ticks[row] <= ticks[bottom]:
                bottom = row
            elif ticks[row] - ticks[bottom] >= least:
                yield top, bottom
                falling, top = False, row
        elif ticks[row] >= ticks[top]:
            top = row
        elif ticks[top] - ticks[row] >= least:
            falling, bottom = True, row
    if falling:
        yield top, bottom
