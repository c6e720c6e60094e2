"""What a rig may offer and a scenario may need, each a protocol of its own. The registry says which rig offers which.

A rig offers a capability by having its methods. `offers_of` tells what a class of rig has been declared to offer; mypy
holds the class to it where the registry opens it, and `hil.rigs.registry.open_rig` looks again at the real thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from hil.errors import HilError
from hil.rigs.ports import AdcPort, CablePort, FaultPort, InertialPort, InsightPort, PinPort, PwmPort, SerialLine


@runtime_checkable
class Lines(Protocol):
    """The serial lines: USB as a laptop has it, and the UARTs (the radio is one of them)."""

    @property
    def usb(self) -> SerialLine: ...

    @property
    def uart(self) -> Sequence[SerialLine]: ...


@runtime_checkable
class Pins(Protocol):
    """Every GPIO: driven or watched, and its duty."""

    def pin(self, gpio: int) -> PinPort: ...

    def pwm(self, gpio: int) -> PwmPort: ...


@runtime_checkable
class Analogue(Protocol):
    """Voltages on the analogue inputs, played as they change."""

    @property
    def adc(self) -> AdcPort: ...


@runtime_checkable
class Inertial(Protocol):
    """The IMU at I2C1: plugged in and out, what it feels, and what is wrong with it."""

    @property
    def imu(self) -> InertialPort: ...


@runtime_checkable
class Time(Protocol):
    """The truth of time: `now_ns`, edges, duty changes and bytes carry times that were measured at the board.

    What the program takes to run is in them. A rig whose times are declared (a table of costs) does not offer this.
    """

    @property
    def time_resolution_ns(self) -> int:
        """No time is further from the truth than this."""

    @property
    def lag_ns(self) -> int:
        """What happened until `now_ns` less this has been told; 0 where all of it has."""


@runtime_checkable
class Power(Protocol):
    """The supply, cut and given at any moment."""

    @property
    def powered(self) -> bool: ...

    def power_on(self) -> None: ...

    def power_cut(self) -> None: ...


@runtime_checkable
class Reset(Protocol):
    """The RUN pin, and every reset that happened."""

    def run_pin(self, level: int) -> None:
        """0 holds the chip in reset, 1 lets it start."""

    def reset_causes(self) -> list[tuple[int, str]]:
        """(time, cause) of every start so far, the first among them; a watchdog's cause begins with 'watchdog'."""


@runtime_checkable
class Cable(Protocol):
    """The USB cable, pulled, and the host at it, which may hang."""

    @property
    def cable(self) -> CablePort: ...


@runtime_checkable
class Faults(Protocol):
    """Faults of the chip: its core stopped, its timer moved."""

    @property
    def faults(self) -> FaultPort: ...


@runtime_checkable
class Insight(Protocol):
    """The chip's memory and registers, and whether its core is asleep."""

    @property
    def insight(self) -> InsightPort: ...


Capability = type  # one of these classes
CAPABILITIES: tuple[Capability, ...] = (Lines, Pins, Analogue, Inertial, Time, Power, Reset, Cable, Faults, Insight)


def names(capabilities: Iterable[Capability]) -> str:
    """For people: 'Lines, Pins', always in the same order."""
    chosen = set(capabilities)
    return ", ".join(each.__name__ for each in CAPABILITIES if each in chosen)


def offers_of(interface: type) -> frozenset[Capability]:
    """The capabilities that an interface was made of, as `class Virtual(Rig, Power, Protocol)`."""
    return frozenset(each for each in CAPABILITIES if each in interface.__mro__)


def lacking(rig: str, offers: frozenset[Capability], needs: Iterable[Capability]) -> str:
    """'' when all needs are offered, else 'needs Faults, which sil does not offer'."""
    missing = frozenset(needs) - offers
    return f"needs {names(missing)}, which {rig} does not offer" if missing else ""


class LackingError(HilError):
    """A rig was asked for what it does not offer."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _lacks(rig: _Named, need: Capability) -> LackingError:
    return LackingError(lacking(rig.name, frozenset(), (need,)))


def power_of(rig: _Named) -> Power:
    """The rig's supply; LackingError when it cannot be cut."""
    if not isinstance(rig, Power):
        raise _lacks(rig, Power)
    return rig


def reset_of(rig: _Named) -> Reset:
    """The rig's RUN pin and resets; LackingError when it has none."""
    if not isinstance(rig, Reset):
        raise _lacks(rig, Reset)
    return rig


def cable_of(rig: _Named) -> CablePort:
    """The rig's USB cable and the host at it; LackingError when they cannot fail."""
    if not isinstance(rig, Cable):
        raise _lacks(rig, Cable)
    return rig.cable


def faults_of(rig: _Named) -> FaultPort:
    """What can be broken of the rig's chip; LackingError when nothing can."""
    if not isinstance(rig, Faults):
        raise _lacks(rig, Faults)
    return rig.faults


def inertial_of(rig: _Named) -> InertialPort:
    """The rig's IMU; LackingError when none can be plugged in."""
    if not isinstance(rig, Inertial):
        raise _lacks(rig, Inertial)
    return rig.imu


def insight_of(rig: _Named) -> InsightPort:
    """The inside of the rig's chip; LackingError when it cannot be seen."""
    if not isinstance(rig, Insight):
        raise _lacks(rig, Insight)
    return rig.insight
