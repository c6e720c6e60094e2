"""The picture of a plan, seen as the operator sees the area: the base line at the bottom, lanes going up."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sapper_host.field.check import Walk
from sapper_host.field.coverage import CLOSE, NO_FIT, STAND_OFF, Gap
from sapper_host.field.frames import Frame
from sapper_host.field.plan import Plan
from sapper_host.pictures import style

_WIDTH_IN = 9.0
_HEIGHT_IN = (4.5, 12.0)
_NUMBERS_MOST = 16
_GAPS_NAMED = 9
_GAP_NAMED_M2 = 0.005
_CAUSES = {
    STAND_OFF: ("#b9b2a6", "left out: an obstacle's stand-off"),
    CLOSE: ("#ded6c4", "left out: too close to a stand-off"),
    NO_FIT: ("#cda5d6", "left out: the coil does not fit"),
}
_REACHABLE = (style.NOT_SEARCHED, "not searched, though a coil could reach it")


def plot_plan(plan: Plan, target: Path, frame: Frame | None = None, walk: Walk | None = None) -> None:
    """Draw the plan into `target` (.png, .svg, .pdf). walk: the independent check's result, which its title tells.

    Raises SapperError when the picture cannot be written.
    """
    low, right, left, high = _bounds(plan)
    wide, tall = left - right, high - low
    height = min(_HEIGHT_IN[1], max(_HEIGHT_IN[0], (_WIDTH_IN - 0.8) * tall / wide))
    lines = _list(plan)
    fig = style.figure(_WIDTH_IN, height + 1.3 + 0.17 * len(lines))
    axes, below = fig.subplots(2, 1, height_ratios=[height, 0.17 * len(lines) + 0.05])
    _ground(axes, plan)
    _lanes(axes, plan)
    _obstacles(axes, plan)
    _gaps(axes, plan)
    _base_line(axes, plan)
    if walk is not None and walk.first is not None:
        axes.plot(-walk.first.y_mm / 1000, walk.first.x_mm / 1000, "x", color=style.MISSED, markersize=11, zorder=10,
                  markeredgewidth=2.5, label="first track on unsearched ground")  # fmt: skip
    style.quieten(axes)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlim(-left, -right)
    axes.set_ylim(low, high)
    axes.set_xlabel("along the base line, to the right of the left post (m)")
    axes.set_ylabel("into the area (m)")
    scale_bar(axes, wide)
    if frame is not None:
        north(axes, frame)
    below.set_axis_off()
    for i, line in enumerate(lines):
        below.text(0, 1 - i / len(lines), line, transform=below.transAxes, family="monospace", fontsize=8, va="top",
                   parse_math=False)  # fmt: skip
    fig.suptitle(_title(plan, walk), fontsize=10.5, fontweight="bold", x=0.01, ha="left")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    fig.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    style.save(fig, target)


def _bounds(plan: Plan) -> tuple[float, float, float, float]:
    """low, right, left, high: x from..to and y from..to in field metres, with some room."""
    shapes = [plan.area.polygon, plan.area.safe_ground, *(o.shape for o in plan.area.obstacles if _near(plan, o.shape))]
    low, right, high, left = shapely.total_bounds(np.array(shapes, dtype=object))
    room = 0.03 * max(high - low, left - right) + 0.2
    return float(low) - 2 * room, float(right) - room, float(left) + room, float(high) + room


def _near(plan: Plan, shape: Any) -> bool:
    return bool(shape.distance(plan.area.polygon) < 2)


def fill(axes: Any, shapes: Iterable[Any], **how: Any) -> None:
    """Polygons with their holes, the field's x up and y to the left."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon" and not part.is_empty:
                rings = [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]
                outlines = [Outline(np.stack([-ring[:, 1], ring[:, 0]], axis=1), closed=True) for ring in rings]
                axes.add_patch(PathPatch(Outline.make_compound_path(*outlines), **how))


