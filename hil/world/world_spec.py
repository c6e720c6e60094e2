"""What a world is: every quantity of the ground, the rover and the front end with its default, bounds, unit and
meaning.

Each field of these dataclasses carries its rule (`Quantity` or `Choice`) as metadata; the loader in `world_file`
checks by it and docs/world.md is made from it.
"""

from dataclasses import dataclass, field
from typing import Any

from hil.world.materials import MATERIALS

SHAPES = ("sphere", "plate", "rod", "sheet")
FAULT_KINDS = ("stuck", "no_pulse", "noise", "saturated", "supply")
STOPPING = ("brake", "coast")
GATES = 3


@dataclass(frozen=True)
class Quantity:
    """What a key may hold: `low` <= value <= `high`, in `unit`; `count` > 0 means a list of so many."""

    low: float
    high: float
    unit: str
    meaning: str
    count: int = 0


@dataclass(frozen=True)
class Choice:
    """A key that holds one of some names."""

    names: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Text:
    """A key that holds any text."""

    meaning: str


@dataclass(frozen=True)
class Places:
    """A key that holds a list of `least` to `most` places [x, y], each number `low` to `high`, in m."""

    low: float
    high: float
    least: int
    most: int
    meaning: str


def number(default: Any, low: float, high: float, unit: str, meaning: str, count: int = 0) -> Any:
    """A field that holds a number, or `count` of them; without a default (None) it has to be given."""
    metadata = {"rule": Quantity(low, high, unit, meaning, count)}
    return field(default=default, metadata=metadata) if default is not None else field(metadata=metadata)


def choice(default: str | None, names: tuple[str, ...], meaning: str) -> Any:
    """A field that holds one of some names."""
    metadata = {"rule": Choice(names, meaning)}
    return field(default=default, metadata=metadata) if default is not None else field(metadata=metadata)


def places(default: Any, low: float, high: float, least: int, most: int, meaning: str) -> Any:
    """A field that holds places; without a default (None) it has to be given."""
    metadata = {"rule": Places(low, high, least, most, meaning)}
    return field(default=default, metadata=metadata) if default is not None else field(metadata=metadata)


def text(meaning: str) -> Any:
    """A field that holds any text."""
    return field(default="", metadata={"rule": Text(meaning)})


@dataclass(frozen=True)
class Lane:
    """[world]: the lane and the seed of everything random in it."""

    seed: int = number(1, 0, 2**31 - 1, "", "seed of noise, soil and slip: the same seed gives the same world")
    lane_length_m: float = number(10.0, 0.5, 500.0, "m", "the lane runs from s = 0 to here")
    swath_m: float = number(0.5, 0.05, 3.0, "m", "width of the lane")


