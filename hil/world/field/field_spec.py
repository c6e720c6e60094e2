"""What a field is: every quantity with its default, bounds, unit and meaning, as in `world_spec` for a lane.

Of rover, supply, front end and what disturbs it a field's file says what a lane's does; what lies in the plane is here.
"""

from dataclasses import dataclass, fields
from typing import Any

from hil.world.world_spec import HotRock, Machine, Target, choice, number, places, text

PRESETS = ("usual", "worst")
MODES = ("none", "single", "float", "fixed")
PROTOCOLS = ("nmea", "ubx", "ubx_hp")
GNSS_FAULTS = (
    "outage", "single", "float", "multipath", "wrong_fix", "ramp", "frozen", "repeated", "garbage", "stopped", "lying"
)  # fmt: skip


@dataclass(frozen=True)
class FieldSpec:
    """[field]: the area, the safe ground before its base line, and the seed of everything random in it."""

    corners_m: tuple[tuple[float, float], ...] = places(
        None, -500.0, 500.0, 3, 100, "the area's edge, in order round it"
    )
    base_length_m: float = number(None, 1.0, 200.0, "m", "of the base line, from (0, 0) to (0, -this)")
    name: str = text("its name in maps and reports")
    seed: int = number(1, 0, 2**31 - 1, "", "the same seed gives the same field, machine and sensors")
    swath_m: float = number(0.9, 0.05, 4.0, "m", "what the head searches across, for the truth of the ground")
    safe_depth_m: float = number(1.6, 0.1, 20.0, "m", "of the safe ground before the base line")
    safe_side_m: float = number(0.5, 0.0, 20.0, "m", "how far it goes beyond either post")


@dataclass(frozen=True)
class StartSpec:
    """[start]: where the middle between the tracks really is at the start."""

    x_m: float = number(-0.6, -20.0, 500.0, "m", "into the area")
    y_m: float = number(-0.4, -500.0, 500.0, "m", "to the left")
    heading_deg: float = number(0.0, -180.0, 180.0, "deg", "from x to the left")


@dataclass(frozen=True)
class PlaneSoil:
    """[soil]: mineralised ground, smooth in the plane."""

    strength_mv: float = number(0.0, 0.0, 1500.0, "mV", "how far the ground pulls gate 0 down")
    ratio_error: float = number(0.0, 0.0, 0.2, "", "rms by which each gate's share differs from 1/t soil")
    variation: float = number(0.08, 0.0, 1.0, "", "rms of the strength over the plane, as a share of it")
    variation_m: float = number(1.2, 0.2, 50.0, "m", "length over which it changes")


@dataclass(frozen=True)
class SoilPatch:
    """[[soil_patch]]: a disc of other soil, as an old fire, a filled ditch or made-up ground."""

    x_m: float = number(None, -20.0, 500.0, "m", "its middle, into the area")
    y_m: float = number(None, -500.0, 500.0, "m", "its middle, to the left")
    radius_m: float = number(1.0, 0.05, 100.0, "m", "of the disc")
    width_m: float = number(0.2, 0.05, 10.0, "m", "over which it changes at its edge")
    times: float = number(1.0, 0.0, 10.0, "", "its strength within, as so many times that around")


@dataclass(frozen=True)
class Relief:
    """[relief]: the ground's height: a slope, swells and bumps."""

    slope_deg: float = number(0.0, 0.0, 20.0, "deg", "of the whole field")
    uphill_deg: float = number(0.0, -180.0, 180.0, "deg", "which way that goes up, from x to the left")
    swell_mm: float = number(0.0, 0.0, 500.0, "mm", "rms of long waves")
    swell_m: float = number(4.0, 0.5, 50.0, "m", "their length")
    bump_mm: float = number(0.0, 0.0, 60.0, "mm", "rms of short ones")
    bump_m: float = number(0.5, 0.2, 5.0, "m", "their length")


@dataclass(frozen=True)
class Mound:
    """[[mound]]: a heap of earth, or a hole."""

    x_m: float = number(None, -20.0, 500.0, "m", "its middle, into the area")
    y_m: float = number(None, -500.0, 500.0, "m", "its middle, to the left")
    radius_m: float = number(0.4, 0.1, 10.0, "m", "at which its height has fallen to 0.14")
    height_mm: float = number(50.0, -300.0, 300.0, "mm", "of its middle; negative: a hole")


@dataclass(frozen=True)
class Loose:
    """[loose]: patches of looser ground, on which a track slips more and is held more."""

    share: float = number(0.0, 0.0, 1.0, "", "of the ground that is loose")
    patch_m: float = number(1.5, 0.3, 20.0, "m", "size of the patches")


