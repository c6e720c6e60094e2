"""A picture of a trace: the gates, what lay in the ground, the encoders and the supply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper_host.pictures import style
from sapper_host.recordings.trace import Trace, ticks_per_m
from sapper_host.recordings.truth import Truth

Floats = NDArray[np.float64]
_DELAYS = ("gate 0 (early)", "gate 1", "gate 2 (late)")


def plot_trace(trace: Trace, target: Path, against_time: bool = False) -> None:
    """Draw a trace into `target`; each gate against its own median. SapperError when it cannot be written.

    Against distance when the trace has encoder counts, unless `against_time`.
    """
    s_m = trace.s_m(ticks_per_m(trace))
    along_track = not against_time and not np.isnan(s_m).all() and float(np.nanmax(s_m) - np.nanmin(s_m)) > 0.1
    x = s_m if along_track else trace.t_s
    fig = style.figure(11.0, 7.6)
    gates = fig.subplots(5, 1, sharex=True, height_ratios=[2, 2, 2, 1, 1])
    for i in range(3):
        values = trace.gates_mv[:, i] - np.nanmedian(trace.gates_mv[:, i])
        gates[i].plot(x, values, color=style.GATES[i], linewidth=0.7)
        gates[i].set_ylabel(f"{_DELAYS[i]}\nmV")
    _draw_motion(gates[3], trace, s_m, x, along_track)
    gates[4].plot(x, trace.vsys_mv / 1000, color=style.INK, linewidth=0.8)
    gates[4].set_ylabel("supply\nV")
    gates[4].set_xlabel("along the track (m)" if along_track else "time (s)")
    for axes in gates:
        style.quieten(axes)
        axes.margins(x=0.01)
    if trace.truth is not None:
        _draw_truth(gates, trace, trace.truth, s_m, along_track)
    fig.align_ylabels(list(gates))
    fig.suptitle(_title(trace), fontsize=11, fontweight="bold", x=0.01, ha="left")
    style.save(fig, target)


def _draw_motion(axes: Any, trace: Trace, s_m: Floats, x: Floats, along_track: bool) -> None:
    """Speed when the axis is distance; distance when it is time."""
    if along_track and len(s_m) > 2:
        speed = np.gradient(s_m, trace.t_s)
        width = min(len(speed), max(1, int(0.25 * trace.frame_hz)))
        mean = np.convolve(speed, np.ones(width) / width, mode="valid")
        axes.plot(x[(width - 1) // 2 :][: len(mean)], mean, color=style.INK, linewidth=0.8)
        axes.set_ylabel("speed\nm/s")
    else:
        axes.plot(x, s_m, color=style.INK, linewidth=0.8)
        axes.set_ylabel("distance\nm")


def _draw_truth(gates: Any, trace: Trace, truth: Truth, s_m: Floats, along_track: bool) -> None:
    """Targets and rocks as lines at their places, stuck gates as hatched spans."""

    def place(at_m: float) -> float:
        return at_m if along_track else float(np.interp(at_m, s_m, trace.t_s))

    for axes in gates[:3]:
        for target in truth["targets"]:
            axes.axvline(place(target["s_m"]), color=style.MISSED, linewidth=1, linestyle=(0, (4, 2)), zorder=0)
        for rock in truth["hot_rocks"]:
            axes.axvline(place(rock["s_m"]), color=style.ROCK, linewidth=1, linestyle=(0, (1, 2)), zorder=0)
    for target in truth["targets"]:
        _label(gates[0], place(target["s_m"]), target["name"] or "target", style.MISSED)
    for rock in truth["hot_rocks"]:
        _label(gates[0], place(rock["s_m"]), "hot rock", style.ROCK)
    for stuck in truth["stuck"]:
        times = np.array([stuck["t0"], stuck["t1"]])
        low, high = np.interp(times, trace.t_s, s_m) if along_track else times
        gates[stuck["gate"]].axvspan(low, high, facecolor="#f5d0d0", edgecolor=style.MISSED, hatch="//", alpha=0.5)
        gates[stuck["gate"]].annotate("stuck", ((low + high) / 2, 0.05), xycoords=("data", "axes fraction"),
                                      ha="center", fontsize=8, color=style.MISSED)  # fmt: skip


def _label(axes: Any, x: float, text: str, colour: str) -> None:
    axes.annotate(style.label(text), (x, 1.02), xycoords=("data", "axes fraction"), rotation=25, ha="left", va="bottom",
                  fontsize=7.5, color=colour, annotation_clip=False)  # fmt: skip


def _title(trace: Trace) -> str:
    words = f"{style.label(trace.name)}: {trace.duration_s:.1f} s at {trace.frame_hz:.0f} Hz"
    gaps = len(trace.gaps())
    if gaps:
        words += f", {gaps} gap{'' if gaps == 1 else 's'}"
    return words if trace.truth else words + ", no truth"
