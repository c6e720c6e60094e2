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


def _number(default: Any, low: float, high: float, unit: str, meaning: str, count: int = 0) -> Any:
    metadata = {"rule": Quantity(low, high, unit, meaning, count)}
    return field(default=default, metadata=metadata) if default is not None else field(metadata=metadata)


def _choice(default: str | None, names: tuple[str, ...], meaning: str) -> Any:
    metadata = {"rule": Choice(names, meaning)}
    return field(default=default, metadata=metadata) if default is not None else field(metadata=metadata)


@dataclass(frozen=True)
class Lane:
    """[world]: the lane and the seed of everything random in it."""

    seed: int = _number(1, 0, 2**31 - 1, "", "seed of noise, soil and slip: the same seed gives the same world")
    lane_length_m: float = _number(10.0, 0.5, 500.0, "m", "the lane runs from s = 0 to here")
    swath_m: float = _number(0.5, 0.05, 3.0, "m", "width of the lane")


@dataclass(frozen=True)
class RoverSpec:
    """[rover]: tracks, motors, encoders."""

    track_width_m: float = _number(0.42, 0.1, 2.0, "m", "between the middles of the tracks")
    coil_ahead_m: float = _number(0.35, -1.0, 2.0, "m", "the coil's centre ahead of the tracks' middle")
    ticks_per_m: float = _number(1000.0, 100.0, 10000.0, "1/m", "edges of encoder channel A for a metre of track")
    no_load_m_s: float = _number(1.15, 0.1, 5.0, "m/s", "track speed at full duty and nominal supply without friction")
    friction_m_s: float = _number(0.06, 0.0, 1.0, "m/s", "how much of that speed friction eats once it rolls")
    stiction_m_s: float = _number(0.08, 0.0, 1.0, "m/s", "what drive must exceed before a standing track moves")
    mechanical_ms: float = _number(90.0, 5.0, 2000.0, "ms", "time constant of the speed, driven or braked")
    electrical_ms: float = _number(1.0, 0.05, 20.0, "ms", "time constant of the motor current")
    coast_ms: float = _number(220.0, 5.0, 5000.0, "ms", "time constant of the speed, rolling freely")
    at_zero_duty: str = _choice("brake", STOPPING, "what the H-bridge does at duty 0")
    contactor_drop_ms: float = _number(15.0, 0.0, 200.0, "ms", "from MOTOR_EN low to the contactor's contacts open")
    contactor_pull_ms: float = _number(20.0, 0.0, 200.0, "ms", "from MOTOR_EN high to closed")
    slip: float = _number(0.01, 0.0, 0.3, "", "how much slower than the tracks the ground passes (rms about the same)")
    mismatch: float = _number(0.01, 0.0, 0.2, "", "how much faster the right motor is than the left one")
    slope_m_s: float = _number(
        0.0, -0.5, 0.5, "m/s", "how much of that speed the grade eats along the lane (downhill: gives)"
    )
    left_drag_m_s: float = _number(0.0, 0.0, 0.5, "m/s", "how much more loose ground under the left track eats")
    right_drag_m_s: float = _number(0.0, 0.0, 0.5, "m/s", "the same for the right")
    left_reversed: int = _number(0, 0, 1, "", "1 when the left motor and its encoder are wired the other way round")
    right_reversed: int = _number(0, 0, 1, "", "the same for the right")
    start_lateral_m: float = _number(
        0.0, -1.0, 1.0, "m", "where the rover stands at the start, left of the lane's middle"
    )


@dataclass(frozen=True)
class SupplySpec:
    """[supply]: the battery as VSYS sees it, and the temperature of the chip."""

    vsys_mv: float = _number(5000.0, 2000.0, 5600.0, "mV", "supply at rest, fully charged")
    sag_mv_per_a: float = _number(25.0, 0.0, 500.0, "mV/A", "drop for each ampere the motors take")
    stall_a: float = _number(6.0, 0.1, 100.0, "A", "what one motor takes standing at full duty")
    ripple_mv: float = _number(5.0, 0.0, 500.0, "mV", "rms noise of the supply's reading")
    temp_c: float = _number(22.0, -20.0, 60.0, "C", "temperature of the chip at the start")
    warming_c: float = _number(3.5, 0.0, 40.0, "C", "how much warmer it gets")
    warming_s: float = _number(60.0, 1.0, 10000.0, "s", "time constant of that")