@dataclass(frozen=True)
class Skid:
    """[skid]: tracks that slip and skid. `worst` gives what is not said the model's worst values."""

    preset: str = choice("usual", PRESETS, "what the other keys are where they are not said")
    width_low: float = number(1.4, 1.0, 3.0, "", "least effective track width in turns, as so many times the true one")
    width_high: float = number(1.7, 1.0, 3.0, "", "largest; a field has one between, drawn from its seed")
    width_variation: float = number(0.04, 0.0, 0.5, "", "rms by which that changes over the plane")
    width_variation_m: float = number(1.5, 0.3, 20.0, "m", "length over which it changes")
    loose_slip: float = number(0.05, 0.0, 0.5, "", "how much more a track slips on loose ground")
    loose_drag_m_s: float = number(0.02, 0.0, 0.06, "m/s", "how much of a track's speed loose ground eats")
    grade_slip: float = number(
        0.15, 0.0, 1.0, "", "slip uphill, as so many times the slope's sine; downhill it runs ahead"
    )
    side_slip: float = number(
        0.12, 0.0, 1.0, "", "way sideways downhill, per way, as so many times the side slope's sine"
    )
    pivot_m: float = number(0.02, 0.0, 0.3, "m", "how far ahead of the tracks' middle it turns, or behind, at the most")
    scrub_m_s: float = number(0.12, 0.0, 0.5, "m/s", "how much of a track's speed turning on the spot eats")


# The model's worst, each as far as its source has seen it on ground a rover of this kind is used on (docs/world.md).
WORST: dict[str, float] = {
    "width_low": 1.3,
    "width_high": 1.9,
    "width_variation": 0.08,
    "loose_slip": 0.15,
    "loose_drag_m_s": 0.03,
    "grade_slip": 0.3,
    "side_slip": 0.3,
    "pivot_m": 0.04,
    "scrub_m_s": 0.2,
}


@dataclass(frozen=True)
class ImuSpec:
    """[imu]: an LSM6DSOX at the tracks' middle, +-250 dps and +-2 g, 104 Hz, axes ahead, left and up."""

    zero_rate_dps: float = number(1.0, 0.0, 20.0, "dps", "zero-rate level at 25 C: each axis has one within +- this")
    zero_rate_dps_c: float = number(0.01, 0.0, 0.5, "dps/C", "how that changes with temperature, within +- this")
    instability_dps: float = number(0.002, 0.0, 0.5, "dps", "rms of its slow wander, over 20 to 1000 s")
    rate_noise_mdps: float = number(3.8, 0.0, 100.0, "mdps/rtHz", "noise density of the rates")
    scale_error: float = number(0.01, 0.0, 0.1, "", "error of sensitivity of each gyro axis, within +- this")
    g_sensitivity_dps: float = number(0.1, 0.0, 2.0, "dps/g", "what acceleration does to the rates, within +- this")
    zero_g_mg: float = number(20.0, 0.0, 200.0, "mg", "zero-g level of each axis, within +- this")
    noise_ug: float = number(70.0, 0.0, 1000.0, "ug/rtHz", "noise density of the accelerometer")
    vibration_mg: float = number(120.0, 0.0, 1000.0, "mg", "rms of what the tracks shake it, at 0.4 m/s")
    cleat_m: float = number(
        0.05, 0.01, 0.5, "m", "from one cleat of a track to the next: half of the shaking is its tone"
    )


