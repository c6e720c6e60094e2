"""The sil rig from Python: hil/rigs/rig.py's interface over a board process; docs/rigs.md says what is simulated."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from hil.errors import HilError
from hil.rigs.sil import process
from hil.rigs.sil.ports import SilAdc, SilCable, SilImu, SilLine, SilPin, SilPwm
from hil.rigs.sil.process import BATCH, RECORD, BoardProcess
from hil.rigs.sil.stimulus import ROW_BYTES, Edges
from hil.rigs.spread import spread

_US = 1000
_LONGEST_US = 100_000_000  # times in a batch are the small integers of a 32-bit MicroPython
_PINS = 30
_LINES = 3
CAUSES = ("power_on", "watchdog")
_MACHINE_CAUSE = {"power_on": 1, "watchdog": 3}


class SilRig:
    """A simulated board, powered, at reset. ticks_us: its tick counter at the start; seed: of its random numbers.

    adc_noise_lsb, flash_wear (0 fresh, 1 worn): drawn from the seed as hil/rigs/spread.py says, where not given.
    """

    name = "sil"

    def __init__(
        self,
        micropython: Path | None = None,
        ticks_us: int = 0,
        seed: int = 1,
        *,
        adc_noise_lsb: float | None = None,
        flash_wear: float | None = None,
    ) -> None:
        self.parts = spread(seed, adc_noise_lsb=adc_noise_lsb, flash_wear=flash_wear)
        self.usb = SilLine()
        self.cable = SilCable(self.usb)
        self.uart = (SilLine(), SilLine())
        self.edges = Edges()
        self.adc = SilAdc(self)
        self.imu = SilImu()
        self.resets: list[tuple[int, str]] = []
        self.left_for = ""  # "prompt" or "bootloader" once the application has ended
        self._micropython = micropython
        self._now_us = 0
        self._pins = [SilPin(self, self.edges, gpio) for gpio in range(_PINS)]
        self._pwms = [SilPwm() for _ in range(_PINS)]
        self._flash: dict[int, bytes] = {}
        self.flash_busy_ns = 0  # so far, and in how many spells, each an erase or some pages
        self.flash_spells = 0
        self._ticks_us = ticks_us
        self._seed = seed
        self._process = BoardProcess(micropython)
        self._begun = False
        self._held = False  # in reset
        self._closed = False

    @property
    def now_ns(self) -> int:
        """Emulated nanoseconds since the rig was made."""
        return self._now_us * _US

    def pin(self, gpio: int) -> SilPin:
        """A GPIO by its number."""
        return self._pins[gpio]

    def pwm(self, gpio: int) -> SilPwm:
        """The duty of a GPIO."""
        return self._pwms[gpio]

    def run(self, duration_ns: int) -> None:
        """Let that much of the board's time pass; all stimuli for it have been put in before."""
        if self._closed:
            raise HilError("the rig is closed; open a new one")
        end_us = self._now_us + max(1, round(duration_ns / _US))
        while self._now_us < end_us:
            self._slice(min(end_us, self._now_us + _LONGEST_US))

    def _slice(self, end_us: int) -> None:
        start_us = self._now_us
        levels, driven = self.edges.levels, self.edges.driven
        edges = self.edges.take(start_us, end_us)
        lines = (self.usb, *self.uart)
        sent = [bytes(line.pending) for line in lines]
        for line in lines:
            line.pending.clear()
        if self._held:
            self._now_us = end_us
            return
        if not self._begun:
            self._begin(0, "power_on", levels, driven)
        while True:
            report = self._process.exchange(self._batch(start_us, end_us, edges, sent))
            self._take(report.records, start_us)
            if report.kind == process.SLICE:
                break
            # The chip starts anew in the middle of the slice: its inputs are what they were, bytes under way are lost.
            cause = CAUSES[report.cause]
            if report.kind == process.BOOTLOADER:
                self.left_for = "bootloader"
            self.resets.append(((start_us + report.now_us) * _US, cause))
            self._let_go(start_us + report.now_us)
            self._process.close()
            self._process = BoardProcess(self._micropython)
            if report.kind == process.BOOTLOADER:
                raise HilError("the board went into BOOTSEL, which the sil rig does not have; use the virtual rig")
            self._begin(report.now_us, cause, levels, driven)
            sent = [b""] * _LINES
        self._now_us = end_us

    def reset(self, cause: str = "power_on") -> None:
        """As by the RUN pin or the supply, now: the program ends where it is, the flash keeps what was written."""
        if cause not in CAUSES:
            raise HilError(f"no reset cause '{cause}'; there are {', '.join(CAUSES)}")
        self.run_pin(0)
        self._start(cause)

    def run_pin(self, level: int) -> None:
        """0 holds the chip in reset: it drives no pin, takes no byte. 1 lets it start, as after power-on."""
        if level and self._held:
            self._start("power_on")
        elif not level and not self._held:
            self._held = True
            self._let_go(self._now_us)
            self._process.close()

    def _start(self, cause: str) -> None:
        self._held = False
        self.resets.append((self.now_ns, cause))
        self._process = BoardProcess(self._micropython)
        self._begin(0, cause, self.edges.levels, self.edges.driven)

    def reset_causes(self) -> list[tuple[int, str]]:
        """(time in ns, one of CAUSES) of every start, the first among them."""
        return [(0, CAUSES[0]), *self.resets]

    def close(self) -> None:
        """End the process."""
        if not self._closed:
            self._closed = True
            self._process.close()

    def __enter__(self) -> SilRig:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, now_us: int, cause: str, levels: int, driven: int) -> None:
        self._begun = True
        self._process.begin(
            {
                "now_us": now_us,
                "cause": _MACHINE_CAUSE[cause],
                "revision": process.revision(),
                "ticks_us": self._ticks_us,
                "seed": self._seed + len(self.resets),
                "adc_noise_lsb": self.parts.adc_noise_lsb,
                "erase_ms": self.parts.flash_ms("erase_4k"),
                "program_ms": self.parts.flash_ms("program"),
                "levels": levels,
                "driven": driven,
                "flash": {str(number): base64.b64encode(data).decode() for number, data in self._flash.items()},
            }
        )

    def _batch(self, start_us: int, end_us: int, edges: bytes, sent: Sequence[bytes]) -> bytes:
        flags = process.FLAG_USB_READS * self.usb.reads | process.FLAG_USB_OPEN * self.usb.is_open
        flags |= process.FLAG_ESTOP * self.edges.on_estop
        flags |= process.FLAG_IMU * self.imu.plugged | self.imu.fault_number << process.IMU_FAULT_SHIFT
        points = [wave.window(start_us, end_us) for wave in self.adc.waves]
        rows = self.imu.rows.window(start_us, end_us)
        head = BATCH.pack(
            end_us - start_us,
            len(edges) // 8,
            flags,
            *(len(data) // 8 for data in points),
            *(len(data) for data in sent),
            len(rows) // ROW_BYTES,
        )
        return b"".join((head, edges, *points, rows, *sent))

    def _let_go(self, at_us: int) -> None:
        """A chip in reset drives no pin."""
        for gpio, (pin, pwm) in enumerate(zip(self._pins, self._pwms, strict=True)):
            if pwm.duty:
                pwm.changed(at_us * _US, 0.0)
            if pin.level and not self.edges.driven >> gpio & 1:
                pin.changed(at_us * _US, 0)

    def _take(self, records: memoryview, start_us: int) -> None:
        lines = (self.usb, *self.uart)
        at, end = 0, len(records)
        unpack, size = RECORD.unpack_from, RECORD.size
        while at < end:
            offset_us, kind, which, value = unpack(records, at)
            at += size
            at_ns = (start_us + offset_us) * _US
            if kind == process.PWM:
                self._pwms[which].changed(at_ns, value / 65535)
            elif kind == process.PIN:
                self._pins[which].changed(at_ns, value)
            elif kind == process.CONVERTER:
                self.adc.running_since_ns = at_ns
            elif kind == process.BUSY:
                self.flash_busy_ns += offset_us * _US
                self.flash_spells += value
            elif kind == process.PROMPT:
                self.left_for = "prompt"
            else:
                data = bytes(records[at : at + value])
                at += value
                if kind == process.SERIAL:
                    lines[which].heard.append((at_ns, data))
                else:
                    self._flash[which] = data