@dataclass(frozen=True)
class RoverSpec:
    """[rover]: tracks, motors, encoders."""

    track_width_m: float = number(0.42, 0.1, 2.0, "m", "between the middles of the tracks")
    track_breadth_m: float = number(0.08, 0.01, 0.6, "m", "across one track")
    track_length_m: float = number(0.3, 0.02, 2.0, "m", "of the ground that a track touches, half of it ahead")
    coil_ahead_m: float = number(0.52, -1.0, 2.0, "m", "the coil's centre ahead of the tracks' middle")
    ticks_per_m: float = number(1000.0, 100.0, 10000.0, "1/m", "edges of encoder channel A for a metre of track")
    no_load_m_s: float = number(1.15, 0.1, 5.0, "m/s", "track speed at full duty and nominal supply without friction")
    friction_m_s: float = number(0.06, 0.0, 1.0, "m/s", "how much of that speed friction eats once it rolls")
    stiction_m_s: float = number(0.08, 0.0, 1.0, "m/s", "what drive must exceed before a standing track moves")
    mechanical_ms: float = number(90.0, 5.0, 2000.0, "ms", "time constant of the speed, driven or braked")
    electrical_ms: float = number(1.0, 0.05, 20.0, "ms", "time constant of the motor current")
    coast_ms: float = number(220.0, 5.0, 5000.0, "ms", "time constant of the speed, rolling freely")
    at_zero_duty: str = choice("brake", STOPPING, "what the H-bridge does at duty 0")
    contactor_drop_ms: float = number(15.0, 0.0, 200.0, "ms", "from MOTOR_EN low to the contactor's contacts open")
    contactor_pull_ms: float = number(20.0, 0.0, 200.0, "ms", "from MOTOR_EN high to closed")
    slip: float = number(0.01, 0.0, 0.3, "", "how much slower than the tracks the ground passes (rms about the same)")
    mismatch: float = number(0.01, 0.0, 0.2, "", "how much faster the right motor is than the left one")
    slope_m_s: float = number(
        0.0, -0.5, 0.5, "m/s", "how much of that speed the grade eats along the lane (downhill: gives)"
    )
    left_drag_m_s: float = number(0.0, 0.0, 0.5, "m/s", "how much more loose ground under the left track eats")
    right_drag_m_s: float = number(0.0, 0.0, 0.5, "m/s", "the same for the right")
    left_reversed: int = number(0, 0, 1, "", "1 when the left motor and its encoder are wired the other way round")
    right_reversed: int = number(0, 0, 1, "", "the same for the right")
    start_lateral_m: float = number(
        0.0, -1.0, 1.0, "m", "where the rover stands at the start, left of the lane's middle"
    )


@dataclass(frozen=True)
class SupplySpec:
    """[supply]: the battery as VSYS sees it, and the temperature of the chip."""

    vsys_mv: float = number(5000.0, 2000.0, 5600.0, "mV", "supply at rest, fully charged")
    sag_mv_per_a: float = number(25.0, 0.0, 500.0, "mV/A", "drop for each ampere the motors take")
    stall_a: float = number(6.0, 0.1, 100.0, "A", "what one motor takes standing at full duty")
    ripple_mv: float = number(5.0, 0.0, 500.0, "mV", "rms noise of the supply's reading")
    temp_c: float = number(22.0, -20.0, 60.0, "C", "temperature of the chip at the start")
    warming_c: float = number(3.5, 0.0, 40.0, "C", "how much warmer it gets")
    warming_s: float = number(60.0, 1.0, 10000.0, "s", "time constant of that")


@dataclass(frozen=True)
class FrontEnd:
    """[front_end]: the coil and the three gates. Defaults are those of the recorded instrument."""

    coil_radius_m: float = number(0.07, 0.02, 1.0, "m", "radius of the coil")
    coil_height_m: float = number(0.04, 0.005, 0.5, "m", "height of the coil above the ground")
    coils: int = number(1, 1, 32, "", "coils in a row across the rover, wired in series into the one channel")
    coil_pitch_m: float = number(0.1, 0.02, 1.0, "m", "from one such coil to the next")
    pulse_us: tuple[float, ...] = number((9.0, 30.0, 100.0), 1.0, 1000.0, "us", "pulse length of each gate", GATES)
    delay_us: tuple[float, ...] = number(
        (6.8, 10.12, 11.656), 5.0, 500.0, "us", "from the pulse's end to each gate", GATES
    )
    pulse_rate_hz: float = number(2000.0, 100.0, 4000.0, "Hz", "how often the gates are sampled and held")
    gain: float = number(30.0, 1.0, 1000.0, "", "of the board, from the coil amplifier to the ADC")
    mid_mv: float = number(1650.0, 0.0, 3300.0, "mV", "ADC level of every gate in air")
    air_mv: tuple[float, ...] = number(
        (2168.0, 498.0, 364.0), 1.0, 5000.0, "mV", "the coil's own decay at each gate, in air, at its amplifier", GATES
    )
    noise_mv: tuple[float, ...] = number(
        (22.0, 2.1, 1.85), 0.0, 1000.0, "mV", "white noise of the mean over 10 ms, each gate", GATES
    )
    wander_mv: tuple[float, ...] = number(
        (17.0, 1.7, 1.7), 0.0, 1000.0, "mV", "rms of the slow wander of each gate", GATES
    )

    @property
    def across_m(self) -> tuple[float, ...]:
        """Of each coil's centre, left of the rover's middle. Of a current through all of them in series each gives its
        share of the flux: of what one coil alone would feel of an object the row feels the mean over its coils."""
        return tuple((k - (self.coils - 1) / 2) * self.coil_pitch_m for k in range(self.coils))


