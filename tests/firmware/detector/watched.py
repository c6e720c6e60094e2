"""Integers that refuse to grow beyond 30 bits, and arrays that hand them out.

On the board plain integers beyond 30 bits are allocated, and viper's wrap at 32. CPython's do neither, so the
firmware's modules are run over these: every sum, product and shift of what was ever in an array is checked,
intermediates too.
"""

from collections.abc import Callable
from typing import Any

LIMIT = 1 << 30
MODULES = (
    "detector",
    "ground",
    "footprint",
    "balance",
    "noise",
    "statistic",
    "body",
    "contact",
    "pinpoint",
    "health",
    "rail",
    "roughness",
    "second_chance",
)


class GrownError(AssertionError):
    """An integer left the 30 bits."""


def _checked(name: str) -> Callable[..., Any]:
    plain = getattr(int, name)

    def operate(self: int, *others: int) -> Any:
        value = plain(self, *others)
        if value is NotImplemented:
            return value
        if not -LIMIT <= value < LIMIT:
            raise GrownError(f"{int(self)} {name} {others} = {value}")
        return Watched(value)

    return operate


class Watched(int):
    """An int whose arithmetic stays within 30 bits or raises GrownError."""


for _name in ["add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or"]:
    for _way in ("__%s__", "__r%s__"):
        setattr(Watched, _way % _name, _checked(_way % _name))
for _name in ("__neg__", "__abs__", "__pos__"):
    setattr(Watched, _name, _checked(_name))


# What an array of each code holds: bytes each, least, most.
HOLDS = {"i": (4, -LIMIT, LIMIT - 1), "H": (2, 0, 65535)}


class WatchedArray(list):  # type: ignore[type-arg]
    """In place of array('i') and array('H'): holds and gives Watched, and refuses what those cannot hold."""

    def __init__(self, code: str, start: Any) -> None:
        size, self.least, self.most = HOLDS[code]
        given = [0] * (len(start) // size) if isinstance(start, bytes) else start
        super().__init__(Watched(value) for value in given)

    def __setitem__(self, index: Any, value: Any) -> None:
        if not self.least <= value <= self.most:
            raise GrownError(f"[{index}] = {value}")
        super().__setitem__(index, Watched(value))


def watch(monkeypatch: Any) -> None:
    """Make the detector's modules use these arrays, and the kernels too."""
    import importlib

    kernels = importlib.import_module("sapper.detector.footprint_kernels")
    for name in ("FULL", "EARLY"):
        monkeypatch.setattr(kernels, name, WatchedArray("i", list(getattr(kernels, name))))
    for name in MODULES:
        module = importlib.import_module(f"sapper.detector.{name}")
        if hasattr(module, "array"):
            monkeypatch.setattr(module, "array", WatchedArray)
