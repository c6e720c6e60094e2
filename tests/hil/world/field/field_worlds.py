"""A field for tests, and a world driven by a script in slices of any length."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hil.world.field.field_file import parse_field
from hil.world.field.field_world import FieldWorld
from hil.world.rover import Drive

MS = 1_000_000
S = 1_000_000_000

FIELD: dict[str, Any] = {"corners_m": [[0, 0], [8, 0], [8, -5], [0, -5]], "base_length_m": 5.0}
BUSY: dict[str, Any] = {
    "field": FIELD,
    "front_end": {"coils": 9},
    "soil": {"strength_mv": 60.0, "ratio_error": 0.01},
    "relief": {"slope_deg": 2.0, "swell_mm": 20.0, "bump_mm": 4.0},
    "loose": {"share": 0.3},
    "skid": {"preset": "worst"},
    "interference": {"mains_mv": 3.0, "burst_mv": 20.0, "burst_per_s": 1.0},
    "target": [
        {"material": "steel", "x_m": 0.6, "y_m": -0.4, "depth_m": 0.06, "shape": "plate", "radius_m": 0.06},
        {
            "material": "rusty_iron", "x_m": 1.2, "y_m": -0.7, "depth_m": 0.08, "shape": "rod", "radius_m": 0.03,
            "length_m": 0.25, "heading_deg": 30.0,
        },
    ],
    "hot_rock": [{"x_m": 1.0, "y_m": -0.2, "strength_mv": 40.0}],
}  # fmt: skip
# Nothing is random in it but what a test puts there.
EVEN: dict[str, Any] = {
    "field": FIELD,
    "rover": {"slip": 0.0, "mismatch": 0.0},
    "skid": {
        "width_low": 1.5, "width_high": 1.5, "width_variation": 0.0, "grade_slip": 0.0, "side_slip": 0.0,
        "pivot_m": 0.0, "scrub_m_s": 0.0,
    },
    "front_end": {"noise_mv": [0.0, 0.0, 0.0], "wander_mv": [0.0, 0.0, 0.0]},
    "drift": {"thermal_mv": [0.0, 0.0, 0.0]},
    "supply": {"sag_mv_per_a": 0.0},
}  # fmt: skip


@dataclass
class Played:
    """A world and all that it gave."""

    world: FieldWorld
    t_ns: int = 0
    gates: list[np.ndarray] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    gnss: list[tuple[int, bytes]] = field(default_factory=list)
    edges: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: {})
    searching: bool = True

    def go(self, seconds: float, left: float, right: float | None = None, slice_ns: int = 20 * MS) -> Played:
        """Duties (-1..1) for so long."""
        right = left if right is None else right
        start, end = self.t_ns, self.t_ns + round(seconds * S)
        drive = Drive(
            [(start, abs(left))], [(start, abs(right))], [(start, float(left >= 0))], [(start, float(right >= 0))],
            [(start, 1.0)],
        )  # fmt: skip
        while self.t_ns < end:
            self.slice(min(self.t_ns + slice_ns, end), drive)
            drive = Drive()
        return self

    def slice(self, t1_ns: int, drive: Drive) -> None:
        """One slice."""
        world, t0_ns = self.world, self.t_ns
        moved = world.skid.step(t0_ns, t1_ns, drive)
        for name, edges in moved.edges.items():
            self.edges.setdefault(name, []).extend(zip(edges.times_ns, edges.levels, strict=True))
        pulses = world.pulse_times_ns(t0_ns, t1_ns)
        if len(pulses):
            self.gates.append(world.gates_mv(pulses, moved))
        world.truth.take(moved.poses, self.searching)
        self.rows.append(world.imu_rows(world.imu_times_ns(t0_ns, t1_ns)))
        self.gnss += world.gnss_bytes(t0_ns, t1_ns)
        self.t_ns = t1_ns

    @property
    def all_gates(self) -> np.ndarray:
        """(m, 3)."""
        return np.concatenate(self.gates)

    @property
    def all_rows(self) -> np.ndarray:
        """(m, 7)."""
        return np.concatenate(self.rows)


def played(data: dict[str, Any]) -> Played:
    """A fresh one."""
    return Played(FieldWorld(parse_field(data)))


def with_parts(data: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """The data, with tables of it added to."""
    out = dict(data)
    for name, part in parts.items():
        out[name] = {**out.get(name, {}), **part} if isinstance(part, dict) else part
    return out
