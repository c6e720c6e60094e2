"""What was found on a map, by its number and the operator's verdict; and what really lay there, where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sapper_host.pictures import style
from sapper_host.recordings.contacts import Contact
from sapper_host.recordings.score import Score
from sapper_host.recordings.track import Track
from sapper_host.recordings.truth import Truth

# Verdict -> the star's filling, and its words; any other has none.
_VERDICTS = {"mine": (style.INK, "find: mine"), "clutter": ("white", "find: clutter")}
_NO_VERDICT = (style.QUIET, "find: no verdict, or unknown")


def false_alarms(contacts: Sequence[Contact], result: Score | None) -> set[int]:
    """Numbers of the contacts that belong to no target."""
    wrong = set(result.false_alarms) if result else set()
    return {contact.number for contact in contacts if contact.s_mm / 1000 in wrong}


def find_look(contact: Contact, wrong: set[int]) -> dict[str, Any]:
    """How a find is drawn: a star by its verdict; a triangle when it is known that nothing was there."""
    marker, (colour, label) = "*", _VERDICTS.get(contact.verdict, _NO_VERDICT)
    if contact.number in wrong:
        marker, colour, label = "v", style.FALSE_ALARM, "false alarm"
    edge = style.INK if colour == "white" else "white"
    return {
        "marker": marker,
        "markerfacecolor": colour,
        "markeredgecolor": edge,
        "markeredgewidth": 0.7,
        "label": label,
    }


def draw_finds(axes: Any, contacts: Sequence[Contact], wrong: set[int]) -> None:
    """The finds of a part, numbered; a ring around those that the marker fired on."""
    for contact in contacts:
        if contact.x_mm is None or contact.y_mm is None:
            continue
        x, y = contact.x_mm / 1000, contact.y_mm / 1000
        look = find_look(contact, wrong)
        axes.plot(x, y, markersize=14 if look["marker"] == "*" else 10, linestyle="none", zorder=7, **look)
        if contact.marked:
            axes.plot(x, y, marker="o", markersize=19, markerfacecolor="none", markeredgecolor=style.MARK,
                      markeredgewidth=1.6, linestyle="none", label="marked", zorder=6)  # fmt: skip
        axes.annotate(str(contact.number), (x, y), xytext=(10, 7), textcoords="offset points", fontsize=10,
                      fontweight="bold", color=style.INK, zorder=8, bbox=style.LABEL_BOX)  # fmt: skip


def draw_truth(axes: Any, track: Track, truth: Truth, result: Score) -> None:
    """Targets as rings, filled by what became of them, and hot rocks."""
    found = {match.target for match in result.found}
    for i, target in enumerate(truth["targets"]):
        x, y = track.along(float(target["s_m"]), float(target["lateral_m"]))
        missed = i in result.missed
        colour = style.FOUND if i in found else style.MISSED if missed else style.QUIET
        text = "target, found" if i in found else "target, missed" if missed else "target, not reached"
        axes.plot(
            x, y, marker="X" if missed else "o", markersize=11, markerfacecolor="white" if not missed else colour,
            markeredgecolor=colour, markeredgewidth=2, linestyle="none", label=text, zorder=5,
        )  # fmt: skip
        above = float(target["lateral_m"]) >= 0
        axes.annotate(
            style.label(target["name"]), (float(x), float(y)), xytext=(0, 14 if above else -14),
            textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize=8, color=colour,
            zorder=6,
        )  # fmt: skip
    for rock in truth["hot_rocks"]:
        x, y = track.along(float(rock["s_m"]))
        axes.plot(x, y, marker="D", markersize=6, markerfacecolor="white", markeredgecolor=style.ROCK, linestyle="none",
                  label="hot rock", zorder=4)  # fmt: skip
