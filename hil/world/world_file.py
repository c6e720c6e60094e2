"""Reading a world file (TOML): the ground, what is buried in it, the rover and the detector's front end.

The loader refuses what is unknown, of the wrong type or out of bounds, and says file, section, key, value, bounds
and remedy.
"""

import tomllib
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from hil.errors import HilError
from hil.world.world_spec import (
    PLATE_THICKNESS,
    Burst,
    Choice,
    Drift,
    Fault,
    FrontEnd,
    HotRock,
    Interference,
    Lane,
    Lift,
    Quantity,
    RoverSpec,
    Soil,
    SoilChange,
    SupplySpec,
    Swing,
    Target,
    WorldFile,
)
from sapper_host.outside import bounded
from sapper_host.outside.text import shown

EXAMPLES = Path(__file__).resolve().parent.parent / "worlds"
OBJECTS_PER_M = 8
_FILE_BYTES_MAX = 1024 * 1024


class WorldError(HilError):
    """A world file that cannot be; the text names file, section, key, value, bounds and what to do."""


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
    try:
        text = bounded.read(path, _FILE_BYTES_MAX).decode("utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in EXAMPLES.glob("*.toml")))
        raise WorldError(f"{path}: there is no such world file; the examples are: {known}") from None
    except (OSError, ValueError) as error:
        raise WorldError(f"{path}: cannot be read as text ({error}); give a TOML file") from None
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of numbers of thousands of digits
        raise WorldError(f"{path}: not TOML: {shown(str(error), 200)}; docs/world.md shows the format") from None
    return parse_world(data, str(path))


def parse_world(data: dict[str, Any], path: str = "(world)") -> WorldFile:
    """The world that a TOML document's tables describe; WorldError names the key that is wrong."""
    values: dict[str, Any] = {"path": path}
    for name, table in data.items():
        if name not in SECTIONS:
            raise WorldError(f"{path}: unknown section [{name[:60]}]; there are: {', '.join(SECTIONS)}")
        attribute, kind, many = SECTIONS[name]
        if many:
            if not isinstance(table, list):
                raise WorldError(f"{path}: [{name}] must be a list of tables; write [[{name}]]")
            values[attribute] = tuple(_section(kind, row, f"{path}: [[{name}]] {i}") for i, row in enumerate(table, 1))
        else:
            if not isinstance(table, dict):
                raise WorldError(f"{path}: {name} must be a table; write [{name}] on a line of its own")
            values[attribute] = _section(kind, table, f"{path}: [{name}]")
    world = WorldFile(**values)
    _check_together(world)
    return world


T = TypeVar("T")


def _section(kind: type[T], table: Any, where: str) -> T:
    """One table as its dataclass; `where` names file and section in errors."""
    assert is_dataclass(kind)
    if not isinstance(table, dict):
        raise WorldError(f"{where}: must be a table of `key = value` lines")
    known = {f.name: f for f in fields(kind)}
    for key in table:
        if key not in known:
            raise WorldError(f"{where}: unknown key '{key[:60]}'; there are: {', '.join(known)}")
    for f in known.values():
        if f.default is MISSING and f.name not in table:
            raise WorldError(f"{where}: '{f.name}' is missing; add `{f.name} = ...` ({_expects(f)})")
    return kind(**{key: _value(known[key], value, where) for key, value in table.items()})


def _expects(f: Field[Any]) -> str:
    rule = f.metadata["rule"]
    if rule is None:
        return "text"
    if isinstance(rule, Choice):
        return f"one of {', '.join(rule.names)}: {rule.meaning}"
    many = f"{rule.count} numbers, each " if rule.count else ""
    return f"{many}{rule.low:g}..{rule.high:g} {rule.unit}".rstrip() + f": {rule.meaning}"


def _value(f: Field[Any], value: Any, where: str) -> Any:
    rule = f.metadata["rule"]
    if rule is None or isinstance(rule, Choice):
        if not isinstance(value, str) or (rule is not None and value not in rule.names):
            raise WorldError(f"{where}: {f.name} = {_shown(value)} is not understood; it takes {_expects(f)}")
        return value
    if rule.count:
        if not isinstance(value, list) or len(value) != rule.count:
            raise WorldError(f"{where}: {f.name} = {_shown(value)} is not understood; it takes {_expects(f)}")
        return tuple(_in_bounds(f, rule, v, where, float) for v in value)
    return _in_bounds(f, rule, value, where, int if f.type in (int, "int") else float)


def _in_bounds(f: Field[Any], rule: Quantity, value: Any, where: str, kind: type) -> Any:
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise WorldError(
            f"{where}: {f.name} = {_shown(value)} is not a {'whole ' * whole}number; it takes {_expects(f)}"
        )
    if not rule.low <= value <= rule.high:  # which no NaN is
        raise WorldError(
            f"{where}: {f.name} = {_shown(value)} is outside {rule.low:g}..{rule.high:g} {rule.unit}".rstrip()
            + f"; put it between them ({rule.meaning})"
        )
    return kind(value)


def _shown(value: Any) -> str:
    """A value as an error may show it; some are numbers of thousands of digits, which have no text."""
    try:
        return shown(repr(value), 60)
    except ValueError:
        return "a number of thousands of digits"


def _check_together(world: WorldFile) -> None:
    """What the bounds of single keys cannot tell: places inside the lane, objects below ground, gates after one
    another.
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
    for i, target in enumerate(world.targets, 1):
        flat = target.shape in ("plate", "sheet")
        half = target.radius_m * PLATE_THICKNESS if flat else target.radius_m
        if target.shape == "rod" and target.length_m < 2 * target.radius_m:
            raise WorldError(
                f"{path}: [[target]] {i}: length_m = {target.length_m:g} is less than twice radius_m ="
                f' {target.radius_m:g}; a rod is longer than thick: raise length_m or use shape = "plate"'
            )
        if target.depth_m + world.front_end.coil_height_m < half:
            raise WorldError(
                f"{path}: [[target]] {i}: depth_m = {target.depth_m:g} puts an object of radius {half:g} m through the"
                f" coil at height {world.front_end.coil_height_m:g} m; raise depth_m or lower radius_m"
            )
    most = int(OBJECTS_PER_M * lane.lane_length_m)
    if len(world.targets) + len(world.hot_rocks) > most:
        raise WorldError(
            f"{path}: {len(world.targets)} targets and {len(world.hot_rocks)} hot rocks in"
            f" {lane.lane_length_m:g} m are more than {OBJECTS_PER_M} a metre; take some out, or raise lane_length_m"
        )
    end = world.front_end
    for i, (pulse, delay) in enumerate(zip(end.pulse_us, end.delay_us, strict=True)):
        if (pulse + delay) * end.pulse_rate_hz > 1e6:
            raise WorldError(
                f"{path}: [front_end]: pulse_us + delay_us of gate {i} = {pulse + delay:g} us is longer than"
                f" the pulse period of {1e6 / end.pulse_rate_hz:g} us; lower them, or pulse_rate_hz"
            )
    spans = {
        "fault": [("t", each.t0_s, each.t1_s) for each in world.faults],
        "burst": [("t", each.t0_s, each.t1_s) for each in world.bursts],
        "lift": [("x", each.x0_m, each.x1_m) for each in world.lifts],
    }
    for name, all_of_it in spans.items():
        for i, (what, start, end_of_it) in enumerate(all_of_it, 1):
            unit = {"t": "s", "x": "m"}[what]
            if end_of_it <= start:
                raise WorldError(
                    f"{path}: [[{name}]] {i}: {what}1_{unit} = {end_of_it:g} is not after {what}0_{unit} = {start:g};"
                    f" raise {what}1_{unit}"
                )


def reference_markdown() -> str:
    """Every section and key as Markdown tables, for docs/world.md."""
    out: list[str] = []
    for name, (_, kind, many) in SECTIONS.items():
        heading = f"[[{name}]]" if many else f"[{name}]"
        meaning = (kind.__doc__ or "").split(": ", 1)[1].strip()
        out += [f"### `{heading}`: {meaning}", "", "| key | default | takes | meaning |", "|---|---|---|---|"]
        for f in fields(kind):
            default = "(required)" if f.default is MISSING else _toml(f.default)
            takes, _, about = _expects(f).partition(": ")
            out.append(f"| `{f.name}` | {default} | {takes} | {about or 'its name in maps and reports'} |")
        out.append("")
    return "\n".join(out)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "`[" + ", ".join(f"{v:g}" for v in value) + "]`"
    return f"`{value!r}`" if isinstance(value, str) else f"`{value:g}`"