def _ground(axes: Any, plan: Plan) -> None:
    fill(axes, [plan.area.safe_ground], facecolor="none", edgecolor=style.QUIET, hatch="///", linewidth=0.6, zorder=1,
          label="safe ground, as presumed")  # fmt: skip
    fill(axes, [plan.coverage.searched], facecolor=style.SEARCHED, edgecolor="none", zorder=1.5, label="searched")
    fill(axes, [plan.area.polygon], facecolor="none", edgecolor=style.INK, linewidth=1.4, zorder=5, label="the area")


def _lanes(axes: Any, plan: Plan) -> None:
    """The rover's way, from light to dark in the order of driving."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("order", ["#7fb0de", "#14406e"])
    legs = [leg for leg in plan.legs if leg.mm]
    lines = [[(-p.y_mm / 1000, p.x_mm / 1000) for p in (leg.start, leg.end)] for leg in legs]
    order = np.linspace(0, 1, max(2, len(legs)))[: len(legs)]
    thin = max(0.35, min(1.1, 60 / len(plan.lanes.y_mm)))
    axes.add_collection(LineCollection(lines, colors=colours(order), linewidths=thin, zorder=3,
                                       label="the rover's way, first to last"))  # fmt: skip
    _numbers(axes, plan)


def _numbers(axes: Any, plan: Plan) -> None:
    """Before the base line, where the rover stands to begin a lane; from the left."""
    lanes = sorted({leg.end.y_mm: plan.moves[leg.move].lane for leg in plan.legs if leg.end.x_mm == plan.start.x_mm
                    and leg.kind == "back"}.items(), reverse=True)  # fmt: skip
    every = max(1, math.ceil(len(lanes) / _NUMBERS_MOST))
    for i, (y_mm, lane) in enumerate(lanes):
        if i % every == 0 or i == len(lanes) - 1:
            axes.annotate(str(lane), (-y_mm / 1000, plan.start.x_mm / 1000), xytext=(0, -3), va="top", ha="center",
                          textcoords="offset points", fontsize=6.5, bbox=style.LABEL_BOX, zorder=7)  # fmt: skip


def _obstacles(axes: Any, plan: Plan) -> None:
    near = [o for o in plan.area.obstacles if _near(plan, o.shape)]
    fill(axes, [o.kept_clear for o in near], facecolor="none", edgecolor=style.ROCK, linewidth=0.7, linestyle="--",
          zorder=4.5, label="its stand-off")  # fmt: skip
    fill(axes, [o.shape for o in near], facecolor=style.ROCK, edgecolor="none", zorder=4.6, label="obstacle, hole")


def _gaps(axes: Any, plan: Plan) -> None:
    gaps = plan.coverage.gaps
    for cause, (colour, label) in _CAUSES.items():
        shapes = [gap.shape for gap in gaps if gap.cause == cause]
        fill(axes, shapes, facecolor=colour, edgecolor="none", zorder=4, label=label)
    reachable = [gap for gap in gaps if gap.reachable]
    colour, label = _REACHABLE
    fill(axes, [gap.shape for gap in reachable], facecolor=colour, edgecolor=style.MISSED, linewidth=0.8, zorder=4.8,
          label=label)  # fmt: skip
    for i, gap in enumerate(_named(plan), 1):
        at = gap.shape.representative_point()
        axes.annotate(chr(64 + i), (-at.y, at.x), ha="center", va="center", fontsize=7.5, fontweight="bold",
                      color=style.MISSED, xytext=(7, 7), textcoords="offset points", bbox=style.LABEL_BOX,
                      arrowprops={"arrowstyle": "-", "color": style.MISSED, "linewidth": 0.6}, zorder=8)  # fmt: skip


def _named(plan: Plan) -> list[Gap]:
    return [g for g in plan.coverage.gaps if g.reachable and g.area_m2 >= _GAP_NAMED_M2][:_GAPS_NAMED]


def _base_line(axes: Any, plan: Plan) -> None:
    length = plan.area.base_length_m
    axes.plot([0, length], [0, 0], color=style.MARK, linewidth=2.6, zorder=6, marker="s", markersize=6,
              label="base line with its posts", solid_capstyle="butt")  # fmt: skip


def scale_bar(axes: Any, wide: float) -> None:
    """A round length about a fifth of the picture, below the area's corner."""
    aim = wide / 5
    size = 10 ** math.floor(math.log10(aim))
    length = max(size * step for step in (1, 2, 5) if size * step <= aim)
    share = length / wide
    axes.plot([0.98 - share, 0.98], [0.025, 0.025], transform=axes.transAxes, color=style.INK, linewidth=3,
              solid_capstyle="butt", zorder=9)  # fmt: skip
    axes.text(0.98 - share / 2, 0.035, f"{length:g} m", transform=axes.transAxes, ha="center", va="bottom", fontsize=8,
              bbox=style.LABEL_BOX, zorder=9)  # fmt: skip


