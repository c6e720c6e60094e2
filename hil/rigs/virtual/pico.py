"""A Raspberry Pi Pico in emulation: the firmware's own UF2 on an emulated RP2040, owned by this process.

    with VirtualPico(Path("build/firmware.uf2")) as pico:
        pico.pin(17).drive(1)
        pico.run(500_000_000)
        print(pico.usb.read())

Time is the world's: emulated nanoseconds since the virtual Pico was made; the board's clock is off from it by its
crystal. Nothing moves but in `run`, `run_until`
and `step`; everything else takes effect at the present instant.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from hil.rigs.spread import Spread, spread
from hil.rigs.virtual import protocol
from hil.rigs.virtual.boot_rom import load_and_start, ram_blocks
from hil.rigs.virtual.core import Cpu, Memory
from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.faults import ChipFaults, ChipInsight, UsbCable
from hil.rigs.virtual.flash import Flash, uf2_image
from hil.rigs.virtual.imu import Imu
from hil.rigs.virtual.link import Link, NodeLink, Told
from hil.rigs.virtual.pins import Adc, Pin, Pwm
from hil.rigs.virtual.ports import UartPort, UsbPort
from hil.rigs.virtual.protocol import PINS, Status
from hil.rigs.virtual.symbols import Symbols
from hil.rigs.virtual.xip import XIP_MISS_CLK, XIP_MISS_CLK_MOST, Xip

# Longest run in one exchange, emulated: what Ctrl-C waits for.
_SLICE_NS = 100_000_000


class VirtualPico:
    """The board. Making one starts its process and its power; the core is at its reset, at time 0."""

    name = "virtual"
    time_resolution_ns = 8  # a cycle at 125 MHz
    lag_ns = 0
    parts: Spread  # what this board has that others have otherwise

    def __init__(
        self,
        uf2: Path | str | None,
        flash_image: Path | bytes | None = None,
        seed: int = 0,
        *,
        power: bool = True,
        executor: str = "auto",
        xip_miss_clk: int = XIP_MISS_CLK,
        xip_random: bool = False,
        charges_left_out: bool = False,
        adc_noise_lsb: float | None = None,
        crystal_ppm: float | None = None,
        flash_wear: float | None = None,
        name: str = "",
        link: Callable[[dict[str, Any], Told], Link] = NodeLink,
    ) -> None:
        """Loads `flash_image` (up to 2 MB, as `flash.image()` gives) and programs `uf2` over it; either may be None.

        `seed` decides all that chance decides: RAM at power-on, flash busy times, noise, the chip's unique number.
        `power=False` leaves the board off (to hold BOOTSEL, say). `executor='plain'` uses rp2040js's own interpreter.
        `xip_miss_clk`: clocks that a miss of the flash cache costs, 0 for no cache, which is kinder than any chip;
        `xip_random`: the cache replaces a random way, not the one that was not used last.
        `charges_left_out`: exceptions take no time, and neither LR in a PUSH nor PC in a POP, as on other emulators.
        `adc_noise_lsb`, `crystal_ppm` (a positive one is fast) and `flash_wear` (0 fresh, 1 worn) are drawn from the
        seed as spread.py says, where they are not given.
        `name`: who is meant, in errors; `link` leads to the process: one of its own, or that of a pair (pair.py).
        A `uf2` for RAM is started there, as the boot ROM does: it needs the power, and is gone with it.
        Raises VirtualPicoError for a file that cannot be used, or when Node or rp2040js are missing.
        """
        if not 0 <= xip_miss_clk <= XIP_MISS_CLK_MOST:
            raise VirtualPicoError(f"a cache miss of {xip_miss_clk} clocks; choose from 0 to {XIP_MISS_CLK_MOST}")
        self._symbols: Symbols | None = None
        self._elf: Path | None = None
        program = [] if uf2 is None else ram_blocks(Path(uf2))
        if program and not power:
            raise VirtualPicoError(f"{uf2} is a program for RAM: without power it cannot be loaded")
        image = self._image(None if program else uf2, flash_image)
        self.parts = spread(seed, adc_noise_lsb, crystal_ppm, flash_wear)
        options = {
            "seed": seed,
            "executor": executor,
            "xipMissClk": xip_miss_clk,
            "xipRandom": xip_random,
            "chargesLeftOut": charges_left_out,
            "adcNoiseLsb": self.parts.adc_noise_lsb,
            "crystalPpm": self.parts.crystal_ppm,
            "roscHz": self.parts.rosc_hz,
            "flashWear": self.parts.flash_wear,
            "name": name,
        }
        self._status: Status | None = None
        self._events: list[Event] = []
        self._link = link(options, self._told)
        self._resets: list[tuple[int, str]] = []
        self._pins = [Pin(self, number) for number in range(PINS)]
        self._pwms = [Pwm(self, number) for number in range(PINS)]
        self.adc = Adc(self)
        self.imu = Imu(self)
        self.usb = UsbPort(self)
        self.uart = (UartPort(self, 0), UartPort(self, 1))
        self.flash = Flash(self)
        self.cpu = Cpu(self)
        self.memory = Memory(self)
        self.xip = Xip(self)
        self.cable = UsbCable(self.usb)
        self.faults = ChipFaults(self.cpu)
        self.insight = ChipInsight(self.cpu, self.memory, self._pins, self.adc)
        try:
            if image is not None:
                self.flash.write(0, image)
            if power:
                self.power_on()
            if program:
                load_and_start(self.memory, program)
            self._exchange()
        except BaseException:
            self.close()
            raise

    def _image(self, uf2: Path | str | None, flash_image: Path | bytes | None) -> bytes | None:
        base: bytes | None
        if isinstance(flash_image, (bytes, bytearray)):
            base = bytes(flash_image)
        elif flash_image is not None:
            try:
                base = Path(flash_image).read_bytes()
            except OSError as error:
                raise VirtualPicoError(f"cannot read the flash image {flash_image}: {error.strerror}") from error
        else:
            base = None
        if uf2 is None:
            return base
        path = Path(uf2)
        if path.with_suffix(".elf").exists():
            self._elf = path.with_suffix(".elf")
        return uf2_image(path, base)

    # Time

    @property
    def now_ns(self) -> int:
        """Nanoseconds of the world since the virtual Pico was made; goes on through resets and power cuts."""
        return round(self._last().now_ns)

    def run(self, duration_ns: float) -> list[Event]:
        """Lets that much time pass, as fast as possible, and returns what happened in it."""
        return self.run_until(self._last().now_ns + duration_ns)

    def run_until(self, t_ns: float) -> list[Event]:
        """Runs to an instant. Ends early when a planned power cut switches the board off.

        A core in the middle of an instruction overshoots by it; then nothing before that is lost or late.
        Raises VirtualPicoError when the emulator or the firmware cannot go on.
        """
        powered = self._last().powered
        while True:
            # What was posted before goes along with the run: one exchange for both.
            self._link.post(protocol.run(min(t_ns, self._last().now_ns + _SLICE_NS)))
            self._exchange()
            if self._last().now_ns >= t_ns or (powered and not self._last().powered):
                break
        return self.take_events()

    def step(self, instructions: int = 1) -> list[Event]:
        """Executes that many instructions; a sleep until the next event counts as one."""
        self._link.post(protocol.step(instructions))
        self._exchange()
        return self.take_events()

    def take_events(self) -> list[Event]:
        """What has happened since a run last returned it: of a board of a pair, while the other was run."""
        events, self._events = self._events, []
        return events

    # Pins

    def pin(self, gpio: int) -> Pin:
        """GPIO 0..29."""
        if gpio not in range(PINS):
            raise VirtualPicoError(f"the RP2040 has GPIO 0..{PINS - 1}, not {gpio}")
        return self._pins[gpio]

    def pwm(self, gpio: int) -> Pwm:
        """The PWM side of GPIO 0..29."""
        if gpio not in range(PINS):
            raise VirtualPicoError(f"the RP2040 has GPIO 0..{PINS - 1}, not {gpio}")
        return self._pwms[gpio]

    # Power and resets

    @property
    def powered(self) -> bool:
        """Whether the board has power."""
        return self.status().powered

    def power_cut(self) -> None:
        """The supply goes, at once: RAM is lost, a flash operation under way is left unfinished."""
        self.call("powerOff")

    def power_on(self, bootsel: bool = False) -> None:
        """The supply comes; with `bootsel` while the BOOTSEL button is held."""
        self.bootsel(bootsel)
        self.call("powerOn")

    def run_pin(self, level: int) -> None:
        """Drives the RUN pin: 0 holds the chip in reset, 1 lets it start."""
        self.call("setRun", 1 if level else 0)

    def bootsel(self, held: bool = True) -> None:
        """Holds the BOOTSEL button, or lets it go; the boot ROM looks at it after a reset."""
        self.call("bootsel", held)

    @property
    def in_bootsel(self) -> bool:
        """Whether the boot ROM waits as a USB drive for a UF2."""
        return self.status().in_bootsel

    def reset_causes(self) -> list[tuple[int, str]]:
        """(time, cause) of every reset so far: 'power', 'run', 'watchdog-timer', 'watchdog-force' or 'system'."""
        self.flush()
        return list(self._resets)

    @property
    def warnings(self) -> dict[str, int]:
        """What the firmware touched that is not modelled, since the last reset: message -> times."""
        return {str(message): int(times) for message, times in self.call("warnings").items()}

    @property
    def usb_backlog(self) -> int:
        """Bytes written to the USB port that the board has not taken yet."""
        return self.status().usb_backlog

    @property
    def uart_backlog(self) -> tuple[int, int]:
        """Bytes written to each UART that have not arrived yet."""
        return self.status().uart_backlog

    # Plumbing shared by the parts above

    def post(self, command: bytes) -> None:
        """Adds a command to the next exchange with the process."""
        self._link.post(command)

    def status(self) -> Status:
        """The board as it is after everything posted."""
        self.flush()
        return self._last()

    def _last(self) -> Status:
        """The board as it was at the last exchange; time does not pass between exchanges."""
        if self._status is None:
            self._exchange()
        assert self._status is not None
        return self._status

    def flush(self) -> None:
        """Carries out what was posted."""
        if self._link.has_pending:
            self._exchange()

    def query(self, command: bytes) -> bytes:
        """Posts a command that has a reply, and returns it."""
        self._link.post(command)
        return self._exchange()[-1]

    def call(self, name: str, *args: Any) -> Any:
        """One of the process's named calls."""
        return json.loads(self.query(protocol.call(name, *args)))

    def _exchange(self) -> list[bytes]:
        return self._link.exchange()

    def _told(self, status: Status, events: list[Event], replies: list[bytes]) -> VirtualPicoError | None:
        self._status = status
        for event in events:
            self._take(event)
        return self._error(json.loads(replies[-1])) if status.error else None

    def _take(self, event: Event) -> None:
        self._events.append(event)
        t_ns, kind, source, value = event
        if kind == "pin":
            self._pins[int(source)].took(t_ns, value)  # type: ignore[arg-type]
        elif kind == "duty":
            self._pwms[int(source)].took(t_ns, value)  # type: ignore[arg-type]
        elif kind == "usb":
            self.usb.took(t_ns, value)  # type: ignore[arg-type]
        elif kind == "uart":
            self.uart[int(source)].took(t_ns, value)  # type: ignore[arg-type]
        elif kind == "reset":
            self._resets.append((t_ns, str(value)))

    def _error(self, report: dict[str, Any]) -> VirtualPicoError:
        message = report["message"] + (f"\n{report['stack']}" if report["stack"] else "")
        pc = int(report["pc"])
        return VirtualPicoError(message, kind=report["kind"], pc=pc, symbol=self.symbol_at(pc))

    def symbol_at(self, address: int) -> str | None:
        """The function an address lies in, when the firmware's ELF lies beside its UF2."""
        if self._symbols is None and self._elf is not None:
            self._symbols = Symbols(self._elf)
        return self._symbols.at(address) if self._symbols else None

    def symbol_address(self, name: str) -> int | None:
        """Where a function of the firmware lies, when its ELF lies beside its UF2."""
        self.symbol_at(0)
        return self._symbols.address(name) if self._symbols else None

    @property
    def process_id(self) -> int:
        """Of the Node process."""
        return self._link.process_id

    def close(self) -> None:
        """Ends the process. Safe to call again."""
        self._link.close()

    def __enter__(self) -> VirtualPico:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()