@dataclass(frozen=True)
class Soil:
    """[soil]: mineralised ground."""

    strength_mv: float = number(0.0, 0.0, 1500.0, "mV", "how far the ground pulls gate 0 down")
    ratio_error: float = number(0.0, 0.0, 0.2, "", "rms by which each gate's share differs from 1/t soil")
    variation: float = number(0.08, 0.0, 1.0, "", "rms of the strength along the lane, as a share of it")
    variation_m: float = number(1.2, 0.05, 50.0, "m", "length over which it changes")
    height_mm: float = number(2.0, 0.0, 100.0, "mm", "rms by which the coil's height changes along the lane")
    height_m: float = number(0.6, 0.05, 50.0, "m", "length over which it changes")


@dataclass(frozen=True)
class SoilChange:
    """[[soil_change]]: from here on the soil is another."""

    x_m: float = number(None, 0.0, 500.0, "m", "how far along the lane")
    width_m: float = number(0.1, 0.01, 10.0, "m", "over which it changes")
    times: float = number(1.0, 0.0, 10.0, "", "its strength behind, as so many times that before")
    ratio_error: float = number(0.0, 0.0, 0.2, "", "rms by which each gate's share behind differs from 1/t soil")


@dataclass(frozen=True)
class Lift:
    """[[lift]]: the coil is carried higher for a stretch, as over a stone or a root."""

    x0_m: float = number(None, -2.0, 500.0, "m", "from")
    x1_m: float = number(None, -2.0, 500.0, "m", "to")
    height_mm: float = number(30.0, 0.0, 300.0, "mm", "how much higher")
    ramp_m: float = number(0.1, 0.01, 5.0, "m", "way that it takes up, and down again")


@dataclass(frozen=True)
class Swing:
    """[swing]: the coil on its arm goes up and down, wherever the rover is."""

    height_mm: float = number(0.0, 0.0, 100.0, "mm", "amplitude")
    hz: float = number(1.5, 0.05, 20.0, "Hz", "how often")


@dataclass(frozen=True)
class Target:
    """[[target]]: a buried object of metal."""

    material: str = choice(None, tuple(MATERIALS), "what it is made of")
    x_m: float = number(None, 0.0, 500.0, "m", "how far along the lane")
    depth_m: float = number(None, 0.0, 1.0, "m", "below the surface, to its middle")
    shape: str = choice("sphere", SHAPES, "sphere; plate: flat, lying; rod: long; sheet: flat, long along the lane")
    radius_m: float = number(0.02, 0.001, 0.3, "m", "of the sphere, the plate or the rod; half a sheet's width")
    length_m: float = number(
        0.1, 0.002, 2.0, "m", "of the rod or sheet; a plate's thickness is an eighth of its radius"
    )
    heading_deg: float = number(0.0, -180.0, 180.0, "deg", "of the rod: 0 along the lane, 90 across")
    tilt_deg: float = number(0.0, -90.0, 90.0, "deg", "of rod or plate, out of the level")
    y_m: float = number(0.0, -2.0, 2.0, "m", "left of the lane's middle")
    name: str = text("its name in maps and reports")


