"""The map of a session: where the coil went, searched or not, how strong the detector read, and what was found.

Each part of a session is a map of its own: where the frame of one lies in that of another is not known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sapper.shared.events import WEAKENED
from sapper_host.pictures import style
from sapper_host.pictures.map_finds import draw_finds, draw_truth, false_alarms
from sapper_host.pictures.map_frame import Frame, frame_of
from sapper_host.pictures.map_ground import draw_strength_path, draw_swath
from sapper_host.pictures.map_list import draw_list, list_height_in
from sapper_host.pictures.map_strength import draw_strength, draw_truth_lines
from sapper_host.recordings.parts import Part
from sapper_host.recordings.strength import strength_of
from sapper_host.recordings.survey import Survey
from sapper_host.recordings.track import Track

_WIDTH_IN = 11.0
_STRIP_IN = 1.9
_BETWEEN_IN = 1.3  # titles, axes and legend of a part
_PARTS_MOST = 8
_STRENGTH_MAX = 1000
_STRENGTH_LEAST = 300
_DEFAULT_SWATH_M = 0.5


def plot_map(survey: Survey, target: Path) -> None:
    """Draw the map of a session into `target` (.png, .svg, .pdf).

    Raises SapperError when the picture cannot be written.
    """
    parts = (survey.shown() or [p for p in survey.parts if p.number in survey.tracks])[:_PARTS_MOST]
    frames = [_frame(survey, part) for part in parts]
    contacts = survey.joined.contacts
    heights = [height for frame in frames for height in (frame.height_in, _STRIP_IN)] + [list_height_in(contacts)]
    fig = style.figure(_WIDTH_IN, sum(heights) + _BETWEEN_IN * len(parts) + 0.8)
    rows = fig.subplots(len(heights), 1, height_ratios=heights)
    full = strength_full(survey)
    for i, (part, frame) in enumerate(zip(parts, frames, strict=True)):
        _draw_part(fig, rows[2 * i], rows[2 * i + 1], survey, part, frame, full)
        if len(survey.parts) > 1:
            rows[2 * i].set_title(part_words(survey, part), fontsize=9.5, loc="left")
    draw_list(rows[-1], contacts)
    fig.suptitle(title(survey, len(parts)), fontsize=11, fontweight="bold", x=0.01, ha="left")
    _legend(fig, rows[:-1])
    style.save(fig, target)


def _frame(survey: Survey, part: Part) -> Frame:
    truth = survey.session.truth if survey.score is not None and part.number == survey.scored_part else None
    return frame_of(survey.tracks[part.number], _contacts(survey, part), truth)


def _contacts(survey: Survey, part: Part) -> list[Any]:
    return [contact for contact in survey.joined.contacts if contact.part == part.number]


def _draw_part(fig: Any, top: Any, bottom: Any, survey: Survey, part: Part, frame: Frame, full: int) -> None:
    track, contacts = survey.tracks[part.number], _contacts(survey, part)
    runs = [run for run in survey.runs if run.part == part.number]
    truth = survey.session.truth
    result = survey.score if part.number == survey.scored_part else None
    wrong = false_alarms(contacts, result)
    draw_swath(top, track, runs, float(truth["swath_m"]) if truth else _DEFAULT_SWATH_M)
    told = strength_of(part, track)
    lines = draw_strength_path(top, told, track, full)
    draw_finds(top, contacts, wrong)
    draw_strength(bottom, told, contacts, wrong, runs, full)
    if truth is not None and result is not None:
        draw_truth(top, track, truth, result)
        draw_truth_lines(bottom, truth, result)
    style.quieten(top)
    top.set_aspect("equal", adjustable="box")
    top.set_xlim(frame.left_m, frame.right_m)
    top.set_ylim(frame.low_m, frame.high_m)
    where = "boot" if part.boot is not None else "board's 0"
    top.set_xlabel(f"x: ahead at the {where} (m)")
    top.set_ylabel("y: left (m)")
    fig.colorbar(lines, ax=top, label=f"strength (of {_STRENGTH_MAX})", pad=0.01, aspect=8 * frame.height_in)
    if _nearly_straight(track):
        bottom.set_xlim(*(limit - float(track.x_m[0] - track.s_m[0]) for limit in top.get_xlim()))


def _nearly_straight(track: Track) -> bool:
    """Whether places along the track and ahead agree, so that one picture can stand over the other."""
    off = (track.x_m - track.x_m[0]) - (track.s_m - track.s_m[0])
    return bool(np.abs(off).max() < 0.02 * max(1.0, float(np.ptp(track.s_m))))


def strength_full(survey: Survey) -> int:
    """The top of the strength scale: the strongest seen, rounded up to a hundred, so that weak sessions show too."""
    strength = survey.session.detect["strength"]
    strongest = float(strength.max()) if len(strength) else 0.0
    return int(np.clip(np.ceil(strongest / 100) * 100, _STRENGTH_LEAST, _STRENGTH_MAX))


def _legend(fig: Any, rows: Any) -> None:
    named = [axes.get_legend_handles_labels() for axes in rows]
    unique = {label: handle for handles, labels in named for handle, label in zip(handles, labels, strict=True)}
    fig.legend(
        unique.values(), unique.keys(), loc="outside lower center", ncols=6, columnspacing=1.4, handletextpad=0.5,
        frameon=False, fontsize=8.5,
    )  # fmt: skip


def part_words(survey: Survey, part: Part) -> str:
    """What stands over a part's map."""
    words = f"{part.name[0].upper()}{part.name[1:]}: {_way(survey, part)}"
    return f"{words}\nnot joined with what was before: {part.apart}" if part.apart else words


def _way(survey: Survey, part: Part) -> str:
    return f"{part.driven_m:.1f} m driven, {survey.searched_m[part.number]:.1f} m searched"


def title(survey: Survey, drawn: int) -> str:
    """What stands over the map."""
    words = []
    if (result := survey.score) is not None:
        alarms = len(result.false_alarms)
        words.append(f"{len(result.found)} of {result.targets} targets found, {len(result.missed)} missed")
        words.append(f"{alarms} false alarm{'' if alarms == 1 else 's'}")
    finds = len(survey.joined.contacts)
    words.append(f"{finds} find{'' if finds == 1 else 's'}, {sum(c.marked for c in survey.joined.contacts)} marked")
    if len(survey.parts) == 1:
        words.append(_way(survey, survey.parts[0]))
    else:
        words.append(f"{len(survey.parts)} PARTS WHOSE PLACES CANNOT BE JOINED, {drawn} drawn")
    if weakened := [str(event.get("stops")) for event in survey.session.events if event["kind"] == "weakened"]:
        words.append(f"STOPS WEAKENED: {', '.join(name for name in weakened[-1].split('+') if name in WEAKENED)}")
    return f"{style.label(survey.session.path.stem)}: {'; '.join(words)}"
