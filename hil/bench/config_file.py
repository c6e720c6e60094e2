"""A bench's file: one TOML, read with every key checked, written whole with what each key means beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, TypeVar

from hil.bench.config import (
    ACTS,
    EXPANDER_PINS,
    FORMAT,
    GATES,
    OPTIONAL_PORTS,
    PORTS,
    SWITCHES,
    BenchPort,
    BusSpec,
    Config,
    GateFit,
    Quantity,
    SupplySpec,
    SwitchSpec,
    Words,
)
from hil.errors import HilError
from sapper_host.files import folders, whole_file
from sapper_host.outside import bounded
from sapper_host.outside.text import shown

NAME = "bench.toml"
INIT = "`sapper bench init` writes it anew"
_MOST_BYTES = 64 * 1024
_TOP = ("name", "line_delay_ns", "lead_ms")
_TABLES = ("ports", "bus", "switches", "supply", "gates")
T = TypeVar("T")


class ConfigError(HilError):
    """A bench's file that cannot be used; the text names the file, the key and what to do."""


def default_path() -> Path:
    """Where a bench's file is, unless somebody says otherwise."""
    return folders.config() / NAME


def read(path: Path | None = None) -> Config:
    """The bench that a file describes (without a path: this user's)."""
    path = path or default_path()
    try:
        table = tomllib.loads(bounded.read(path, _MOST_BYTES).decode("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no bench at {path}; `sapper bench init` writes its file by asking") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); look at its permissions") from None
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, too long
        raise ConfigError(f"{path} is no TOML: {shown(str(error), 200)}; correct it, or {INIT}") from None
    return parse(table, str(path))


def parse(table: Mapping[str, Any], path: str = "(bench)") -> Config:
    """The bench of a TOML's tables; ConfigError names the key that is wrong."""
    if table.get("format") != FORMAT:
        raise ConfigError(f"{path}: format = {_shown(table.get('format'))}, this Sapper reads {FORMAT}; {INIT}")
    _known(table, ("format", *_TOP, *_TABLES), path, "")
    plain = {key: table[key] for key in _TOP if key in table}
    parts = {name: _table(table.get(name, {}), path, name) for name in _TABLES}
    for name, names in (("ports", PORTS), ("switches", SWITCHES), ("gates", GATES)):
        _known(parts[name], tuple(names), path, name)
    top = {f.name: _value(f, plain[f.name], path, "") for f in fields(Config) if f.name in plain}
    config = Config(
        **top,
        ports={name: _section(BenchPort, parts["ports"].get(name, {}), path, f"ports.{name}") for name in PORTS},
        bus=_section(BusSpec, parts["bus"], path, "bus"),
        switches={name: _switch(parts["switches"].get(name), path, name) for name in SWITCHES},
        supply=_section(SupplySpec, parts["supply"], path, "supply"),
        gates={name: _section(GateFit, parts["gates"].get(name, {}), path, f"gates.{name}") for name in GATES},
        path=path,
    )
    _check_together(config)
    return config


def write(config: Config, path: Path) -> None:
    """Put it there, whole, in place of what was there."""
    whole_file.write(path, text(config))


def text(config: Config) -> str:
    """The file's text."""
    return "\n".join(_lines(config)) + "\n"


def _lines(config: Config) -> Iterator[str]:
    yield "# A bench of Sapper's, written by `sapper bench init`. Values may be changed here; own remarks are lost when"
    yield "# `sapper bench check` writes its calibration."
    yield f"format = {FORMAT}"
    yield from (_line(f, getattr(config, f.name)) for f in fields(Config) if f.name in _TOP)
    for name, port in config.ports.items():
        yield from ("", f"[ports.{name}]  # {PORTS[name]}")
        yield from (_line(f, getattr(port, f.name)) for f in fields(port) if getattr(port, f.name))
    for name, part in (("bus", config.bus), ("supply", config.supply)):
        yield from ("", f"[{name}]")
        yield from (_line(f, getattr(part, f.name)) for f in fields(part))
    yield from (
        "",
        f"# pin: 0..{EXPANDER_PINS - 1} of the MCP23017, or a pin of the host's board; acts: {', '.join(ACTS)}",
    )
    yield "[switches]"
    for name, switch in config.switches.items():
        yield f"{name} = {{ pin = {_toml(switch.pin)}, acts = {_toml(switch.acts)} }}"
    yield from ("", "# What arrives at a gate's pin, in mV: offset_mv + gain * what was asked for.", "[gates]")
    for name, fit in config.gates.items():
        yield f"{name} = {{ offset_mv = {_toml(fit.offset_mv)}, gain = {_toml(fit.gain)} }}"


