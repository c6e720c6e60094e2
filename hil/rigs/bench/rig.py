"""The bench as a rig: a rover's Pico on wires, an instrument at them, the host's switches and supply.

The same code for hardware and for two emulated Picos: it knows `Outside` alone. Its time leads what has happened: see
hil/bench/player.py. What is done is done at its time; what is seen is of `observed_ns` and before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hil.bench.config import Config
from hil.bench.instrument.lines import LINES
from hil.bench.outside import Outside
from hil.bench.parts.parts import open_parts
from hil.bench.player import Player
from hil.bench.voltages import outputs_of
from hil.errors import HilError
from hil.rigs.bench.cable import Cable
from hil.rigs.bench.flashing import Sockets, Tell, checked, flash_rover, silent
from hil.rigs.bench.ports import BenchAdc, BenchLine, BenchPwm, PlayedPin, SwitchPin, WatchedPin, signal_of
from hil.rigs.bench.starts import Starts

_KEY = "ARM_KEY"
_OFF_NS = 500_000_000  # the supply's capacitors are empty

Pin = PlayedPin | WatchedPin | SwitchPin


class BenchRig:
    """The board, powered, at reset, at time 0. The outside is the rig's own from now on, and closed with it.

    strict: what the instrument tells as gone wrong is an error. sockets: where its boards show themselves in BOOTSEL.
    """

    name = "bench"
    time_resolution_ns = 1000

    def __init__(self, outside: Outside, config: Config, strict: bool = True, sockets: Sockets | None = None) -> None:
        self.outside = outside
        self.config = config
        self._sockets = sockets
        try:
            self.parts = open_parts(outside.bus, config, outside.wait)
            self._power_held()
            self.player = Player(outside, outputs_of(config.gates), config.lead_ms, config.line_delay_ns, strict)
        except BaseException:
            outside.close()
            raise
        player, switches = self.player, self.parts.switches
        lines = player.observed.lines
        self._starts = Starts()
        lines["COIL_TX"].listener = self._starts.pulses
        self.usb = BenchLine(player, outside.rover_usb, self._starts.take)
        self.uart = (BenchLine(player, outside.radio), BenchLine(player, outside.gnss))
        self.adc = BenchAdc(player, self.parts.supply, lambda: self._starts.converting_since_ns)
        self.cable = Cable(player, outside.rover_usb, switches)
        self._key = SwitchPin(player, switches, "key")
        self._pins: dict[str, Pin] = {_KEY: self._key}
        for signal, _, kind, _ in LINES:
            if kind == "played":
                self._pins[signal] = PlayedPin(player, signal, lines.get(signal))
            else:
                self._pins[signal] = WatchedPin(signal, lines[signal], kind == "edges")
        self._pwms = {signal: BenchPwm(seen) for signal, seen in lines.items()}
        self._powered = True
        self._held = self._closed = False
        self._switch("run", False)
        self._starts.by_us(0, "power")

    def _power_held(self) -> None:
        """The supply, seen to be as it should, on a chip that is held in reset."""
        parts = self.parts
        parts.power_off()
        parts.switches.set_all({"run": True, "bootsel": False})
        parts.switches.set("supply", True)
        parts.supply.check_level()
        parts.switches.set("usb", True)

    # Time

    @property
    def now_ns(self) -> int:
        """Of the instrument's clock since the rig was made."""
        return self.player.now_ns

    @property
    def lag_ns(self) -> int:
        """What happened so long ago has been told."""
        return self.player.lag_ns

    @property
    def observed_ns(self) -> int:
        """All that happened before then has been told."""
        return self.player.observed_ns

    @property
    def held_ns(self) -> int:
        """For how long in all nothing new was played, as nobody called `run` in time."""
        return self.player.held_ns

    def run(self, duration_ns: int) -> None:
        """Let so much time pass. HilError when the bench could not keep up, or a part of it fails."""
        self.player.run(duration_ns)
        for line in (self.usb, *self.uart):
            line.listen()

    # Pins

    def pin(self, gpio: int) -> Pin:
        """A GPIO that is wired."""
        signal = signal_of(gpio)
        if signal not in self._pins:
            raise self._not_wired(gpio, self._pins)
        return self._pins[signal]

    def pwm(self, gpio: int) -> BenchPwm:
        """The duty of a GPIO that the instrument looks at."""
        signal = signal_of(gpio)
        if signal not in self._pwms:
            raise self._not_wired(gpio, self._pwms)
        return self._pwms[signal]

    @staticmethod
    def _not_wired(gpio: int, wired: dict[str, Any]) -> HilError:
        return HilError(
            f"the bench has no wire for that at GPIO {gpio} ({signal_of(gpio) or 'none'}); it has one for "
            f"{', '.join(wired)}"
        )

    # Power and resets

    @property
    def powered(self) -> bool:
        """Whether the supply is given."""
        return self._powered

    def power_on(self) -> None:
        """The supply comes, now."""
        if not self._powered:
            self._powered = True
            self._switch("supply", True)
            if not self._held:
                self._starts.by_us(self.now_ns, "power")

    def power_cut(self) -> None:
        """The supply goes, now."""
        self._powered = False
        self._switch("supply", False)

    def run_pin(self, level: int) -> None:
        """0 holds the chip in reset, 1 lets it start."""
        if self._held == bool(level):
            self._held = not level
            self._switch("run", not level)  # on, it pulls RUN low
            if level and self._powered:
                self._starts.by_us(self.now_ns, "run")

    def reset_causes(self) -> list[tuple[int, str]]:
        """(time, cause) of every start: by the bench's own doing 'power' or 'run', else as the board has told."""
        return list(self._starts.causes)

    # What runs on its boards

    def flash_uf2(self, uf2: Path, tell: Tell = silent) -> None:
        """Through BOOTSEL; the board has taken it, and its supply just came. HilError when it did not."""
        image = checked(uf2)
        if self._sockets is None:
            raise HilError("this rig was made without its sockets, so it finds no drive; make it by open_bench")
        self.power_on()
        self.run_pin(1)
        self._key.drive(0)
        self.cable.mend()
        self.run(self.player.lag_ns)  # all that was to be switched has been
        flash_rover(image, self.parts, self.outside.rover_usb, self._sockets, self.outside, tell)
        self.power_cut()
        self.run(_OFF_NS)
        for line in (self.usb, *self.uart):
            line.read()  # of the start that told that it had come back
        self.power_on()

    @property
    def usb_places(self) -> tuple[str, ...]:
        """The sockets of its boards, as the kernel calls them."""
        return self._sockets.kernel_places() if self._sockets is not None else ()

    @property
    def instrument_id(self) -> str:
        """The instrument's unique number."""
        return self.player.unique_id.hex()

    def _switch(self, name: str, on: bool) -> None:
        self.player.at(self.now_ns, lambda: self.parts.switches.set(name, on))

    # The end

    def close(self) -> None:
        """The loop opens, the supply goes, all is let go of."""
        if not self._closed:
            self._closed = True
            try:
                if not self.outside.gone:
                    self.player.park()
                    self.parts.close()
            finally:
                self.outside.close()
                if self._sockets is not None:
                    self._sockets.close()

    def __enter__(self) -> BenchRig:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