@dataclass(frozen=True)
class FrontEnd:
    """[front_end]: the coil and the three gates. Defaults are those of the recorded instrument."""

    coil_radius_m: float = _number(0.07, 0.02, 1.0, "m", "radius of the coil")
    coil_height_m: float = _number(0.04, 0.005, 0.5, "m", "height of the coil above the ground")
    pulse_us: tuple[float, ...] = _number((9.0, 30.0, 100.0), 1.0, 1000.0, "us", "pulse length of each gate", GATES)
    delay_us: tuple[float, ...] = _number(
        (6.8, 10.12, 11.656), 5.0, 500.0, "us", "from the pulse's end to each gate", GATES
    )
    pulse_rate_hz: float = _number(2000.0, 100.0, 4000.0, "Hz", "how often the gates are sampled and held")
    gain: float = _number(30.0, 1.0, 1000.0, "", "of the board, from the coil amplifier to the ADC")
    mid_mv: float = _number(1650.0, 0.0, 3300.0, "mV", "ADC level of every gate in air")
    air_mv: tuple[float, ...] = _number(
        (2168.0, 498.0, 364.0), 1.0, 5000.0, "mV", "the coil's own decay at each gate, in air, at its amplifier", GATES
    )
    noise_mv: tuple[float, ...] = _number(
        (22.0, 2.1, 1.85), 0.0, 1000.0, "mV", "white noise of the mean over 10 ms, each gate", GATES
    )
    wander_mv: tuple[float, ...] = _number(
        (17.0, 1.7, 1.7), 0.0, 1000.0, "mV", "rms of the slow wander of each gate", GATES
    )


@dataclass(frozen=True)
class Soil:
    """[soil]: mineralised ground."""

    strength_mv: float = _number(0.0, 0.0, 1500.0, "mV", "how far the ground pulls gate 0 down")
    ratio_error: float = _number(0.0, 0.0, 0.2, "", "rms by which each gate's share differs from 1/t soil")
    variation: float = _number(0.08, 0.0, 1.0, "", "rms of the strength along the lane, as a share of it")
    variation_m: float = _number(1.2, 0.05, 50.0, "m", "length over which it changes")
    height_mm: float = _number(2.0, 0.0, 100.0, "mm", "rms by which the coil's height changes along the lane")
    height_m: float = _number(0.6, 0.05, 50.0, "m", "length over which it changes")


@dataclass(frozen=True)
class SoilChange:
    """[[soil_change]]: from here on the soil is another."""

    x_m: float = _number(None, 0.0, 500.0, "m", "how far along the lane")
    width_m: float = _number(0.1, 0.01, 10.0, "m", "over which it changes")
    times: float = _number(1.0, 0.0, 10.0, "", "its strength behind, as so many times that before")
    ratio_error: float = _number(0.0, 0.0, 0.2, "", "rms by which each gate's share behind differs from 1/t soil")


@dataclass(frozen=True)
class Lift:
    """[[lift]]: the coil is carried higher for a stretch, as over a stone or a root."""

    x0_m: float = _number(None, -2.0, 500.0, "m", "from")
    x1_m: float = _number(None, -2.0, 500.0, "m", "to")
    height_mm: float = _number(30.0, 0.0, 300.0, "mm", "how much higher")
    ramp_m: float = _number(0.1, 0.01, 5.0, "m", "way that it takes up, and down again")


@dataclass(frozen=True)
class Swing:
    """[swing]: the coil on its arm goes up and down, wherever the rover is."""

    height_mm: float = _number(0.0, 0.0, 100.0, "mm", "amplitude")
    hz: float = _number(1.5, 0.05, 20.0, "Hz", "how often")


@dataclass(frozen=True)
class Target:
    """[[target]]: a buried object of metal."""

    material: str = _choice(None, tuple(MATERIALS), "what it is made of")
    x_m: float = _number(None, 0.0, 500.0, "m", "how far along the lane")
    depth_m: float = _number(None, 0.0, 1.0, "m", "below the surface, to its middle")
    shape: str = _choice("sphere", SHAPES, "sphere; plate: flat, lying; rod: long; sheet: flat, long along the lane")
    radius_m: float = _number(0.02, 0.001, 0.3, "m", "of the sphere, the plate or the rod; half a sheet's width")
    length_m: float = _number(
        0.1, 0.002, 2.0, "m", "of the rod or sheet; a plate's thickness is an eighth of its radius"
    )
    heading_deg: float = _number(0.0, -180.0, 180.0, "deg", "of the rod: 0 along the lane, 90 across")
    tilt_deg: float = _number(0.0, -90.0, 90.0, "deg", "of rod or plate, out of the level")
    y_m: float = _number(0.0, -2.0, 2.0, "m", "left of the lane's middle")
    name: str = field(default="", metadata={"rule": None})


