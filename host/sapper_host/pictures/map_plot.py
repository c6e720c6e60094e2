"""The map of a session: the path driven, the detector's strength along it, finds, and the targets where known.

Places on the ground are of the coil. A place along the track ('s', the coil's odometer) is turned into one on the map
by what the board reported of its pose there, so a lane that bends bends on the map too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper.shared.settings import row_of
from sapper_host.pictures import style
from sapper_host.recordings.score import FOUND_WITHIN_M, Score, finds_of, score
from sapper_host.recordings.session import Session

Floats = NDArray[np.float64]
_WIDTH_IN = 11.0
# The map on the page: its width, and the least and greatest height.
_MAP_WIDTH_IN = 9.7
_MAP_HEIGHT_IN = (1.5, 6.0)
_STRENGTH_MAX = 1000
_STRENGTH_LEAST = 300
_DEFAULT_SWATH_M = 0.5
_SIDE_MIN_M = 0.9
# Standing over a find the board counts no ground as searched; the few centimetres it rolls are not worth a mark.
_UNSEARCHED_LEAST_M = 0.15


@dataclass
class Path2d:
    """The coil's path: s_m rising, and at each the place (x, y; m) and heading (rad)."""

    s_m: Floats
    x_m: Floats
    y_m: Floats
    heading_rad: Floats

    def at(self, s_m: Any, lateral_m: Any = 0.0) -> tuple[Floats, Floats]:
        """Places at s along the track, so far to its left; beyond the ends straight on."""
        s = np.asarray(s_m, dtype=np.float64)
        within = np.clip(s, self.s_m[0], self.s_m[-1])
        heading = np.interp(within, self.s_m, self.heading_rad)
        x = np.interp(within, self.s_m, self.x_m) + (s - within) * np.cos(heading) - lateral_m * np.sin(heading)
        y = np.interp(within, self.s_m, self.y_m) + (s - within) * np.sin(heading) + lateral_m * np.cos(heading)
        return x, y


@dataclass
class Frame:
    """The piece of ground that a map shows (m)."""

    left_m: float
    right_m: float
    low_m: float
    high_m: float

    @property
    def height_in(self) -> float:
        """Height of the map on the page."""
        return _MAP_WIDTH_IN * (self.high_m - self.low_m) / (self.right_m - self.left_m)


def coil_path(session: Session) -> Path2d:
    """The coil's path from the STATUS messages (dead reckoning of the tracks' middle, and the coil ahead of it), from
    where the coil was at first."""
    ahead_m = row_of("coil_ahead_mm")[1] / 1000
    status = session.status
    heading = status["heading_mrad"] / 1000
    x = status["x_mm"] / 1000 + ahead_m * np.cos(heading)
    y = status["y_mm"] / 1000 + ahead_m * np.sin(heading)
    s = status["s_mm"] / 1000
    # Backing over the same ground keeps the first pass: s must rise to be looked up.
    first = np.concatenate(([True], s[1:] > np.maximum.accumulate(s)[:-1]))
    return Path2d(s[first], x[first] - x[0], y[first] - y[0], heading[first])


def plot_map(session: Session, target: Path) -> Score | None:
    """Draw the map of a session into `target` (.png, .svg, .pdf); the score when the truth is known.

    Raises SapperError when the picture cannot be written.
    """
    path = coil_path(session)
    finds = finds_of(session.events)
    result = None
    if session.truth is not None:
        result = score(finds, session.truth, float(path.s_m[-1]) + FOUND_WITHIN_M)
    frame = _frame(session, path)
    full = strength_full(session)
    fig = style.figure(_WIDTH_IN, frame.height_in + 3.6)
    top, bottom = fig.subplots(2, 1, height_ratios=[frame.height_in, 1.9])
    lines = _draw_ground(top, session, path, full)
    _draw_truth(top, session, path, result)
    _draw_finds(top, path, finds, result)
    _finish_map(top, frame)
    fig.colorbar(lines, ax=top, label=f"strength (of {_STRENGTH_MAX})", pad=0.01, aspect=8 * frame.height_in)
    _draw_strength(bottom, session, finds, result, full)
    if _nearly_straight(path):
        bottom.set_xlim(*(limit + float(path.s_m[0]) for limit in top.get_xlim()))
    fig.suptitle(_title(session, path, result), fontsize=11, fontweight="bold", x=0.01, ha="left")
    named = [axes.get_legend_handles_labels() for axes in (top, bottom)]
    unique = {label: handle for handles, labels in named for handle, label in zip(handles, labels, strict=True)}
    fig.legend(
        unique.values(),
        unique.keys(),
        loc="outside lower center",
        ncols=9,
        columnspacing=1.4,
        handletextpad=0.5,
        frameon=False,
        fontsize=8.5,
    )
    style.save(fig, target)
    return result


