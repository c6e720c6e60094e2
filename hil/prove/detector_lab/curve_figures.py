"""Two pictures for a technician: what share of objects is found by their size, and what is needed by speed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from hil.prove.detector_lab.curves import BY, GROUNDS, SPEEDS_M_S, Object, chosen, curve_of

# (which, its words, colour, line)
_WHO = (
    ("contact", "marked on the map (contact)", "tab:blue", "-"),
    ("alert", "stops the rover (alert)", "tab:orange", "-"),
    ("chance", "no detector finds more (bound)", "0.5", "--"),
)
_SIZES = (1.0, 40.0)
_TICKS = (1, 2, 3, 5, 10, 20, 40)
_BINS = 6
_LEAST_IN_A_BIN = 5


def found_figure(path: Path, objects: Sequence[Object]) -> None:
    """A row a ground, a column a speed: fitted curves, and dots of the shares in bins of size."""
    figure, axes = plt.subplots(
        len(GROUNDS), len(SPEEDS_M_S), figsize=(13, 6.2), sharex=True, sharey=True, squeeze=False
    )
    for row, ground in zip(axes, GROUNDS.values(), strict=True):
        for axis, speed in zip(row, SPEEDS_M_S, strict=True):
            _panel(axis, chosen(objects, ground, speed))
            axis.set_title(f"{ground}, {speed:g} m/s", fontsize=10)
            axis.grid(alpha=0.3, which="both")
        row[0].set_ylabel("share found")
    for axis in axes[-1]:
        axis.set_xlabel("size of the object, sigma")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(_WHO), frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    _save(figure, path)


def _panel(axis: Any, some: Sequence[Object]) -> None:
    axis.set(xscale="log", xlim=_SIZES, ylim=(-0.03, 1.03))
    axis.set_xticks(_TICKS, [f"{tick}" for tick in _TICKS])
    axis.minorticks_off()
    if not some:
        return
    x = np.geomspace(*_SIZES, 200)
    sizes = np.array([one.size for one in some])
    edges = np.quantile(sizes, np.linspace(0, 1, _BINS + 1))
    for who, words, colour, line in _WHO:
        axis.plot(x, curve_of(some, who).share(x), line, color=colour, label=words)
        if who != "chance":
            hits = np.array([float(getattr(one, who)) for one in some])
            for low, high in zip(edges, edges[1:], strict=False):
                here = (sizes >= low) & (sizes <= high)
                if here.sum() >= _LEAST_IN_A_BIN:
                    axis.plot(np.median(sizes[here]), hits[here].mean(), "o", color=colour, ms=4)


def needed_figure(path: Path, objects: Sequence[Object]) -> None:
    """By speed: the size, and the signal-to-noise of a frame, of which half is found, and nine of ten."""
    figure, axes = plt.subplots(len(BY), len(GROUNDS), figsize=(10, 7), sharex=True, sharey="row", squeeze=False)
    for row, (by, words) in zip(axes, BY.items(), strict=True):
        for axis, ground in zip(row, GROUNDS.values(), strict=True):
            _needed(axis, [(speed, some) for speed in SPEEDS_M_S if (some := chosen(objects, ground, speed))], by)
            axis.set(ylim=(0, None), xticks=SPEEDS_M_S)
            axis.grid(alpha=0.3)
        row[0].set_ylabel(words)
    for axis, ground in zip(axes[0], GROUNDS.values(), strict=True):
        axis.set_title(ground)
    for axis in axes[-1]:
        axis.set_xlabel("speed, m/s")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(_WHO), frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    _save(figure, path)


def _needed(axis: Any, by_speed: Sequence[tuple[float, Sequence[Object]]], by: str) -> None:
    for who, words, colour, _ in _WHO:
        curves = [curve_of(some, who, by) for _, some in by_speed]
        for share, line in ((0.9, "-"), (0.5, ":")):
            label = f"{words}: {share:.0%}"
            axis.plot([v for v, _ in by_speed], [c.at(share) for c in curves], "o" + line, color=colour, label=label)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(f"wrote {path}")
