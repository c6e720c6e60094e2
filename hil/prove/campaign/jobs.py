"""What a campaign has to do: its traces, what a result depends on, and which results are there already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.errors import HilError
from sapper_host.outside import json_text

_TRACE_ENDINGS = (".csv", ".mcap")
RESULT_ENDING = ".json"
# Names in the output folder that are not a trace's result.
SUMMARY_NAME = "summary"


@dataclass(frozen=True)
class Conditions:
    """What a result depends on beside its trace. Results made under other conditions are made again."""

    rig: str
    settings: tuple[tuple[str, int], ...]
    low_level_x100: int  # the second run's contact level, for the curve; 0: no second run
    firmware: str  # digest of what runs, plays and scores (made_of.py)
    bench: str = ""  # the file of a bench of hardware

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "rig": self.rig,
            "settings": dict(self.settings),
            "low_level_x100": self.low_level_x100,
            "firmware": self.firmware,
            **({"bench": self.bench} if self.bench else {}),
        }


@dataclass(frozen=True)
class Job:
    """One trace to be replayed."""

    name: str
    path: str
    conditions: Conditions


def find_traces(folder: Path) -> list[Path]:
    """All traces of a folder, by name; HilError when there is none or two share a name."""
    if not folder.is_dir():
        raise HilError(f"{folder} is no folder; give the one that holds the traces")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _TRACE_ENDINGS)
    if not paths:
        raise HilError(f"{folder} holds no traces; they end in {' or '.join(_TRACE_ENDINGS)}")
    seen: dict[str, Path] = {}
    for path in paths:
        if path.stem == SUMMARY_NAME:
            raise HilError(
                f"{path}: a trace cannot be called '{SUMMARY_NAME}', as the campaign's own file is; rename it"
            )
        if path.stem in seen:
            raise HilError(f"{path} and {seen[path.stem].name} have the same name; rename one, or move it elsewhere")
        seen[path.stem] = path
    return paths


def trace_digest(path: Path) -> str:
    """Of a trace and its truth."""
    digest = hashlib.sha256(path.read_bytes())
    truth = path.with_name(path.stem + ".truth.json")
    if truth.exists():
        digest.update(truth.read_bytes())
    return digest.hexdigest()[:16]


def result_path(folder: Path, name: str) -> Path:
    """Where a trace's result stands."""
    return folder / (name + RESULT_ENDING)


def finished(folder: Path, job: Job) -> dict[str, Any] | None:
    """The result of an earlier run, if it was made from the same trace under the same conditions."""
    try:
        record = json_text.read(result_path(folder, job.name))
        made_of = record["campaign"]
        if made_of["conditions"] == job.conditions.as_dict() and made_of["trace"] == trace_digest(Path(job.path)):
            return dict(record)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