@dataclass(frozen=True)
class HotRock:
    """[[hot_rock]]: a stone that answers like strong soil."""

    x_m: float = _number(None, 0.0, 500.0, "m", "how far along the lane")
    strength_mv: float = _number(None, 0.1, 2000.0, "mV", "how far it pulls gate 0 down, coil above it")
    y_m: float = _number(0.0, -2.0, 2.0, "m", "left of the lane's middle")
    width_m: float = _number(0.14, 0.02, 1.0, "m", "half width of its trace along the lane")
    ratio_error: float = _number(0.03, 0.0, 0.2, "", "rms by which each gate's share differs from 1/t soil")


@dataclass(frozen=True)
class Interference:
    """[interference]: what other electricity does to the gates."""

    mains_mv: float = _number(0.0, 0.0, 500.0, "mV", "amplitude of the mains tone")
    mains_hz: float = _number(50.0, 0.1, 500.0, "Hz", "its frequency, as the pulses see it")
    burst_mv: float = _number(0.0, 0.0, 1000.0, "mV", "rms of a motor's burst, at its start")
    burst_per_s: float = _number(0.0, 0.0, 20.0, "1/s", "how often such bursts come")
    burst_ms: float = _number(40.0, 1.0, 1000.0, "ms", "how long each lasts")


@dataclass(frozen=True)
class Drift:
    """[drift]: the front end warming up."""

    thermal_mv: tuple[float, ...] = _number(
        (12.0, 4.0, 3.0), -500.0, 500.0, "mV", "how far each gate goes while warming up", GATES
    )
    thermal_s: float = _number(60.0, 1.0, 10000.0, "s", "time constant of that")
    rate_mv_s: tuple[float, ...] = _number((0.0, 0.0, 0.0), -100.0, 100.0, "mV/s", "how fast each goes on", GATES)


@dataclass(frozen=True)
class Burst:
    """[[burst]]: wideband noise in all gates for a while, as of a radio transmitter."""

    t0_s: float = _number(None, 0.0, 86400.0, "s", "from")
    t1_s: float = _number(None, 0.0, 86400.0, "s", "until")
    times: float = _number(6.0, 1.0, 100.0, "", "noise of each gate meanwhile, as so many times its own")


@dataclass(frozen=True)
class Fault:
    """[[fault]]: something that breaks for a while."""

    kind: str = _choice(None, FAULT_KINDS, "what happens")
    t0_s: float = _number(None, 0.0, 86400.0, "s", "from")
    t1_s: float = _number(None, 0.0, 86400.0, "s", "until")
    gate: int = _number(0, 0, GATES - 1, "", "which gate is stuck, noisy or saturated")
    value_mv: float = _number(100.0, 0.0, 5600.0, "mV", "noise: its rms; supply: what VSYS falls to")


@dataclass(frozen=True)
class WorldFile:
    """All a world file says. Sections that are not in the file have their defaults."""

    path: str = "(no file)"
    world: Lane = field(default_factory=Lane)
    rover: RoverSpec = field(default_factory=RoverSpec)
    supply: SupplySpec = field(default_factory=SupplySpec)
    front_end: FrontEnd = field(default_factory=FrontEnd)
    soil: Soil = field(default_factory=Soil)
    swing: Swing = field(default_factory=Swing)
    interference: Interference = field(default_factory=Interference)
    drift: Drift = field(default_factory=Drift)
    targets: tuple[Target, ...] = ()
    hot_rocks: tuple[HotRock, ...] = ()
    faults: tuple[Fault, ...] = ()
    soil_changes: tuple[SoilChange, ...] = ()
    lifts: tuple[Lift, ...] = ()
    bursts: tuple[Burst, ...] = ()


# Thickness of a plate as a share of its radius.
PLATE_THICKNESS = 1 / 8
