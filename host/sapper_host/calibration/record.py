"""The dated record of a calibration or a test-piece check: JSON, beside its picture."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sapper.shared.version import VERSION
from sapper_host.board.key_store import BOARD_NUMBER
from sapper_host.board.settings import Changes
from sapper_host.calibration.steps import Outcome
from sapper_host.errors import SapperError
from sapper_host.files.whole_file import write

FORMAT = "sapper-calibration 1"
_FIRMWARE = ("sapper", "git", "content", "source")
Record = dict[str, Any]


def make(outcome: Outcome, changes: Changes, head_name: str, where: str, at_s: float) -> Record:
    """The record of what ended at `at_s` (seconds since 1970). where: 'board', or the rig it was played on."""
    version = outcome.version
    return {
        "format": FORMAT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s)),
        "kind": "check" if outcome.only_check else "calibration",
        "passed": outcome.passed,
        "host": {"sapper": VERSION},
        "where": where,
        "board": version.get("board", ""),
        "name": version.get("name", ""),
        "firmware": {word: version[word] for word in _FIRMWARE if word in version},
        "head": {"name": head_name, **_figures(outcome.head)},
        "ground": _figures(outcome.ground),
        "piece": {**asdict(outcome.piece), "judged": _figures(outcome.judged)},
        "findings": [each.as_dict() for each in outcome.findings],
        "settings": {
            "before": outcome.met,
            "found": outcome.wanted,
            "changed": [{"name": name, "before": old, "now": new} for name, old, new in changes.rows],
            "saved": changes.saved,
        },
    }


def _figures(step: Any) -> dict[str, Any]:
    if step is None:
        return {}
    figures = asdict(step)
    figures.pop("findings")
    return figures


def stem(record: Record, folder: Path) -> Path:
    """Of a record's files, in `folder`; of no other's. SapperError when the board's number can be no file's name."""
    if not BOARD_NUMBER.fullmatch(record["board"]):
        raise SapperError(
            f"the board calls its number '{record['board']}': no record can be named so",
            "try again; the line may have been disturbed",
        )
    stamp = record["time"].replace("-", "").replace(":", "")
    first = f"{record['kind']}-{record['board']}-{stamp}"
    name, number = first, 1
    while (folder / f"{name}.json").exists():
        number += 1
        name = f"{first}-{number}"
    return folder / name


def save(record: Record, path: Path) -> None:
    """Write it, whole or not at all."""
    write(path, json.dumps(record, indent=1) + "\n")
