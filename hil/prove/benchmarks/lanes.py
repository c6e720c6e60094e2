"""The lanes that the benchmarks of a moving rover drive along, on the demo's ground."""

from __future__ import annotations

from dataclasses import replace

from hil.world.world_file import load_world_file
from hil.world.world_spec import WorldFile


def empty_lane(length_m: float) -> WorldFile:
    """Without anything in it."""
    file = load_world_file("demo")
    return replace(file, world=replace(file.world, lane_length_m=length_m), targets=(), hot_rocks=())


def lane_of_finds(length_m: float) -> WorldFile:
    """With the demo's objects and stones again and again, as far as it goes."""
    file = load_world_file("demo")
    once_m = file.world.lane_length_m
    starts_m = [once_m * number for number in range(int(length_m / once_m) + 1)]
    targets = tuple(replace(one, x_m=one.x_m + at_m) for at_m in starts_m for one in file.targets)
    rocks = tuple(replace(one, x_m=one.x_m + at_m) for at_m in starts_m for one in file.hot_rocks)
    return replace(
        file,
        world=replace(file.world, lane_length_m=length_m),
        targets=tuple(one for one in targets if one.x_m < length_m),
        hot_rocks=tuple(one for one in rocks if one.x_m < length_m),
    )
