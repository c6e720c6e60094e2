"""What a session came to: its parts, what was found and searched in each, and the score where the truth is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sapper_host.recordings.contacts import Joined, join
from sapper_host.recordings.parts import Part, parts_of
from sapper_host.recordings.score import FOUND_WITHIN_M, Score, score
from sapper_host.recordings.searched import Run, runs_of
from sapper_host.recordings.session import Session
from sapper_host.recordings.track import Track, track_of

_DRIVEN_LEAST_M = 0.1


@dataclass(frozen=True)
class Survey:
    """A session, taken apart and joined.

    tracks: the coil's path in each part that has a STATUS, by the part's number. runs: searched and not searched
    ground, part by part; searched_m: how much of each part's way was searched. A truth tells places of the first part
    that was driven, `scored_part`; score is None without one.
    """

    session: Session
    parts: tuple[Part, ...]
    tracks: dict[int, Track]
    joined: Joined
    runs: tuple[Run, ...]
    searched_m: dict[int, float]
    scored_part: int
    score: Score | None

    def shown(self) -> list[Part]:
        """The parts in which there is something to see: driven, or found."""
        found = {contact.part for contact in self.joined.contacts}
        return [
            part
            for part in self.parts
            if part.number in self.tracks and (part.driven_m >= _DRIVEN_LEAST_M or part.number in found)
        ]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "parts": [
                {
                    "number": part.number,
                    "boot": part.boot,
                    "apart": part.apart,
                    "from_t_ms": int(part.status["t_ms"][0]) if part.number in self.tracks else None,
                    "to_t_ms": int(part.status["t_ms"][-1]) if part.number in self.tracks else None,
                    "driven_m": round(part.driven_m, 3),
                    "searched_m": round(self.searched_m[part.number], 3),
                }
                for part in self.parts
            ],
            "contacts": [contact.as_dict() for contact in self.joined.contacts],
            "marks": [mark.as_dict() for mark in self.joined.marks],
            "verdicts_on_nothing": [{"part": part, "t_ms": t_ms} for part, t_ms in self.joined.loose_verdicts],
            "ground": [asdict(run) for run in self.runs],
            "score": None if self.score is None else self.score.as_dict(),
        }


def survey_of(session: Session) -> Survey:
    """Take a session apart, and join what belongs together."""
    parts = tuple(parts_of(session))
    tracks = {part.number: track_of(part) for part in parts if len(part.status["t_ms"])}
    joined = join(parts)
    scored = next((p for p in parts if p.number in tracks and p.driven_m >= _DRIVEN_LEAST_M), parts[0])
    result = None
    if session.truth is not None and scored.number in tracks:
        finds_m = [contact.s_mm / 1000 for contact in joined.contacts if contact.part == scored.number]
        result = score(finds_m, session.truth, float(tracks[scored.number].s_m.max()) + FOUND_WITHIN_M)
    runs = {part.number: runs_of(part) for part in parts}
    searched_m = {number: sum(run.length_m for run in each if run.searched) for number, each in runs.items()}
    every = tuple(run for each in runs.values() for run in each)
    return Survey(session, parts, tracks, joined, every, searched_m, scored.number, result)
