"""The lane that the benchmarks of a moving rover drive along."""

from __future__ import annotations

from dataclasses import replace

from hil.world.world_file import load_world_file
from hil.world.world_spec import WorldFile


def empty_lane(length_m: float) -> WorldFile:
    """The demo's ground without anything in it."""
    file = load_world_file("demo")
    return replace(file, world=replace(file.world, lane_length_m=length_m), targets=(), hot_rocks=())
