"""The instrument's side of the wires: let go of, played line by line, and read; its voltages set and held."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence

from hil.bench.instrument import wire
from hil.bench.instrument.lines import DAC_OUTPUTS, DAC_SCL, DAC_SDA, LINES
from hil.bench.link import EVENT, ID_BODY, REPORT_HEAD, SLICE_HEAD, Deframer, frame
from hil.bench.outside import Outside
from hil.errors import HilError

_LOOK_NS = 1_000_000
_ANSWER_NS = 2_000_000_000
_AHEAD_US = 10_000
_HOLD_US = 2 * wire.GRID_US
_SETTLE_NS = 20_000_000
_PLAYED = [row[0] for row in LINES if row[2] == "played"]
CODE_MOST = 4095


class Instrument:
    """An instrument that answers. HilError when none does."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._deframer = Deframer()
        self._frames: deque[tuple[int, bytes]] = deque()
        until_ns = outside.now_ns + _ANSWER_NS
        while not outside.instrument.present and outside.now_ns < until_ns:
            outside.wait(_LOOK_NS)
        outside.instrument.write(frame(wire.HELLO))
        version, self.number, _, self.built_from = ID_BODY.unpack_from(self._next(wire.ID))
        if version != wire.VERSION:
            raise HilError(
                f"the instrument speaks version {version} of the bench's frames, this Sapper {wire.VERSION}; "
                "flash it anew: `make instrument`, then `sapper bench flash --instrument`"
            )
        self._voltages = [0] * len(DAC_OUTPUTS)
        self.let_go()

    def let_go(self) -> None:
        """It drives nothing."""
        self._outside.instrument.write(frame(wire.PARK))
        self._outside.wait(_SETTLE_NS)

    def high(self) -> frozenset[str]:
        """The lines that read high."""
        levels = self._pins()
        return frozenset(name for name, gpio, _, _ in LINES if levels >> gpio & 1)

    def bus_at_rest(self) -> tuple[int, int]:
        """What the converter's SDA and SCL read while the instrument has but its weak pull-downs on them."""
        levels = self._pins()
        return levels >> DAC_SDA & 1, levels >> DAC_SCL & 1

    def edges(self, signal: str, count: int) -> list[tuple[int, int]]:
        """The next edges of a line, as (microseconds of its timer, cycles of its count), waited for."""
        line = [row[0] for row in LINES].index(signal)
        found: list[tuple[int, int]] = []
        while len(found) < count:
            payload = self._next(wire.REPORT)
            for timer_us, ctr, which, kind, _, _ in EVENT.iter_unpack(payload[REPORT_HEAD.size :]):
                if which == line and kind == wire.EDGE:
                    found.append((timer_us, ctr))
        return found

    def report(self) -> tuple[int, ...]:
        """The head of a report that began after now."""
        self._take()
        self._frames.clear()
        self._next(wire.REPORT)  # what had begun
        return tuple(REPORT_HEAD.unpack_from(self._next(wire.REPORT)))

    def play(self, high: Sequence[str] = (), codes: dict[str, int] | None = None) -> None:
        """These lines are driven high and the others low, and the converter's outputs have these codes, from now on."""
        levels = sum(1 << _PLAYED.index(signal) for signal in high)
        for name, code in (codes or {}).items():
            self._voltages[DAC_OUTPUTS.index(name)] = code
        now_us = self.report()[0]
        word = levels << wire.WORD_DELAY_BITS | (_HOLD_US * wire.CYCLES_PER_US - wire.WORD_CYCLES)
        first = levels << wire.WORD_DELAY_BITS
        frames = _HOLD_US // wire.GRID_US
        head = SLICE_HEAD.pack((now_us + _AHEAD_US) % (1 << 32), _HOLD_US, 2, frames)
        body = struct.pack("<II", first, word - wire.WORD_CYCLES)
        voltages = struct.pack(f"<{len(self._voltages)}H", *self._voltages) * frames
        self._outside.instrument.write(frame(wire.SLICE, head + body + voltages))
        self._outside.wait(_AHEAD_US * 1000 + _SETTLE_NS)

    def _pins(self) -> int:
        """The levels of its pins, parked and let go of."""
        self._outside.instrument.write(frame(wire.LOOK))
        (levels,) = struct.unpack(wire.PINS_BODY, self._next(wire.PINS))
        return int(levels)

    def _next(self, wanted: int) -> bytes:
        until_ns = self._outside.now_ns + _ANSWER_NS
        while self._outside.now_ns < until_ns:
            self._take()
            while self._frames:
                kind, payload = self._frames.popleft()
                if kind == wanted:
                    return payload
            self._outside.wait(_LOOK_NS)
        raise HilError("the instrument does not answer; look at its cable and its LED, and flash it: `make instrument`")

    def _take(self) -> None:
        for _, data in self._outside.instrument.read():
            self._frames.extend(self._deframer.feed(data))
