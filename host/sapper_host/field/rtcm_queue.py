"""What waits to go up of the corrections: pieces of frames, of the newest epoch there is. Pure, and never long.

An epoch is what a base observed at one moment, in a frame for each system. Of an epoch that has begun to go the rest
follows; behind it the newest waits, and one before it that has not begun is dropped whole. What a base tells of itself
goes between: the newest of each number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sapper_host.field.rtcm_frames import STATION, moment_of, number_of

PIECE_BYTES = 90  # of a line `rtcm BASE64`: with its signature it is one of 160 characters
_EPOCH_MOST_FRAMES = 16
# Frames of one epoch come together; by so much later the next one's do, whatever the last one said of more.
_APART_S = 0.5
_APART_WHEN_LAST_S = 0.1
# A link that comes back needs nothing older. What has begun to go may take longer: a large one, slowly.
KEEPS_S = 10.0
_ENDS_S = 30.0
# What a base tells of itself each second needs to go up less often.
_STATION_EVERY_S = 5.0


@dataclass
class _Epoch:
    began_s: float
    last_s: float
    frames: deque[bytes] = field(default_factory=deque)
    times_ms: dict[str, int] = field(default_factory=dict)
    closed: bool = False
    count: int = 0


@dataclass(frozen=True)
class Piece:
    """Up to 90 bytes of one frame. ends_frame: they are its last; observed: of an epoch's frame."""

    data: bytes
    ends_frame: bool
    observed: bool


class CorrectionsQueue:
    """replaced: epochs dropped as a newer one came. stale: those that waited too long. left_out: frames that a
    receiver does not need, or too many for an epoch."""

    def __init__(self) -> None:
        self.replaced = self.stale = self.left_out = 0
        self._epochs: deque[_Epoch] = deque()  # the one that goes, and the newest
        self._begun = False  # whether the first of them has
        self._station: dict[int, bytes] = {}
        self._station_gone: dict[int, tuple[bytes, float]] = {}
        self._frame = b""  # the rest of the one that goes
        self._observed = False

    def put(self, frame: bytes, now_s: float) -> bool:
        """A frame came; whether it is one of an epoch that a receiver can use."""
        number = number_of(frame)
        if number in STATION:
            before, at_s = self._station_gone.get(number, (b"", 0.0))
            if before != frame or now_s - at_s >= _STATION_EVERY_S:
                self._station[number] = frame
            return False
        moment = moment_of(frame)
        if moment is None:
            self.left_out += 1
            return False
        epoch = self._epochs[-1] if self._epochs else None
        if (
            epoch is None
            or now_s - epoch.last_s > (_APART_WHEN_LAST_S if epoch.closed else _APART_S)
            or epoch.times_ms.get(moment.system, moment.time_ms) != moment.time_ms
        ):
            epoch = self._next_epoch(now_s)
        epoch.last_s, epoch.closed = now_s, not moment.more
        epoch.times_ms[moment.system] = moment.time_ms
        if epoch.count == _EPOCH_MOST_FRAMES:
            self.left_out += 1
            return True
        epoch.count += 1
        epoch.frames.append(frame)
        return True

    def _next_epoch(self, now_s: float) -> _Epoch:
        epochs = self._epochs
        if epochs and self._begun and not epochs[0].frames:
            epochs.popleft()
            self._begun = False
        if len(epochs) > (1 if self._begun else 0):
            epochs.pop()
            self.replaced += 1
        epochs.append(_Epoch(now_s, now_s))
        return epochs[-1]

    def take(self, now_s: float) -> Piece | None:
        """The next to go; None when there is nothing."""
        self._drop_stale(now_s)
        if not self._frame:
            self._next_frame(now_s)
        if not self._frame:
            return None
        data, self._frame = self._frame[:PIECE_BYTES], self._frame[PIECE_BYTES:]
        return Piece(data, not self._frame, self._observed)

    def lost(self) -> None:
        """The piece taken last did not go: the rest of its frame is of no use."""
        self._frame = b""

    def _next_frame(self, now_s: float) -> None:
        epochs = self._epochs
        if len(epochs) > 1 and not epochs[0].frames:
            epochs.popleft()
            self._begun = False
        # In turn: whatever a base tells of itself, and how often, its epochs go.
        if self._station and (self._observed or not (epochs and epochs[0].frames)):
            number = min(self._station)
            self._frame = self._station.pop(number)
            self._station_gone[number] = self._frame, now_s
            self._observed = False
        elif epochs and epochs[0].frames:
            self._frame = epochs[0].frames.popleft()
            self._begun = self._observed = True

    def _drop_stale(self, now_s: float) -> None:
        epochs = self._epochs
        while epochs and now_s - epochs[0].began_s > (_ENDS_S if self._begun else KEEPS_S):
            unsent = bool(epochs.popleft().frames)
            if self._begun and self._observed and self._frame:
                self._frame, unsent = b"", True
            self._begun = False
            self.stale += unsent