def _nearly_straight(path: Path2d) -> bool:
    """Whether places along the track and ahead of the start agree, so that one picture can stand over the other."""
    return bool(np.abs(path.x_m - (path.s_m - path.s_m[0])).max() < 0.02 * max(1.0, float(np.ptp(path.s_m))))


def _lane_m(session: Session, path: Path2d) -> float:
    return float(session.truth["lane_length_m"]) if session.truth else float(path.s_m[-1] - path.s_m[0])


def _frame(session: Session, path: Path2d) -> Frame:
    """The piece of ground that the map shows: path, lane and targets, in a box as wide as the page, at one scale."""
    s_m = [float(path.s_m[0]) + _lane_m(session, path)]
    lateral_m = [0.0]
    for target in session.truth["targets"] if session.truth else ():
        s_m.append(float(target["s_m"]))
        lateral_m.append(float(target["lateral_m"]))
    x, y = path.at(np.array(s_m), np.array(lateral_m))
    left, right = _span(np.concatenate((path.x_m, x)), 0.4)
    low, high = _span(np.concatenate((path.y_m, y)), 0.5, _SIDE_MIN_M)
    m_per_in = max((right - left) / _MAP_WIDTH_IN, (high - low) / _MAP_HEIGHT_IN[1])
    height_in = max(_MAP_HEIGHT_IN[0], (high - low) / m_per_in)
    wide, tall = _MAP_WIDTH_IN * m_per_in, height_in * m_per_in
    return Frame((left + right - wide) / 2, (left + right + wide) / 2, (low + high - tall) / 2, (low + high + tall) / 2)


def _span(values: Floats, margin: float, half_least: float = 0.5) -> tuple[float, float]:
    low, high = float(values.min()) - margin, float(values.max()) + margin
    more = max(0.0, half_least - (high - low) / 2)
    return low - more, high + more


def _swath_m(session: Session) -> float:
    return float(session.truth["swath_m"]) if session.truth else _DEFAULT_SWATH_M


def strength_full(session: Session) -> int:
    """The top of the strength scale: the strongest seen, rounded up to a hundred, so that weak sessions show too."""
    strongest = float(session.detect["strength"].max()) if len(session.detect["strength"]) else 0.0
    return int(np.clip(np.ceil(strongest / 100) * 100, _STRENGTH_LEAST, _STRENGTH_MAX))


def _draw_ground(axes: Any, session: Session, path: Path2d, full: int) -> Any:
    """The swath as a band, and the coil's path in the colours of the detector's strength."""
    from matplotlib.collections import LineCollection

    half_m = _swath_m(session) / 2
    left, right = path.at(path.s_m, half_m), path.at(path.s_m, -half_m)
    axes.fill(
        np.concatenate((left[0], right[0][::-1])),
        np.concatenate((left[1], right[1][::-1])),
        color=style.BAND,
        label="swath driven",
        zorder=1,
    )
    places = session.detect["s_mm"] / 1000
    x, y = path.at(places)
    strength = session.detect["strength"]
    points = np.stack((x, y), axis=1)
    segments = np.stack((points[:-1], points[1:]), axis=1) if len(points) > 1 else np.empty((0, 2, 2))
    lines = LineCollection(
        list(segments), cmap=style.strength_colours(), array=strength[:-1], linewidths=5, capstyle="round", zorder=2
    )
    lines.set_clim(0, full)
    axes.add_collection(lines)
    start, end = path.at(path.s_m[0]), path.at(path.s_m[-1])
    axes.plot(*start, marker="|", markersize=14, color=style.INK, linestyle="none", label="start", zorder=3)
    axes.plot(*end, marker=">", markersize=8, color=style.INK, linestyle="none", label="end", zorder=3)
    return lines


