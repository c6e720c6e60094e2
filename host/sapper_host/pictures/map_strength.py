"""The strip below a map: the detector's strength along the track, finds, targets, and ground that was not searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sapper_host.pictures import style
from sapper_host.pictures.map_finds import find_look
from sapper_host.recordings.contacts import Contact
from sapper_host.recordings.score import Score
from sapper_host.recordings.searched import Run
from sapper_host.recordings.strength import Strength
from sapper_host.recordings.truth import Truth

# Standing over a find the board counts no ground as searched; the few centimetres it rolls are not worth a mark here.
_UNSEARCHED_LEAST_M = 0.15


def draw_strength(
    axes: Any, told: Strength, contacts: Sequence[Contact], wrong: set[int], runs: Sequence[Run], full: int
) -> None:
    """Strength along the track up to `full`, finds by their numbers at their places, not searched ground hatched."""
    axes.fill_between(told.s_m, told.strength, color="#b9c4d0", linewidth=0, zorder=2)
    axes.plot(told.s_m, told.strength, color=style.INK, linewidth=0.8, zorder=3)
    for contact in contacts:
        s = contact.s_mm / 1000
        look = find_look(contact, wrong) | {"label": None}
        axes.plot(s, 1.08 * full, markersize=9, linestyle="none", clip_on=False, zorder=4, **look)
        axes.annotate(str(contact.number), (s, 1.08 * full), xytext=(6, 2), textcoords="offset points", fontsize=8,
                      color=style.INK, annotation_clip=False)  # fmt: skip
    for run in runs:
        if not run.searched and run.length_m > _UNSEARCHED_LEAST_M:
            axes.axvspan(run.from_mm / 1000, run.to_mm / 1000, facecolor="none", edgecolor=style.NOT_SEARCHED,
                         hatch="////", linewidth=0, zorder=1)  # fmt: skip
    style.quieten(axes)
    axes.set_ylim(0, 1.15 * full)
    axes.set_xlabel("along the track (m)")
    axes.set_ylabel("strength")
    axes.margins(x=0.01)


def draw_truth_lines(axes: Any, truth: Truth, result: Score) -> None:
    """Where targets and hot rocks are."""
    for i, target in enumerate(truth["targets"]):
        colour = style.MISSED if i in result.missed else style.FOUND
        axes.axvline(float(target["s_m"]), color=colour, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    for rock in truth["hot_rocks"]:
        axes.axvline(float(rock["s_m"]), color=style.ROCK, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
