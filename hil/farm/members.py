"""What may be asked of a rig from afar: exactly the members of the capabilities, read from their declarations.

So that capabilities.py stays the one list: a capability added there goes over the wire as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from hil.errors import HilError
from hil.rigs import ports
from hil.rigs.capabilities import CAPABILITIES, Capability
from hil.rigs.rig import Board


@dataclass(frozen=True)
class Member:
    """kind: 'value' a property, 'call' a method, 'port' a property that is a port, 'ports' one that is several, 'made'
    a method that gives a port by number. result: what comes back (None: nothing), for a port its class."""

    name: str
    kind: str
    result: Any


# Of ports: what has come since the last call, so that two answers may be one, put together.
DRAINS = frozenset({"read", "edges", "changes"})


def is_port(hint: Any) -> bool:
    """Whether it is one of the classes of ports.py that have members to call."""
    return isinstance(hint, type) and hint.__module__ == ports.__name__ and not dataclasses.is_dataclass(hint)


@cache
def members(protocol: type) -> dict[str, Member]:
    """By name, of a capability or a port."""
    found: dict[str, Member] = {}
    for name, declared in vars(protocol).items():
        if name.startswith("_"):
            continue
        if isinstance(declared, property):
            result = get_type_hints(declared.fget)["return"]
            if is_port(result):
                found[name] = Member(name, "port", result)
            elif get_origin(result) is Sequence and is_port(get_args(result)[0]):
                found[name] = Member(name, "ports", get_args(result)[0])
            else:
                found[name] = Member(name, "value", result)
        elif callable(declared):
            result = get_type_hints(declared).get("return")
            found[name] = Member(name, "made" if is_port(result) else "call", _nothing(result))
    return found


def _nothing(result: Any) -> Any:
    """`None` and what is declared as anything: nobody is to use it."""
    return None if result in (type(None), Any) else result


@cache
def of_rig(offers: frozenset[Capability]) -> dict[str, Member]:
    """Of a whole rig that offers these."""
    found = dict(members(Board))
    for each in offers:
        found |= members(each)
    del found["name"], found["close"]
    return found


def by_names(names: Iterable[str]) -> frozenset[Capability]:
    """Capabilities by their names; those that this side does not know are left out."""
    wanted = set(names)
    return frozenset(each for each in CAPABILITIES if each.__name__ in wanted)


def restored(value: Any, hint: Any) -> Any:
    """A result as its hint has it: JSON knows neither tuples nor classes."""
    if value is None or hint is None:
        return value
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint(**value)
    if get_origin(hint) is list and get_origin(get_args(hint)[0]) is tuple:
        return [tuple(each) for each in value]
    return value


def plain(value: Any) -> Any:
    """A result as it can be sent."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return value


class NotOfferedError(HilError):
    """A call from afar to what is no member of a capability that the rig offers."""


Path = list[Any]  # names, and numbers of ports: ["uart", 1, "read"]


def reach(rig: Any, offers: frozenset[Capability], path: Path) -> tuple[Any, Member]:
    """The object whose member the last name of a path is, and that member. NotOfferedError."""
    allowed, at, steps = of_rig(offers), rig, list(path)
    while steps:
        name = steps.pop(0)
        member = allowed.get(name) if isinstance(name, str) else None
        if member is None:
            break
        if member.kind in ("value", "call"):
            if steps:
                break
            return at, member
        if member.kind == "port":
            at = getattr(at, name)
        elif steps and isinstance(steps[0], int):
            number = steps.pop(0)
            at = getattr(at, name)[number] if member.kind == "ports" else getattr(at, name)(number)
        elif not steps and member.kind == "ports":
            return at, member
        else:
            break
        if not steps:  # a port by itself: that it is there was the question
            return at, Member(str(name), "there", None)
        allowed = members(member.result)
    raise NotOfferedError(f"{'.'.join(map(str, path))} is not offered by this rig; see hil/rigs/capabilities.py")