@dataclass(frozen=True)
class HotRock:
    """[[hot_rock]]: a stone that answers like strong soil."""

    x_m: float = number(None, 0.0, 500.0, "m", "how far along the lane")
    strength_mv: float = number(None, 0.1, 2000.0, "mV", "how far it pulls gate 0 down, coil above it")
    y_m: float = number(0.0, -2.0, 2.0, "m", "left of the lane's middle")
    width_m: float = number(0.14, 0.02, 1.0, "m", "half width of its trace along the lane")
    ratio_error: float = number(0.03, 0.0, 0.2, "", "rms by which each gate's share differs from 1/t soil")


@dataclass(frozen=True)
class Interference:
    """[interference]: what other electricity does to the gates."""

    mains_mv: float = number(0.0, 0.0, 500.0, "mV", "amplitude of the mains tone")
    mains_hz: float = number(50.0, 0.1, 500.0, "Hz", "its frequency, as the pulses see it")
    burst_mv: float = number(0.0, 0.0, 1000.0, "mV", "rms of a motor's burst, at its start")
    burst_per_s: float = number(0.0, 0.0, 20.0, "1/s", "how often such bursts come")
    burst_ms: float = number(40.0, 1.0, 1000.0, "ms", "how long each lasts")


@dataclass(frozen=True)
class Drift:
    """[drift]: the front end warming up."""

    thermal_mv: tuple[float, ...] = number(
        (12.0, 4.0, 3.0), -500.0, 500.0, "mV", "how far each gate goes while warming up", GATES
    )
    thermal_s: float = number(60.0, 1.0, 10000.0, "s", "time constant of that")
    rate_mv_s: tuple[float, ...] = number((0.0, 0.0, 0.0), -100.0, 100.0, "mV/s", "how fast each goes on", GATES)


@dataclass(frozen=True)
class Burst:
    """[[burst]]: wideband noise in all gates for a while, as of a radio transmitter."""

    t0_s: float = number(None, 0.0, 86400.0, "s", "from")
    t1_s: float = number(None, 0.0, 86400.0, "s", "until")
    times: float = number(6.0, 1.0, 100.0, "", "noise of each gate meanwhile, as so many times its own")


@dataclass(frozen=True)
class Fault:
    """[[fault]]: something that breaks for a while."""

    kind: str = choice(None, FAULT_KINDS, "what happens")
    t0_s: float = number(None, 0.0, 86400.0, "s", "from")
    t1_s: float = number(None, 0.0, 86400.0, "s", "until")
    gate: int = number(0, 0, GATES - 1, "", "which gate is stuck, noisy or saturated")
    value_mv: float = number(100.0, 0.0, 5600.0, "mV", "noise: its rms; supply: what VSYS falls to")


@dataclass(frozen=True)
class Machine:
    """The machine and what disturbs it, wherever it is: what a lane's file and a field's have in common."""

    path: str = "(no file)"
    rover: RoverSpec = field(default_factory=RoverSpec)
    supply: SupplySpec = field(default_factory=SupplySpec)
    front_end: FrontEnd = field(default_factory=FrontEnd)
    swing: Swing = field(default_factory=Swing)
    interference: Interference = field(default_factory=Interference)
    drift: Drift = field(default_factory=Drift)
    faults: tuple[Fault, ...] = ()
    bursts: tuple[Burst, ...] = ()

    @property
    def seed(self) -> int:
        """Of everything random."""
        raise NotImplementedError


@dataclass(frozen=True)
class WorldFile(Machine):
    """All a world file says. Sections that are not in the file have their defaults."""

    world: Lane = field(default_factory=Lane)
    soil: Soil = field(default_factory=Soil)
    targets: tuple[Target, ...] = ()
    hot_rocks: tuple[HotRock, ...] = ()
    soil_changes: tuple[SoilChange, ...] = ()
    lifts: tuple[Lift, ...] = ()

    @property
    def seed(self) -> int:
        return self.world.seed


# Thickness of a plate as a share of its radius.
PLATE_THICKNESS = 1 / 8
