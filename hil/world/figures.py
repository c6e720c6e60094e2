"""Figures and key tables of docs/world.md: `python -m hil.world.figures` writes them, `--check` only compares the
tables.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from hil.world.coil import coupling, polarisability_m3
from hil.world.field.field_file import FIELD_SECTIONS
from hil.world.field.field_spec import WORST, Skid
from hil.world.field.field_world import FieldWorld
from hil.world.field.ground_truth import CELL_M
from hil.world.field.made_up import made_up_field
from hil.world.field.obstacles import shape_of
from hil.world.front_end import metal_response_mv, soil_shares
from hil.world.materials import MATERIALS
from hil.world.rover import Drive, Rover
from hil.world.toml_tables import reference_markdown
from hil.world.world import load_world
from hil.world.world_file import SECTIONS, load_world_file
from hil.world.world_spec import FrontEnd, Target
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import with_parts

PAGE = DOCS / "world.md"
# Where labels would lie on one another, points from the dot.
LABELS = {
    "silver": (5, -8),
    "aluminium": (5, 6),
    "copper": (-32, -8),
    "cast_iron": (-40, 6),
    "rusty_iron": (-30, -12),
    "galvanised": (-15, 9),
    "steel": (-8, -12),
}
# Of the field that is shown.
_FIELD = 12
_GROUND = ("0.85", "#a6dba0", "#d7301f")
COLOURS = ("tab:blue", "tab:orange", "tab:green")


def page_with_tables(page: str) -> str:
    """docs/world.md with its tables as the world's rules have them."""
    return with_parts(
        page,
        {
            "keys": lambda: reference_markdown(SECTIONS),
            "field keys": lambda: reference_markdown(FIELD_SECTIONS),
            "worst": worst_markdown,
        },
    )


def worst_markdown() -> str:
    """What `preset = "worst"` says of the tracks, beside the usual."""
    rows = ["| key | usual | worst | meaning |", "|---|---|---|---|"]
    for f in fields(Skid):
        if f.name in WORST:
            rows.append(f"| `{f.name}` | {f.default:g} | {WORST[f.name]:g} | {f.metadata['rule'].meaning} |")
    return "\n".join(rows)


def signatures(axes: Any) -> None:
    """How metals, by size, and soil divide over the gates: share of gate 1 and 2 against gate 0."""
    end = FrontEnd()
    for name, material in MATERIALS.items():
        path = []
        for radius in np.geomspace(0.008, 0.05, 12):
            gates = metal_response_mv(end, material, radius)
            path.append(gates / np.linalg.norm(gates))
        shares = np.array(path)
        axes.plot(shares[:, 0], shares[:, 2], "-", lw=1, color="tab:red" if material.ferrous else "tab:blue")
        axes.plot(*shares[-1, [0, 2]], "o", ms=3, color="tab:red" if material.ferrous else "tab:blue")
        axes.annotate(name, shares[-1, [0, 2]], fontsize=7, xytext=LABELS.get(name, (5, 2)), textcoords="offset points")
    soil = -soil_shares(end)
    soil /= np.linalg.norm(soil)
    axes.plot(soil[0], soil[2], "s", color="tab:brown")
    axes.annotate("soil, hot rocks", soil[[0, 2]], fontsize=7, xytext=(4, 2), textcoords="offset points")
    axes.set(xlabel="gate 0", ylabel="gate 2", title="direction in the gates, 8 mm to 5 cm (dot)")


def footprints(axes: Any) -> None:
    """What a pass over several objects looks like, coil 4 cm over the ground."""
    end = FrontEnd()
    x = np.arange(-0.35, 0.351, 0.005)
    rod = Target("steel", 0.0, 0.06, "rod", 0.006, 0.16)
    items = (
        ("ball, 3 cm deep", Target("copper", 0.0, 0.03)),
        ("ball, 12 cm deep", Target("copper", 0.0, 0.12)),
        ("iron rod along the lane", rod),
        ("iron rod across", replace(rod, heading_deg=90.0)),
        ("plate, tilted 30 degrees", Target("aluminium", 0.0, 0.06, "plate", 0.05, tilt_deg=30.0)),
    )
    for label, target in items:
        offsets = np.stack([-x, 0 * x, 0 * x - end.coil_height_m - target.depth_m], axis=1)
        shape = coupling(end.coil_radius_m, offsets, polarisability_m3(target, MATERIALS[target.material].ferrous))
        axes.plot(x, shape / shape.max(), label=label, lw=1)
    axes.set(xlabel="coil past the object, m", ylabel="coupling, 1 at its peak", title="along the lane")
    axes.legend(fontsize=7)


