"""What every rig gives: the board's lines, pins and analogue inputs, in the board's own time.

Times are emulated (or the board's) nanoseconds since the rig was made. `open_rig` makes one by name; nothing else
knows which rig it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.errors import HilError
from sapper_host.files.checkout import BUILD

Floats = NDArray[np.float64]
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class SerialLine(Protocol):
    """One serial line, seen from outside the board."""

    def write(self, data: bytes, /) -> Any:
        """Send bytes to the board."""

    def read(self) -> list[tuple[int, bytes]]:
        """What the board sent since the last call: (time, bytes)."""


class PinPort(Protocol):
    """One GPIO, seen from outside the board."""

    @property
    def level(self) -> int: ...

    def drive(self, level: int, at_ns: int | None = None) -> None: ...

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None: ...

    def watch(self) -> None: ...

    def edges(self) -> list[tuple[int, int]]: ...


class PwmPort(Protocol):
    """The duty of one GPIO; 0 when the pin is not on PWM."""

    @property
    def duty(self) -> float: ...

    def watch(self) -> None: ...

    def changes(self) -> list[tuple[int, float]]: ...


class AdcPort(Protocol):
    """The analogue inputs, 0..4."""

    @property
    def running_since_ns(self) -> int | None:
        """When the board's converter last began its round robin; None when it does not run, or the rig cannot tell."""

    def set(self, channel: int, millivolts: float) -> None: ...

    def play(
        self, channel: int, times_ns: Sequence[int] | Any, values_mv: Sequence[float] | Any, interpolate: str = "linear"
    ) -> None: ...


class Rig(Protocol):
    """A board under test."""

    @property
    def name(self) -> str: ...

    @property
    def now_ns(self) -> int: ...

    def run(self, duration_ns: int) -> Any:
        """Let that much of the board's time pass."""

    @property
    def usb(self) -> SerialLine: ...

    @property
    def uart(self) -> Sequence[SerialLine]: ...

    @property
    def adc(self) -> AdcPort: ...

    def pin(self, gpio: int) -> PinPort: ...

    def pwm(self, gpio: int) -> PwmPort: ...

    def close(self) -> None: ...


def _virtual(firmware: Path | None, **options: Any) -> Rig:
    from hil.rigs.virtual import VirtualPico

    return VirtualPico(uf2=firmware or default_uf2(), **options)


def _sil(firmware: Path | None, **options: Any) -> Rig:
    from hil.rigs.sil import SilRig

    return SilRig(micropython=firmware, **options)


RIGS: dict[str, Callable[..., Rig]] = {"virtual": _virtual, "sil": _sil}


def default_uf2() -> Path:
    """The UF2 that `make firmware` leaves; HilError when there is none."""
    path = BUILD / "firmware.uf2"
    if not path.exists():
        raise HilError(f"{path} is not there; run `make firmware`")
    return path


def open_rig(name: str, firmware: Path | None = None, **options: Any) -> Rig:
    """The rig of that name, powered, at reset. HilError when there is none of the name."""
    if name not in RIGS:
        raise HilError(f"no rig '{name}'; there are {', '.join(RIGS)}")
    return RIGS[name](firmware, **options)
