"""Reading a world file (TOML): the ground, what is buried in it, the rover and the detector's front end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hil.world.toml_tables import WorldError, parse_tables, read_tables
from hil.world.world_spec import (
    PLATE_THICKNESS,
    Burst,
    Drift,
    Fault,
    FrontEnd,
    HotRock,
    Interference,
    Lane,
    Lift,
    Machine,
    RoverSpec,
    Soil,
    SoilChange,
    SupplySpec,
    Swing,
    Target,
    WorldFile,
)

EXAMPLES = Path(__file__).resolve().parent.parent / "worlds"
OBJECTS_PER_M = 8

# TOML name -> (field of WorldFile, dataclass, whether a list of tables)
SECTIONS: dict[str, tuple[str, type, bool]] = {
    "world": ("world", Lane, False),
    "rover": ("rover", RoverSpec, False),
    "supply": ("supply", SupplySpec, False),
    "front_end": ("front_end", FrontEnd, False),
    "soil": ("soil", Soil, False),
    "soil_change": ("soil_changes", SoilChange, True),
    "lift": ("lifts", Lift, True),
    "swing": ("swing", Swing, False),
    "interference": ("interference", Interference, False),
    "drift": ("drift", Drift, False),
    "target": ("targets", Target, True),
    "hot_rock": ("hot_rocks", HotRock, True),
    "burst": ("bursts", Burst, True),
    "fault": ("faults", Fault, True),
}


def load_world_file(path: str | Path) -> WorldFile:
    """Read and check a world file. A bare name such as `demo` means an example of `hil/worlds/`.

    Raises WorldError when it cannot be read, is no TOML, or says something impossible.
    """
    path = Path(path)
    if not path.suffix and not path.exists():
        path = EXAMPLES / f"{path.name}.toml"
    return parse_world(read_tables(path, "world file", sorted(p.stem for p in EXAMPLES.glob("*.toml"))), str(path))


def parse_world(data: dict[str, Any], path: str = "(world)") -> WorldFile:
    """The world that a TOML document's tables describe; WorldError names the key that is wrong."""
    world = WorldFile(**parse_tables(data, SECTIONS, path))
    _check_together(world)
    return world


def _check_together(world: WorldFile) -> None:
    """What the bounds of single keys cannot tell: places inside the lane, objects below ground, gates after one
    another, times in order.
    """
    path, lane = world.path, world.world
    objects: tuple[tuple[str, tuple[Target | HotRock, ...]], ...] = (
        ("target", world.targets),
        ("hot_rock", world.hot_rocks),
    )
    for name, items in objects:
        for i, item in enumerate(items, 1):
            if item.x_m > lane.lane_length_m:
                raise WorldError(
                    f"{path}: [[{name}]] {i}: x_m = {item.x_m:g} is beyond the lane's end at {lane.lane_length_m:g} m;"
                    " move it, or raise lane_length_m in [world]"
                )
    check_buried(path, world.targets, world.front_end)
    most = int(OBJECTS_PER_M * lane.lane_length_m)
    if len(world.targets) + len(world.hot_rocks) > most:
        raise WorldError(
            f"{path}: {len(world.targets)} targets and {len(world.hot_rocks)} hot rocks in"
            f" {lane.lane_length_m:g} m are more than {OBJECTS_PER_M} a metre; take some out, or raise lane_length_m"
        )
    check_machine(world)
    check_spans(path, "lift", "x", "m", [(each.x0_m, each.x1_m) for each in world.lifts])


def check_buried(path: str, targets: Sequence[Target], end: FrontEnd) -> None:
    """WorldError for an object that reaches out of the ground into the coil, or a rod thicker than long."""
    for i, target in enumerate(targets, 1):
        flat = target.shape in ("plate", "sheet")
        half = target.radius_m * PLATE_THICKNESS if flat else target.radius_m
        if target.shape == "rod" and target.length_m < 2 * target.radius_m:
            raise WorldError(
                f"{path}: [[target]] {i}: length_m = {target.length_m:g} is less than twice radius_m ="
                f' {target.radius_m:g}; a rod is longer than thick: raise length_m or use shape = "plate"'
            )
        if target.depth_m + end.coil_height_m < half:
            raise WorldError(
                f"{path}: [[target]] {i}: depth_m = {target.depth_m:g} puts an object of radius {half:g} m through the"
                f" coil at height {end.coil_height_m:g} m; raise depth_m or lower radius_m"
            )


def check_machine(file: Machine) -> None:
    """WorldError for gates that do not fit into a pulse's period, and for times that are not in order."""
    path, end = file.path, file.front_end
    for i, (pulse, delay) in enumerate(zip(end.pulse_us, end.delay_us, strict=True)):
        if (pulse + delay) * end.pulse_rate_hz > 1e6:
            raise WorldError(
                f"{path}: [front_end]: pulse_us + delay_us of gate {i} = {pulse + delay:g} us is longer than"
                f" the pulse period of {1e6 / end.pulse_rate_hz:g} us; lower them, or pulse_rate_hz"
            )
    check_spans(path, "fault", "t", "s", [(each.t0_s, each.t1_s) for each in file.faults])
    check_spans(path, "burst", "t", "s", [(each.t0_s, each.t1_s) for each in file.bursts])


def check_spans(path: str, name: str, what: str, unit: str, spans: Sequence[tuple[float, float]]) -> None:
    """WorldError for one of a section's spans that ends before it begins."""
    for i, (start, end) in enumerate(spans, 1):
        if end <= start:
            raise WorldError(
                f"{path}: [[{name}]] {i}: {what}1_{unit} = {end:g} is not after {what}0_{unit} = {start:g};"
                f" raise {what}1_{unit}"
            )