@dataclass(frozen=True)
class GnssSpec:
    """[gnss]: a receiver with corrections from a base, its antenna on the rover, its bytes on the board's UART1."""

    fitted: int = number(1, 0, 1, "", "0: there is none")
    mode: str = choice("fixed", MODES, "what it reaches where nothing is wrong")
    float_after_s: float = number(0.0, 0.0, 3600.0, "s", "after the start: single until then")
    fixed_after_s: float = number(0.0, 0.0, 3600.0, "s", "after the start: float until then")
    rate_hz: float = number(5.0, 1.0, 20.0, "Hz", "how often it tells its place")
    protocol: str = choice("nmea", PROTOCOLS, "GGA, RMC and GST; UBX-NAV-PVT; or that and UBX-NAV-HPPOSLLH")
    baud: int = number(38400, 4800, 921600, "baud", "of its line")
    latency_low_ms: float = number(60.0, 0.0, 1000.0, "ms", "from the moment told to its first byte, at the least")
    latency_high_ms: float = number(150.0, 0.0, 1000.0, "ms", "and at the most")
    lat_deg: float = number(47.3769, -89.0, 89.0, "deg", "latitude of the left post, WGS84")
    lon_deg: float = number(8.5417, -180.0, 180.0, "deg", "its longitude")
    height_m: float = number(455.0, -500.0, 8000.0, "m", "its height above the ellipsoid")
    geoid_m: float = number(47.3, -110.0, 90.0, "m", "height of the geoid there")
    bearing_deg: float = number(0.0, -360.0, 360.0, "deg", "of x, clockwise from true north")
    ahead_m: float = number(-0.1, -2.0, 2.0, "m", "antenna ahead of the tracks' middle")
    left_m: float = number(0.0, -2.0, 2.0, "m", "left of it")
    up_m: float = number(0.45, 0.0, 3.0, "m", "above the ground")
    fixed_mm: float = number(8.5, 0.0, 200.0, "mm", "fixed: one sigma on each of the two axes, changing slowly ...")
    fixed_s: float = number(30.0, 1.0, 1000.0, "s", "... over this time")
    white_mm: float = number(3.0, 0.0, 100.0, "mm", "and from one fix to the next, whatever the mode")
    float_m: float = number(0.3, 0.0, 5.0, "m", "float: one sigma on each axis")
    float_s: float = number(90.0, 1.0, 3600.0, "s", "time over which it wanders")
    single_m: float = number(1.5, 0.0, 20.0, "m", "single: one sigma on each axis")
    single_s: float = number(150.0, 1.0, 3600.0, "s", "time over which it wanders")


@dataclass(frozen=True)
class GnssFault:
    """[[gnss_fault]]: what goes wrong with the receiver for a while."""

    kind: str = choice(None, GNSS_FAULTS, "what happens")
    t0_s: float = number(None, 0.0, 86400.0, "s", "from")
    t1_s: float = number(None, 0.0, 86400.0, "s", "until")
    size_m: float = number(0.5, 0.0, 100.0, "m", "multipath, wrong_fix: how far off")
    rate_m_s: float = number(0.05, 0.0, 5.0, "m/s", "ramp: how fast it goes off")
    toward_deg: float = number(90.0, -180.0, 180.0, "deg", "which way, from x to the left")


@dataclass(frozen=True)
class ObstacleSpec:
    """[[obstacle]]: what the machine stops against: a disc (x_m, y_m, radius_m) or a polygon (corners_m)."""

    name: str = text("its name in maps and reports")
    x_m: float = number(0.0, -20.0, 500.0, "m", "the disc's middle, into the area")
    y_m: float = number(0.0, -500.0, 500.0, "m", "the disc's middle, to the left")
    radius_m: float = number(0.0, 0.0, 50.0, "m", "of the disc; 0: it is a polygon")
    corners_m: tuple[tuple[float, float], ...] = places((), -500.0, 500.0, 3, 100, "the polygon's edge")


@dataclass(frozen=True)
class FieldTarget(Target):
    """[[target]]: a buried object of metal. Of a rod or sheet heading_deg is from x to the left."""

    x_m: float = number(None, -20.0, 500.0, "m", "into the area")
    y_m: float = number(0.0, -500.0, 500.0, "m", "to the left")


@dataclass(frozen=True)
class FieldRock(HotRock):
    """[[hot_rock]]: a stone that answers like strong soil."""

    x_m: float = number(None, -20.0, 500.0, "m", "into the area")
    y_m: float = number(0.0, -500.0, 500.0, "m", "to the left")
    width_m: float = number(0.14, 0.02, 1.0, "m", "half width of its trace")


@dataclass(frozen=True)
class FieldFile(Machine):
    """All a field's file says. Sections that are not in it have their defaults; [field] has to be in a file."""

    field: FieldSpec = FieldSpec(corners_m=((0, 0), (10, 0), (10, -6), (0, -6)), base_length_m=6.0)
    start: StartSpec = StartSpec()
    soil: PlaneSoil = PlaneSoil()
    relief: Relief = Relief()
    loose: Loose = Loose()
    skid: Skid = Skid()
    imu: ImuSpec = ImuSpec()
    gnss: GnssSpec = GnssSpec()
    gnss_faults: tuple[GnssFault, ...] = ()
    targets: tuple[FieldTarget, ...] = ()
    hot_rocks: tuple[FieldRock, ...] = ()
    obstacles: tuple[ObstacleSpec, ...] = ()
    soil_patches: tuple[SoilPatch, ...] = ()
    mounds: tuple[Mound, ...] = ()

    @property
    def seed(self) -> int:
        return self.field.seed


def with_preset(table: dict[str, Any]) -> dict[str, Any]:
    """A [skid] table with what its preset says where it says nothing itself."""
    if table.get("preset") != "worst":
        return table
    return {**WORST, **table}


assert set(WORST) <= {f.name for f in fields(Skid)}