def _line(f: Field[Any], value: Any) -> str:
    rule = f.metadata["rule"]
    unit = f"{rule.unit}: " if isinstance(rule, Quantity) and rule.unit else ""
    # An address is read on a data sheet, and there it is hexadecimal.
    shown_as = f"{value:#04x}" if "address" in rule.meaning else _toml(value)
    return f"{f.name} = {shown_as}  # {unit}{rule.meaning}"


def _toml(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = "".join(_ESCAPES.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in value)
        return f'"{escaped}"'
    return repr(value)


_ESCAPES = {'"': '\\"', "\\": "\\\\"}


def _table(value: Any, path: str, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {where} is no table; write [{where}], and its keys on lines below")
    return value


def _known(table: Mapping[str, Any], names: tuple[str, ...], path: str, where: str) -> None:
    for key in table:
        if key not in names:
            place = f"[{where}]: " if where else ""
            raise ConfigError(f"{path}: {place}'{shown(key, 60)}' is not known; there are {', '.join(names)}")


def _section(kind: type[T], value: Any, path: str, where: str) -> T:
    table = _table(value, path, where)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    _known(table, tuple(known), path, where)
    return kind(**{key: _value(known[key], each, path, where) for key, each in table.items()})


def _value(f: Field[Any], value: Any, path: str, where: str) -> Any:
    rule: Quantity | Words = f.metadata["rule"]
    place = f"{path}: [{where}] {f.name}" if where else f"{path}: {f.name}"
    if isinstance(rule, Words):
        kind = bool if f.type == "bool" else str
        if not isinstance(value, kind) or (rule.names and value not in rule.names):
            takes = "true or false" if kind is bool else " or ".join(map(repr, rule.names)) or "text in quotes"
            raise ConfigError(f"{place} = {_shown(value)} is not understood; it takes {takes}: {rule.meaning}")
        return value
    whole = f.type == "int"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise ConfigError(f"{place} = {_shown(value)} is no {'whole ' * whole}number; {_bounds(rule)}")
    if not rule.low <= value <= rule.high:  # which no NaN is
        raise ConfigError(f"{place} = {_shown(value)} is out of bounds; {_bounds(rule)}")
    return value if whole else float(value)


def _bounds(rule: Quantity) -> str:
    bounds = f"{rule.low:#04x}..{rule.high:#04x}" if "address" in rule.meaning else f"{rule.low:g}..{rule.high:g}"
    return f"it takes {bounds} {rule.unit}".rstrip() + f": {rule.meaning}"


def _switch(value: Any, path: str, name: str) -> SwitchSpec:
    if value is None:
        return SWITCHES[name]
    table = _table(value, path, f"switches.{name}")
    _known(table, ("pin", "acts"), path, f"switches.{name}")
    pin, acts = table.get("pin", SWITCHES[name].pin), table.get("acts", SWITCHES[name].acts)
    of_host = isinstance(pin, str) and pin.isidentifier()
    of_expander = isinstance(pin, int) and not isinstance(pin, bool) and 0 <= pin < EXPANDER_PINS
    if not of_host and not of_expander:
        raise ConfigError(
            f"{path}: [switches] {name}: pin = {_shown(pin)} is no pin; it takes 0..{EXPANDER_PINS - 1} of the "
            'MCP23017, or a name of the host\'s board in quotes, as "D17"'
        )
    if acts not in ACTS:
        raise ConfigError(f"{path}: [switches] {name}: acts = {_shown(acts)}; it takes {', '.join(map(repr, ACTS))}")
    return SwitchSpec(pin, acts)


def _check_together(config: Config) -> None:
    """What the bounds of single keys cannot tell."""
    pins: dict[int | str, str] = {}
    for name, switch in config.switches.items():
        if switch.pin in pins:
            raise ConfigError(
                f"{config.path}: [switches] {name} and {pins[switch.pin]} are both on pin {switch.pin!r}; "
                "give each its own"
            )
        pins[switch.pin] = name
    supply = config.supply
    if not supply.least_mv <= supply.rest_mv <= supply.most_mv:
        raise ConfigError(f"{config.path}: [supply] rest_mv is not between least_mv and most_mv; put it there")
    taken: dict[tuple[tuple[str, str], ...], str] = {}
    for name, port in config.ports.items():
        key = tuple(port.given.items())
        if not key:
            continue
        if key in taken:
            raise ConfigError(f"{config.path}: [ports] {name} and {taken[key]} are the same port; {INIT}")
        taken[key] = name


def missing_ports(config: Config) -> list[str]:
    """The ports that a bench has to have, and that the file does not tell of."""
    return [name for name, port in config.ports.items() if not port.given and name not in OPTIONAL_PORTS]


def _shown(value: Any) -> str:
    """A value as an error may show it; some are numbers of thousands of digits, which have no text."""
    try:
        return shown(repr(value), 60)
    except ValueError:
        return "a number of thousands of digits"


def tables(config: Config) -> dict[str, Any]:
    """The file as TOML's tables, as a reader has them."""
    return tomllib.loads(text(config))
