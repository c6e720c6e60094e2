"""What a synthetic lane may hold: the objects, and how hard each difficulty makes their finding."""

from dataclasses import dataclass

LANE_LENGTH_M = 20.0
SWATH_M = 0.5
# Between the places of any two objects, and from the lane's ends.
SPACING_M = 1.2
END_M = 1.0
LATERAL_M = 0.15
MAINS_HZ = (49.9, 50.1)


@dataclass(frozen=True)
class Kind:
    """An object that may lie in a lane. `slender`: a rod's length over its radius (0: no rod). `weight`: how often."""

    name: str
    material: str
    shape: str
    radius_m: tuple[float, float]
    slender: tuple[float, float] = (0.0, 0.0)
    weight: float = 1.0


KINDS = (
    Kind("aluminium plate", "aluminium", "plate", (0.015, 0.10)),
    Kind("aluminium case", "aluminium", "sphere", (0.012, 0.045), weight=0.7),
    Kind("copper tube", "copper", "rod", (0.004, 0.02), (5.0, 16.0)),
    Kind("copper ball", "copper", "sphere", (0.01, 0.045), weight=0.5),
    Kind("silver plate", "silver", "plate", (0.012, 0.08), weight=0.5),
    Kind("brass fuse", "brass", "sphere", (0.01, 0.035)),
    Kind("brass cartridge", "brass", "rod", (0.004, 0.016), (4.0, 10.0), weight=0.7),
    Kind("bronze bush", "bronze", "sphere", (0.01, 0.035), weight=0.5),
    Kind("lead weight", "lead", "sphere", (0.01, 0.035), weight=0.3),
    Kind("steel rod", "steel", "rod", (0.003, 0.025), (5.0, 20.0)),
    Kind("steel case", "steel", "plate", (0.012, 0.08)),
    Kind("galvanised pipe", "galvanised", "rod", (0.004, 0.03), (6.0, 12.0)),
    Kind("iron casting", "cast_iron", "sphere", (0.008, 0.06)),
    Kind("rusty fragment", "rusty_iron", "sphere", (0.006, 0.06)),
)


@dataclass(frozen=True)
class Difficulty:
    """Ranges (low, high) from which a lane is drawn; chances are 0..1."""

    speed_m_s: tuple[float, float]
    targets: tuple[int, int]
    hot_rocks: tuple[int, int]
    distance_m: tuple[float, float]
    # Single-frame signal-to-noise at the peak, what soil could do taken out; drawn evenly in its logarithm
    snr: tuple[float, float]
    soil_free_chance: float
    soil_mv: tuple[float, float]
    soil_ratio_error: tuple[float, float]
    soil_variation: tuple[float, float]
    height_mm: tuple[float, float]
    rock_mv: tuple[float, float]
    rock_ratio_error: float
    tone_chance: float
    tone_mv: tuple[float, float]
    bursts_per_s: tuple[float, float]
    burst_mv: tuple[float, float]
    stuck_chance: float
    stuck_s: tuple[float, float]


DIFFICULTIES: dict[str, Difficulty] = {
    "nominal": Difficulty(
        speed_m_s=(0.15, 0.6),
        targets=(0, 5),
        hot_rocks=(0, 4),
        distance_m=(0.05, 0.15),
        snr=(3.5, 180.0),
        soil_free_chance=0.35,
        soil_mv=(10.0, 115.0),
        soil_ratio_error=(0.0, 0.002),
        soil_variation=(0.03, 0.12),
        height_mm=(0.5, 1.5),
        rock_mv=(12.0, 78.0),
        rock_ratio_error=0.03,
        tone_chance=0.7,
        tone_mv=(1.0, 5.0),
        bursts_per_s=(0.0, 0.06),
        burst_mv=(4.0, 15.0),
        stuck_chance=0.06,
        stuck_s=(3.0, 12.0),
    ),
    "hard": Difficulty(
        speed_m_s=(0.15, 0.6),
        targets=(1, 6),
        hot_rocks=(1, 5),
        distance_m=(0.05, 0.20),
        snr=(0.85, 32.0),
        soil_free_chance=0.0,
        soil_mv=(60.0, 120.0),
        soil_ratio_error=(0.01, 0.03),
        soil_variation=(0.03, 0.10),
        height_mm=(0.5, 2.0),
        rock_mv=(15.0, 80.0),
        rock_ratio_error=0.03,
        tone_chance=0.25,
        tone_mv=(1.0, 5.0),
        bursts_per_s=(0.02, 0.08),
        burst_mv=(4.0, 15.0),
        stuck_chance=0.10,
        stuck_s=(3.0, 12.0),
    ),
}