def _draw_truth(axes: Any, session: Session, path: Path2d, result: Score | None) -> None:
    """Targets as rings, filled by what became of them, and hot rocks."""
    if session.truth is None or result is None:
        return
    found = {match.target for match in result.found}
    for i, target in enumerate(session.truth["targets"]):
        x, y = path.at(float(target["s_m"]), float(target["lateral_m"]))
        missed = i in result.missed
        colour = style.FOUND if i in found else style.MISSED if missed else style.QUIET
        text = "target, found" if i in found else "target, missed" if missed else "target, not reached"
        axes.plot(
            x, y, marker="X" if missed else "o", markersize=11, markerfacecolor="white" if not missed else colour,
            markeredgecolor=colour, markeredgewidth=2, linestyle="none", label=text, zorder=5,
        )  # fmt: skip
        above = float(target["lateral_m"]) >= 0
        axes.annotate(
            target["name"], (float(x), float(y)), xytext=(0, 11 if above else -11), textcoords="offset points",
            ha="center", va="bottom" if above else "top", fontsize=8, color=colour, zorder=6,
        )  # fmt: skip
    for rock in session.truth["hot_rocks"]:
        x, y = path.at(float(rock["s_m"]))
        axes.plot(x, y, marker="D", markersize=6, markerfacecolor="white", markeredgecolor=style.ROCK, linestyle="none",
                  label="hot rock", zorder=4)  # fmt: skip


def _draw_finds(axes: Any, path: Path2d, finds: list[float], result: Score | None) -> None:
    """Finds as stars, false alarms as triangles."""
    wrong = set(result.false_alarms) if result else set()
    for s_m in finds:
        x, y = path.at(s_m)
        if s_m in wrong:
            axes.plot(x, y, marker="v", markersize=10, color=style.FALSE_ALARM, markeredgecolor="white",
                      linestyle="none", label="false alarm", zorder=7)  # fmt: skip
        else:
            axes.plot(x, y, marker="*", markersize=13, color=style.INK, markeredgecolor="white", linestyle="none",
                      label="find", zorder=7)  # fmt: skip


def _finish_map(axes: Any, frame: Frame) -> None:
    style.quieten(axes)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlim(frame.left_m, frame.right_m)
    axes.set_ylim(frame.low_m, frame.high_m)
    axes.set_xlabel("ahead of where the coil started (m)")
    axes.set_ylabel("left (m)")


def _draw_strength(axes: Any, session: Session, finds: list[float], result: Score | None, full: int) -> None:
    """Strength along the track, alerts, finds and targets at their places."""
    s_m, strength = session.detect["s_mm"] / 1000, session.detect["strength"]
    axes.fill_between(s_m, strength, color="#b9c4d0", linewidth=0, zorder=2)
    axes.plot(s_m, strength, color=style.INK, linewidth=0.8, zorder=3)
    if session.truth is not None and result is not None:
        for i, target in enumerate(session.truth["targets"]):
            colour = style.MISSED if i in result.missed else style.FOUND
            axes.axvline(float(target["s_m"]), color=colour, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
        for rock in session.truth["hot_rocks"]:
            axes.axvline(float(rock["s_m"]), color=style.ROCK, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    wrong = set(result.false_alarms) if result else set()
    for s_m_found in finds:
        colour, marker = (style.FALSE_ALARM, "v") if s_m_found in wrong else (style.INK, "*")
        axes.plot(s_m_found, 1.08 * full, marker=marker, color=colour, markersize=8, linestyle="none", clip_on=False)
    _mark_unsearched(axes, session)
    style.quieten(axes)
    axes.set_ylim(0, 1.15 * full)
    axes.set_xlabel("along the track (m)")
    axes.set_ylabel("strength")
    axes.margins(x=0.01)


def _mark_unsearched(axes: Any, session: Session) -> None:
    """Ground that the board does not count as searched (`covered` events) is hatched."""
    end_m = float(session.status["s_mm"].max()) / 1000
    turns = [(float(e["from_mm"]) / 1000, int(e["searched"])) for e in session.events if e["kind"] == "covered"]
    for (from_m, searched), (to_m, _) in zip(turns, [*turns[1:], (end_m, 1)], strict=False):
        if not searched and to_m > from_m + _UNSEARCHED_LEAST_M:
            axes.axvspan(from_m, to_m, facecolor="none", edgecolor=style.MISSED, hatch="///", alpha=0.35, linewidth=0,
                         label="not searched")  # fmt: skip


def _title(session: Session, path: Path2d, result: Score | None) -> str:
    driven = f"{path.s_m[-1] - path.s_m[0]:.1f} m driven"
    if weakened := [str(event["stops"]) for event in session.events if event["kind"] == "weakened"]:
        driven += f"; STOPS WEAKENED: {weakened[-1].replace('+', ', ')}"
    if result is None:
        return f"{session.path.stem}: {driven}"
    alarms = len(result.false_alarms)
    words = f"{len(result.found)} of {result.targets} targets found, {len(result.missed)} missed, {alarms} false alarm"
    return f"{session.path.stem}: {words}{'' if alarms == 1 else 's'}; {driven}"
