"""An instrument on paper: it speaks the bench's frames and acts on a virtual Pico without a chip of its own.

It keeps what the instrument promises (wire.py), by a clock that is off from the rover's and begins shortly before its
microseconds wrap; what it has to tell takes a while to get to the host.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hil.bench.config import Config
from hil.bench.instrument import wire
from hil.bench.instrument.lines import LINES, PLAYED
from hil.bench.link import EVENT, FROM_HOST, ID_BODY, REPORT_HEAD, SLICE_HEAD, Deframer, frame
from hil.bench.parts.models.table import ModelledTable
from hil.bench.voltages import outputs_of
from hil.rigs.bench.emulated import RoverOnTable, UartEnd, UsbEnd
from hil.rigs.virtual import VirtualPico
from sapper.shared.pins import GPIO

CONFIG = Config(name="paper")
_DELAYS_NS = [each.delay_ns for each in outputs_of(CONFIG.gates)]
_CTR_OFFSET = 4321
_CLOCK_NS = 8
_BEGINS_US = (1 << 32) - 700_000
_ON_THE_WAY_NS = 400_000
_STEP_NS = 1_000_000
_PLAYED_GPIO = [GPIO[row[0]] for row in LINES if row[2] == "played"]
assert len(_PLAYED_GPIO) == PLAYED
_EDGES = [(n, GPIO[row[0]]) for n, row in enumerate(LINES) if row[2] == "edges" or row[0] == "ESTOP_OK"]
_PULSES = [(n, GPIO[row[0]]) for n, row in enumerate(LINES) if row[2] == "pulses"]


class PaperInstrument:
    """ppm: how fast its clock is. `deaf` (tells nothing by itself), `mute` (nor answers), `version`: of broken ones."""

    def __init__(self, pico: VirtualPico, ppm: float = 40.0) -> None:
        self._pico = pico
        self._rate = 1 + ppm * 1e-6
        self._deframer = Deframer(FROM_HOST)
        self._out: list[tuple[int, bytes]] = []
        self._written: list[tuple[int, bytes]] = []
        self._levels = 0
        self._end_us = _BEGINS_US
        self._late_us = self._held_us = 0
        self._next_report_ns = 0
        self.version = wire.VERSION
        self.deaf = self.mute = False
        self.also: list[tuple[int, int]] | None = None  # where MOTOR_EN's edges are put by the world's time, too
        self.flags = 0
        self.slices = 0
        self.present = self.reading = True
        for _, gpio in _EDGES:
            pico.pin(gpio).watch()
        for _, gpio in _PULSES:
            pico.pwm(gpio).watch()

    def cycles(self, world_ns: int) -> int:
        return round(world_ns * self._rate / _CLOCK_NS) + _BEGINS_US * wire.CYCLES_PER_US

    def _world_ns(self, cycles: float) -> float:
        return (cycles - _BEGINS_US * wire.CYCLES_PER_US) * _CLOCK_NS / self._rate

    def write(self, data: bytes) -> None:
        self._written.append((self._pico.now_ns + _ON_THE_WAY_NS, data))

    def read(self) -> list[tuple[int, bytes]]:
        now = self._pico.now_ns
        come = [row for row in self._out if row[0] <= now]
        self._out = self._out[len(come) :]
        return come

    def turn(self) -> None:
        """Every millisecond."""
        now = self._pico.now_ns
        while self._written and self._written[0][0] <= now:
            for kind, payload in self._deframer.feed(self._written.pop(0)[1]):
                self._take(kind, payload)
        if now >= self._next_report_ns and not self.deaf:
            self._next_report_ns = now + wire.REPORT_EVERY_MS * 1_000_000
            self._tell(wire.REPORT, self._report())

    def _tell(self, kind: int, payload: bytes) -> None:
        if self.mute:
            return
        self._out.append((self._pico.now_ns + _ON_THE_WAY_NS, frame(kind, payload)))

    def _now_us(self) -> int:
        return self.cycles(self._pico.now_ns) // wire.CYCLES_PER_US

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == wire.HELLO:
            self._tell(wire.ID, ID_BODY.pack(self.version, b"paperins", _CTR_OFFSET, bytes(8)))
        elif kind == wire.PARK:
            for gpio in _PLAYED_GPIO:
                self._pico.pin(gpio).drive(0)
            self._levels = 0
        elif kind == wire.SLICE:
            self.slices += 1
            self._slice(payload)

    def _slice(self, payload: bytes) -> None:
        at_us, us, words, frames = SLICE_HEAD.unpack_from(payload)
        assert us == frames * wire.GRID_US
        now_us = self._now_us()
        at_us += now_us - now_us % (1 << 32)
        at_us += (1 << 32) * round((now_us - at_us) / (1 << 32))
        if at_us < now_us:
            self._late_us += now_us - at_us
            at_us = now_us
        cycles = at_us * wire.CYCLES_PER_US
        at = SLICE_HEAD.size
        for _ in range(words):
            word = int.from_bytes(payload[at : at + 4], "little")
            at += 4
            cycles += (word & (1 << wire.WORD_DELAY_BITS) - 1) + wire.WORD_CYCLES
            levels = word >> wire.WORD_DELAY_BITS
            for bit, gpio in enumerate(_PLAYED_GPIO):
                if (levels ^ self._levels) >> bit & 1:
                    self._pico.pin(gpio).drive(levels >> bit & 1, self._world_ns(cycles))
            self._levels = levels
        assert cycles == (at_us + us) * wire.CYCLES_PER_US
        self._end_us = at_us + us
        for channel in range(3):
            times = [
                self._world_ns((at_us + k * wire.GRID_US) * wire.CYCLES_PER_US) + _DELAYS_NS[channel]
                for k in range(frames)
            ]
            codes = [
                int.from_bytes(payload[at + 8 * k + 2 * channel : at + 8 * k + 2 * channel + 2], "little")
                for k in range(frames)
            ]
            self._pico.adc.play(channel, times, [code * 3300 / 4096 for code in codes], "hold")

    def _report(self) -> bytes:
        rows: list[tuple[int, int, int, int, int]] = []
        levels = 0
        for line, gpio in _EDGES:
            edges = self._pico.pin(gpio).edges()
            if gpio == GPIO["MOTOR_EN"] and self.also is not None:
                self.also += edges
            rows += [(self.cycles(t), line, wire.EDGE, level, 0) for t, level in edges]
            levels |= self._pico.pin(gpio).level << line
        for line, gpio in _PULSES:
            period = round(125e6 / (self._pico.pwm(gpio).freq_hz or 20_000))
            for t, duty in self._pico.pwm(gpio).changes():
                if period > 0xFFFF:  # the buzzer's low tones: told by edges, which here are not looked at
                    continue
                high = round(duty * period)
                steady = high in (0, period)
                kind = wire.STEADY if steady else wire.PULSE
                rows.append((self.cycles(t), line, kind, int(high > 0) if steady else high, 0 if steady else period))
        events = b"".join(
            EVENT.pack(
                cycles // wire.CYCLES_PER_US & 0xFFFFFFFF, cycles + 5 + _CTR_OFFSET & 0xFFFF, line, kind, value, other
            )
            for cycles, line, kind, value, other in sorted(rows)
        )
        now_us = self._now_us()
        return (
            REPORT_HEAD.pack(
                now_us & 0xFFFFFFFF,
                self._end_us & 0xFFFFFFFF,
                self._held_us,
                self._late_us,
                levels,
                self.flags,
                0,
                len(rows),
            )
            + events
        )


class PaperOutside:
    """An `Outside`: the instrument, and the modelled chips of the host's bus. `moved`: switches, with their times."""

    def __init__(self, uf2: Path, seed: int = 0) -> None:
        self.pico = VirtualPico(uf2, seed=seed, power=False, adc_noise_lsb=0.0, crystal_ppm=0.0)
        self.instrument = PaperInstrument(self.pico)
        on_table = RoverOnTable(self.pico)
        self.moved: list[tuple[int, str, bool]] = []

        def switch(name: str, on: bool) -> None:
            self.moved.append((self.pico.now_ns, name, on))
            on_table.switch(name, on)

        parts = replace(on_table.parts(), switch=switch)
        self.table = ModelledTable(CONFIG, parts, lambda: self.pico.now_ns, seed=seed)
        self.bus = self.table.bus()
        self.rover_usb = UsbEnd(self.pico.usb)
        self.radio, self.gnss = (UartEnd(port) for port in self.pico.uart)
        self.closed = False
        self.gone = False

    @property
    def now_ns(self) -> int:
        return self.pico.now_ns

    def wait(self, duration_ns: int) -> None:
        end = self.pico.now_ns + duration_ns
        while self.pico.now_ns < end:
            self.pico.run(min(_STEP_NS, end - self.pico.now_ns))
            self.instrument.turn()

    def close(self) -> None:
        self.closed = True
        self.pico.close()
