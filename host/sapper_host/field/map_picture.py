"""The map of a mission, for a wall and for the file: what is claimed, doubtful, not searched, where and why; spots with
their uncertainty; the rover's way. Seen as the operator sees the area: the base line at the bottom.

It has to be read in print without colours, too: each kind of ground has a hatch of its own, each gap and spot a number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sapper_host.field.account import Account
from sapper_host.field.coverage import Gap
from sapper_host.field.frames import frame_from
from sapper_host.field.picture import fill, north, scale_bar
from sapper_host.pictures import style

_WIDTH_IN, _LEAST_IN, _MOST_IN = 9.0, 4.5, 11.5
_GAPS_NAMED = 18
# Colours by Okabe and Ito, which differ for those who see no red or green, and in grey.
_CLAIMED, _DOUBTFUL, _LEFT, _KEPT = "#cfe3f2", "#f0e442", "#e69f00", "#d9d9d9"
_SPOT, _CLUTTER, _WAY, _GAP = "#a0003c", "#555555", "#0072b2", "#7a3b00"


def plot_map(account: Account, target: Path) -> None:
    """Draw it into `target` (.png, .svg, .pdf). SapperError when that cannot be written."""
    low, high, right, left = _bounds(account)
    lines = _lines(account)
    height = min(_MOST_IN, max(_LEAST_IN, (_WIDTH_IN - 0.9) * (high - low) / (left - right)))
    fig = style.figure(_WIDTH_IN, height + 1.5 + 0.16 * len(lines))
    axes, below = fig.subplots(2, 1, height_ratios=[height, 0.16 * len(lines) + 0.05])
    _ground(axes, account)
    _way(axes, account)
    _spots(axes, account)
    _numbers(axes, account.gaps[:_GAPS_NAMED])
    length = account.area.base_length_m
    axes.plot([0, length], [0, 0], color=style.INK, linewidth=2.6, marker="s", markersize=6, zorder=6,
              label="base line with its posts", solid_capstyle="butt")  # fmt: skip
    style.quieten(axes)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlim(-left, -right)
    axes.set_ylim(low, high)
    axes.set_xlabel("along the base line, to the right of the left post (m)")
    axes.set_ylabel("into the area (m)")
    scale_bar(axes, left - right)
    if account.frame is not None:
        north(axes, frame_from(account.frame))
    below.set_axis_off()
    for i, line in enumerate(lines):
        below.text(0, 1 - i / len(lines), line, transform=below.transAxes, family="monospace", fontsize=7.6, va="top",
                   parse_math=False)  # fmt: skip
    fig.suptitle(_title(account), fontsize=10.5, fontweight="bold", x=0.01, ha="left")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    fig.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3, frameon=False, fontsize=8.2)
    style.save(fig, target)


def _bounds(account: Account) -> tuple[float, float, float, float]:
    """low, high along x; right, left along y; with some room."""
    x0, y0, x1, y1 = shapely.total_bounds(np.array([account.area.polygon, account.area.safe_ground], dtype=object))
    room = 0.03 * max(x1 - x0, y1 - y0) + 0.2
    return float(x0) - room, float(x1) + room, float(y0) - room, float(y1) + room


def _ground(axes: Any, account: Account) -> None:
    fill(axes, [account.area.safe_ground], facecolor="none", edgecolor=style.QUIET, hatch="///", linewidth=0.6,
         zorder=1, label="safe ground, as presumed")  # fmt: skip
    fill(axes, [account.claimed], facecolor=_CLAIMED, edgecolor="none", zorder=1.5, label="claimed: searched")
    fill(axes, [account.doubtful], facecolor=_DOUBTFUL, edgecolor="#5c5600", hatch="...", linewidth=0.4, zorder=1.6,
         label="doubtful: searched, place not sure")  # fmt: skip
    left = account.area.polygon.difference(shapely.union(account.claimed, account.doubtful))
    kept = shapely.union_all([gap.shape for gap in account.gaps if not gap.reachable])
    fill(axes, [left.difference(kept)], facecolor=_LEFT, edgecolor=_GAP, hatch="xxx", linewidth=0.5, zorder=1.7,
         label="not searched")  # fmt: skip
    fill(axes, [left.intersection(kept)], facecolor=_KEPT, edgecolor=_GAP, hatch="\\\\\\", linewidth=0.5, zorder=1.8,
         label="left out: stand-offs, no room")  # fmt: skip
    fill(axes, [each.shape for each in account.area.obstacles], facecolor="#404040", edgecolor="none", zorder=4,
         label="obstacle, hole")  # fmt: skip
    fill(axes, [account.area.polygon], facecolor="none", edgecolor=style.INK, linewidth=1.4, zorder=5, label="the area")


def _way(axes: Any, account: Account) -> None:
    """The middle of the tracks; broken where a board started anew, or nothing was told."""
    from matplotlib.collections import LineCollection

    lines = []
    for a, b in zip(account.steps, account.steps[1:], strict=False):
        if a.session == b.session and math.hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm) < 1000:
            lines.append([(-p.y_mm / 1000, p.x_mm / 1000) for p in (a, b)])
    if lines:
        axes.add_collection(LineCollection(lines, colors=_WAY, linewidths=0.6, zorder=3, label="the rover's way"))


def _spots(axes: Any, account: Account) -> None:
    """A cross, a circle of three sigmas, and the number in the list."""
    from matplotlib.patches import Circle

    for number, kept in enumerate(account.spots, 1):
        x, y = -kept.y_mm / 1000, kept.x_mm / 1000
        clutter = kept.verdict in ("clutter", "removed")
        colour = _CLUTTER if clutter else _SPOT
        label = "spot judged clutter, or removed" if clutter else "spot, circle: 3 sigma of its place"
        axes.plot([x], [y], marker="+" if clutter else "x", color=colour, markersize=7, markeredgewidth=1.8, zorder=8,
                  linestyle="none", label=label)  # fmt: skip
        axes.add_patch(Circle((x, y), max(0.02, 3 * kept.sigma_mm / 1000), facecolor="none", edgecolor=colour,
                              linewidth=1.1, linestyle="--" if clutter else "-", zorder=8))  # fmt: skip
        axes.annotate(f"S{number}", (x, y), xytext=(6, 6), textcoords="offset points", fontsize=7.5, color=colour,
                      fontweight="bold", bbox=style.LABEL_BOX, zorder=9)  # fmt: skip


def _numbers(axes: Any, gaps: Iterable[Gap]) -> None:
    for number, gap in enumerate(gaps, 1):
        at = gap.shape.representative_point()
        axes.annotate(str(number), (-at.y, at.x), xytext=(-9, -9), textcoords="offset points", ha="center", va="center",
                      fontsize=7, color=_GAP, fontweight="bold", bbox=style.LABEL_BOX, zorder=8.5,
                      arrowprops={"arrowstyle": "-", "color": _GAP, "linewidth": 0.6})  # fmt: skip


def _title(account: Account) -> str:
    figures = "; ".join(
        f"{name} {m2:.2f} m2 ({account.share(m2):.1f} %)"
        for name, m2 in (
            ("claimed", account.claimed_m2),
            ("doubtful", account.doubtful_m2),
            ("not searched", account.not_searched_m2),
        )
    )
    return f"{style.label(account.name, 40)}: {account.area_m2:.2f} m2, mission {account.state}\n{figures}"


def _gap_line(number: int, gap: Gap) -> str:
    at = gap.shape.representative_point()
    return f"{number:3} {gap.area_m2:8.3f} m2 at {at.x:6.2f}, {at.y:6.2f}: {style.label(gap.cause, 84)}"


def _lines(account: Account) -> list[str]:
    """Gaps and spots by their numbers."""
    named = account.gaps[:_GAPS_NAMED]
    lines = [
        f"{number:3} {gap.area_m2:8.3f} m2 at {gap.as_dict()['x_m']:6.2f}, {gap.as_dict()['y_m']:6.2f}: {gap.cause}"[
            :112
        ]
        for number, gap in enumerate(named, 1)
    ]
    if rest := account.gaps[_GAPS_NAMED:]:
        lines.append(f"    {sum(gap.area_m2 for gap in rest):8.3f} m2 in {len(rest)} smaller gaps")
    for number, kept in enumerate(account.spots, 1):
        lines.append(
            f" S{number} at {kept.x_mm / 1000:6.2f}, {kept.y_mm / 1000:6.2f} +- {3 * kept.sigma_mm / 1000:.2f} m: "
            f"{style.label(kept.class_name, 20)}, verdict {kept.verdict}"
        )
    return lines or ["no gaps, no spots"]
