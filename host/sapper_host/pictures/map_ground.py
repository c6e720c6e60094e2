"""The ground of a map: the swath, searched or not, and the coil's path in the colours of the detector's strength."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper_host.pictures import style
from sapper_host.recordings.searched import Run
from sapper_host.recordings.strength import Strength
from sapper_host.recordings.track import Track

Floats = NDArray[np.float64]

# A bend is drawn in pieces of this length; a straight line needs no more.
_PIECE_M = 0.02
# Over so long without DETECT frames the path between two of them is a guess.
_LOST_MS = 2500


def draw_swath(axes: Any, track: Track, runs: Sequence[Run], swath_m: float) -> None:
    """The coil's swath over the ground: searched as a band, not searched as hatching. Ground that was searched once
    shows as that, whatever else went over it."""
    from matplotlib.collections import PolyCollection

    for searched in (False, True):
        boxes = [box for run in runs if run.searched == searched for box in _boxes(track, run, swath_m / 2)]
        if not boxes:
            continue
        if searched:
            look: dict[str, Any] = {"facecolor": style.SEARCHED, "edgecolor": style.SEARCHED, "linewidth": 0.3}
        else:
            look = {"facecolor": "white", "edgecolor": style.NOT_SEARCHED, "hatch": "////", "linewidth": 0}
        label = "searched" if searched else "driven, not searched"
        axes.add_collection(PolyCollection(boxes, label=label, zorder=1.2 if searched else 1, **look))


def _boxes(track: Track, run: Run, half_m: float) -> list[Floats]:
    """The swath of a run as quadrangles, one for each piece of the way."""
    inner = (track.t_ms > run.from_t_ms) & (track.t_ms < run.to_t_ms)
    t_ms = np.concatenate(([run.from_t_ms], track.t_ms[inner], [run.to_t_ms]))
    x, y = track.at(t_ms)
    heading = np.interp(t_ms, track.t_ms, track.heading_rad)
    went = np.concatenate(([0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()))
    keep = np.concatenate(([True], np.diff(np.floor(went / _PIECE_M)) > 0))
    keep[-1] = went[-1] > 0
    x, y, heading = x[keep], y[keep], heading[keep]
    left = np.stack((x - half_m * np.sin(heading), y + half_m * np.cos(heading)), axis=1)
    right = np.stack((x + half_m * np.sin(heading), y - half_m * np.cos(heading)), axis=1)
    return list(np.stack((left[:-1], left[1:], right[1:], right[:-1]), axis=1))


def draw_strength_path(axes: Any, told: Strength, track: Track, full: int) -> Any:
    """The coil's path coloured by strength up to `full`, its start and its end; returns what a colour bar needs."""
    from matplotlib.collections import LineCollection

    lines = LineCollection(
        list(_around(np.stack((told.x_m, told.y_m), axis=1), told.t_ms)), cmap=style.strength_colours(),
        array=told.strength, linewidths=4, capstyle="round", zorder=2,
    )  # fmt: skip
    lines.set_clim(0, full)
    axes.add_collection(lines)
    for at, marker, size, label in ((0, "|", 14, "start"), (-1, ">", 8, "end")):
        axes.plot(track.x_m[at], track.y_m[at], marker=marker, markersize=size, color=style.INK, linestyle="none",
                  label=label, zorder=3)  # fmt: skip
    return lines


def _around(places: Floats, t_ms: Floats) -> Floats:
    """For each place the way from the middle between it and the one before to the middle to the next, (n, 3, 2);
    nothing is drawn between those that are too far apart in time."""
    between = (places[:-1] + places[1:]) / 2
    heard = (np.diff(t_ms) <= _LOST_MS)[:, None]
    begin, end = places.copy(), places.copy()
    begin[1:] = np.where(heard, between, places[1:])
    end[:-1] = np.where(heard, between, places[:-1])
    return np.stack((begin, places, end), axis=1)