def north(axes: Any, frame: Frame) -> None:
    """North lies to the left of straight up when the lanes' bearing is to the right of it."""
    angle = -frame.bearing_rad
    dx, dy = math.sin(angle), math.cos(angle)
    axes.annotate("", xytext=(-18 * dx, -18 * dy), xy=(18 * dx, 18 * dy), textcoords="offset points", zorder=9,
                  xycoords=_at(axes, 0.955, 0.93),
                  arrowprops={"arrowstyle": "-|>", "color": style.INK, "linewidth": 1.6,
                                                             "mutation_scale": 16})  # fmt: skip
    axes.annotate("N", xytext=(27 * dx, 27 * dy), xy=(0.955, 0.93), xycoords="axes fraction", ha="center", va="center",
                  textcoords="offset points", fontsize=9, fontweight="bold", zorder=9)  # fmt: skip


def _at(axes: Any, x: float, y: float) -> Any:
    from matplotlib.text import OffsetFrom

    anchor = axes.annotate("", (x, y), xycoords="axes fraction", xytext=(0, 0), textcoords="offset points")
    return OffsetFrom(anchor, (0.5, 0.5))


def _title(plan: Plan, walk: Walk | None) -> str:
    cover = plan.coverage
    words = [
        f"{100 * cover.share:.2f} % of what a coil can reach is searched",
        f"{plan.driven_m:.0f} m driven",
    ]
    if plan.plain:
        words.insert(0, "PLAIN BACK AND FORTH, NOT TO BE DRIVEN")
    if walk is not None:
        off = f"TRACKS ON UNSEARCHED GROUND in {walk.off} of {walk.steps} steps" if walk.off else ""
        near = f"IN A STAND-OFF in {walk.in_stand_off} steps" if walk.in_stand_off else ""
        words.append("; ".join(filter(None, (off, near))) or "tracks on searched ground alone")
    return f"{style.label(plan.area.name, 40)}: plan, {len(plan.lanes.y_mm)} lanes\n{_lines(words)}"


def _lines(words: list[str]) -> str:
    """Joined, on lines no longer than the picture is wide."""
    return textwrap.fill("; ".join(words), 95)


def _list(plan: Plan) -> list[str]:
    """The gaps by their letters, and what is left out by its cause."""
    named = _named(plan)
    lines = [f"{chr(65 + i)}  {gap.area_m2:8.3f} m2 not searched: {gap.cause}" for i, gap in enumerate(named)]
    rest = [gap for gap in plan.coverage.gaps if gap.reachable][len(lines) :]
    if rest:
        lines.append(f"   {sum(g.area_m2 for g in rest):8.3f} m2 in {len(rest)} smaller gaps")
    for cause in _CAUSES:
        if some := [gap.area_m2 for gap in plan.coverage.gaps if gap.cause == cause]:
            lines.append(f"   {sum(some):8.3f} m2 {_CAUSES[cause][1]} ({len(some)})")
    return lines or ["no gaps"]