def lane(axes: Any, name: str) -> None:
    """The three gates of an example world, a frame every 3 mm, and what lies there."""
    world = load_world(name)
    length = world.file.world.lane_length_m
    times = world.pulse_times_ns(0, round(length / 0.3 * 1e9))
    place = np.linspace(0, length, len(times))
    gates = world.voltages_mv(times, np.stack([place, 0 * place], axis=1))
    frames = gates[: len(gates) // 20 * 20].reshape(-1, 20, 3).mean(axis=1)
    for gate in range(3):
        axes.plot(
            np.linspace(0, length, len(frames)), frames[:, gate], lw=0.5, color=COLOURS[gate], label=f"gate {gate}"
        )
    top = axes.get_ylim()[1]
    for target in world.file.targets:
        axes.axvline(target.x_m, color="k", lw=0.5)
        axes.annotate(target.name, (target.x_m, top), fontsize=6, rotation=20)
    for rock in world.file.hot_rocks:
        axes.axvline(rock.x_m, color="tab:brown", lw=0.8, ls=":")
    axes.set(xlabel="coil along the lane, m", ylabel="ADC, mV")
    axes.set_title(f"{name}.toml at 0.3 m/s (dotted: hot rocks)", pad=34)
    axes.legend(fontsize=7, loc="lower right")


def drive(axes: Any) -> None:
    """Speed after a step of duty, then duty 0 with brake or coast, or MOTOR_EN dropped."""
    file = load_world_file("clean")
    for label, mode, drop in (
        ("duty 0, brake", "brake", False),
        ("duty 0, coast", "coast", False),
        ("MOTOR_EN low", "brake", True),
    ):
        rover = Rover(replace(file, rover=replace(file.rover, at_zero_duty=mode)))
        speeds, end_m = [], 0.0
        for k in range(300):
            t = k * 5_000_000
            on = 0.33 if k < 160 or drop else 0.0
            if k == 160:
                end_m = rover.track_m[0]
            enable = 0.0 if drop and k >= 160 else 1.0
            rover.step(t, t + 5_000_000, Drive([(t, on)], [(t, on)], [(t, 1.0)], [(t, 1.0)], [(t, enable)]))
            speeds.append(rover.speeds_m_s[0])
        way_mm = 1000 * (rover.track_m[0] - end_m)
        axes.plot(np.arange(300) * 0.005, speeds, lw=1, label=f"{label}: {way_mm:.0f} mm more")
    axes.set(xlabel="s", ylabel="track speed, m/s", title="duty 0.33 for 0.8 s, then off")
    axes.legend(fontsize=7)


def field_ground(axes: Any, seed: int) -> None:
    """A made-up field from above: soil, height, obstacles, targets (to scale, rods along their heading), hot rocks."""
    world = FieldWorld(made_up_field(seed).file)
    file, plane = world.file, world.terrain.plane
    soil = world.terrain.ground.values[..., 0]
    # x goes up the page, y to the left, as it lies before who stands at the base line.
    shown = axes.pcolormesh(plane.y_m, plane.x_m, soil, cmap="YlOrBr", shading="auto", rasterized=True)
    axes.figure.colorbar(shown, ax=axes, label="soil, mV at gate 0", shrink=0.8)
    axes.contour(plane.y_m, plane.x_m, 1000 * world.terrain.height.values, 12, colors="tab:blue", linewidths=0.6)
    axes.contourf(plane.y_m, plane.x_m, world.terrain.loose.values, [0.5, 1.1], hatches=["..."], colors="none")
    _outlines(axes, world)
    for target in file.targets:
        half_m = target.length_m / 2 if target.shape == "rod" else target.radius_m
        heading = np.radians(target.heading_deg)
        dx, dy = half_m * np.cos(heading), half_m * np.sin(heading)
        axes.plot(
            [target.y_m - dy, target.y_m + dy], [target.x_m - dx, target.x_m + dx], "-", color="tab:red",
            lw=3 if target.shape == "rod" else 6, solid_capstyle="butt" if target.shape == "rod" else "round",
        )  # fmt: skip
        label = f"{100 * target.depth_m:.0f} cm"
        axes.annotate(label, (target.y_m, target.x_m), fontsize=6, xytext=(4, 4), textcoords="offset points")
    for rock in file.hot_rocks:
        axes.plot(rock.y_m, rock.x_m, "^", color="tab:purple", ms=6)
    axes.set_title(f"{file.field.name}: soil, height (blue), loose ground (dots), targets with depths", fontsize=9)


def field_driven(axes: Any, seed: int) -> None:
    """The same with the worst slip: a lane and a turn at its end, without a look at where it is, and what became of the
    ground."""
    world = FieldWorld(made_up_field(seed, harsh=True).file)
    truth, way, t = world.truth, [], 0
    for seconds, left, right in ((10, 0.33, 0.33), (4, 0.4, -0.4), (6, 0.33, 0.33)):
        pins = Drive([(t, abs(left))], [(t, abs(right))], [(t, float(left > 0))], [(t, float(right > 0))], [(t, 1.0)])
        for k in range(seconds * 50):
            moved = world.skid.step(t, t + 20_000_000, pins if k == 0 else Drive())
            world.look(moved, searching=t < 10_000_000_000)
            way += [pose[1:3] for pose in moved.poses]
            t += 20_000_000
    truth.flush()
    nx, ny = truth.searched_ms.shape
    x, y = truth.x0_m + np.arange(nx + 1) * CELL_M, truth.y0_m + np.arange(ny + 1) * CELL_M
    kind = np.where(truth.touched, 3.0, np.where(truth.searched_ms > 0, 2.0, np.where(truth.safe, 1.0, 0.0)))
    axes.contourf((y[:-1] + y[1:]) / 2, (x[:-1] + x[1:]) / 2, kind, [0.5, 1.5, 2.5, 3.5], colors=list(_GROUND))
    axes.plot([each[1] for each in way], [each[0] for each in way], "k-", lw=0.7)
    _outlines(axes, world)
    for target in world.file.targets:
        axes.plot(target.y_m, target.x_m, "o", color="tab:red", ms=4)
    for each in truth.trespasses:
        axes.plot(each.y_m, each.x_m, "x", color="k", ms=8)
    axes.set_title("a lane and a turn: searched (green), safe (grey), tracks on neither (red)", fontsize=9)


def _outlines(axes: Any, world: FieldWorld) -> None:
    spec = world.file.field
    corners = np.array([*spec.corners_m, spec.corners_m[0]])
    axes.plot(corners[:, 1], corners[:, 0], "k-", lw=1.5)
    axes.plot([0, -spec.base_length_m], [0, 0], "-", color="tab:green", lw=3)
    for each in world.file.obstacles:
        ring = np.array(shape_of(each).exterior.coords)
        axes.fill(ring[:, 1], ring[:, 0], color="0.3")
    axes.set(xlabel="y, m", ylabel="x, m", aspect="equal")
    axes.set_xlim(spec.safe_side_m + 0.5, -spec.base_length_m - spec.safe_side_m - 0.5)
    axes.set_ylim(-spec.safe_depth_m - 0.2, corners[:, 0].max() + 0.5)


def write_figures(folder: Path) -> list[Path]:
    """docs/world-detector.png, world-lane.png, world-rover.png and world-field.png."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    written = []
    sheets: tuple[tuple[str, Sequence[Any], tuple[float, float]], ...] = (
        ("world-detector.png", (signatures, footprints), (11, 4.5)),
        ("world-lane.png", (lambda axes: lane(axes, "demo"),), (11, 4.2)),
        ("world-rover.png", (drive,), (6, 3.5)),
        (
            "world-field.png",
            (lambda axes: field_ground(axes, _FIELD), lambda axes: field_driven(axes, _FIELD)),
            (12, 5.6),
        ),
    )
    for name, parts, size in sheets:
        figure, axes = plt.subplots(1, len(parts), figsize=size, squeeze=False)
        for part, one in zip(parts, axes[0], strict=True):
            part(one)
            one.grid(alpha=0.3)
        figure.tight_layout()
        figure.savefig(folder / name, dpi=110)
        plt.close(figure)
        written.append(folder / name)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Status 0, or 3 when --check finds the page's tables stale."""
    parser = argparse.ArgumentParser(prog="python -m hil.world.figures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 3 when the tables are stale")
    options = parser.parse_args(arguments)
    page = PAGE.read_text(encoding="utf-8")
    fresh = page_with_tables(page)
    if options.check:
        if fresh != page:
            print(f"{PAGE.name} is stale: run `python -m hil.world.figures`", file=sys.stderr)
            return 3
        return 0
    PAGE.write_text(fresh, encoding="utf-8")
    for path in write_figures(DOCS):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
