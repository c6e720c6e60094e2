"""The record of a provisioned board: what it is and holds, and what its self-test said; JSON for programs, Markdown for
a file. Keys are told by their ids, never themselves.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from sapper.shared import weakened
from sapper.shared.settings import TABLE
from sapper.shared.version import VERSION
from sapper.storage.flash_view import DIGEST_MOST
from sapper.storage.name_file import is_name
from sapper_host.board import selftest
from sapper_host.board.key_store import BOARD_NUMBER
from sapper_host.board.settings_text import text_of
from sapper_host.errors import SapperError
from sapper_host.files.whole_file import write
from sapper_host.provision.provision import Found

FORMAT = "sapper-board-record 1"
_VERSION_WORDS = ("sapper", "git", "content", "micropython", "source", "why")
_LABELS = {"sapper": "firmware", "git": "of revision", "content": "its content", "source": "runs from"}
Record = dict[str, Any]


def make(found: Found, at_s: float) -> Record:
    """The record of a run that ended at `at_s` (seconds since 1970)."""
    settings = text_of(found.settings)
    defaults = {row[0]: row[1] for row in TABLE}
    known = defaults | found.settings
    return {
        "format": FORMAT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s)),
        "host": {"sapper": VERSION},
        "board": found.version.get("board", ""),
        "name": found.version.get("name", ""),
        "firmware": {word: found.version[word] for word in _VERSION_WORDS if word in found.version},
        "flash": {
            "from": 0,
            "piece_bytes": DIGEST_MOST,
            "pieces_sha256": found.image,
            "sha256_of_pieces": hashlib.sha256("".join(found.image).encode("ascii")).hexdigest(),
        },
        "settings": {
            "sha256": hashlib.sha256(settings.encode("ascii")).hexdigest(),
            "not_default": {name: value for name, value in found.settings.items() if defaults.get(name) != value},
            "weaken_stops": [row[0] for row in weakened.rows(weakened.bits(known.get))],
            "all": found.settings,
        },
        "keys": {
            "radio": found.radio_key,
            "radio_held_by_this_laptop": found.radio_key_here,
            "team": found.team_key,
        },
        "clock_set_s": found.clock_s,
        "self_test": [check.as_dict() for check in found.checks],
        "passed": selftest.passed(found.checks),
        "steps": [{"step": step, "result": what} for step, what in found.steps],
    }


def markdown(record: Record) -> str:
    """The same as a page to print and file."""
    firmware, keys, settings = record["firmware"], record["keys"], record["settings"]
    held = "this laptop holds it" if keys["radio_held_by_this_laptop"] else "this laptop does not hold it"
    facts = [
        ("board", record["board"]),
        ("name", record["name"]),
        ("time (UTC)", record["time"]),
        ("result", "**passed**" if record["passed"] else "**FAILED**: see the self-test"),
        *((_LABELS.get(word, word), value) for word, value in firmware.items()),
        ("flash, SHA-256 of its pieces' hashes", f"`{record['flash']['sha256_of_pieces']}`"),
        ("settings, SHA-256", f"`{settings['sha256']}`"),
        *([("**weakened stops**", ", ".join(weaker))] if (weaker := settings.get("weaken_stops")) else []),
        ("radio key", keys["radio"] if keys["radio"] == "none" else f"{keys['radio']} ({held})"),
        ("team key", keys["team"]),
        ("provisioned by", f"sapper {record['host']['sapper']}"),
    ]
    checks = [(row["name"], "pass" if row["passed"] else f"**FAIL**: {row['text']}") for row in record["self_test"]]
    steps = [(row["step"], row["result"]) for row in record["steps"]]
    changed = [(f"`{name}`", value) for name, value in settings["not_default"].items()]
    return (
        f"# Sapper board {record['name']}\n\n{_table(('what', ''), facts)}"
        f"\n## Self-test\n\n{_table(('check', 'result'), checks)}"
        + "\n## Settings that differ from their defaults\n\n"
        + (_table(("setting", "value"), changed) if changed else "None.\n")
        + f"\n## What was done\n\n{_table(('step', 'result'), steps)}"
        + "\nTechnician: ______________________  Date: ______________\n"
    )


def _table(head: tuple[str, str], rows: list[tuple[str, Any]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def save(record: Record, folder: Path) -> list[Path]:
    """Write the record as JSON and Markdown, and the settings as a file that can be loaded; their paths.

    Never over another record: a clock that was set back may give the same time twice. SapperError when what the board
    says of itself can be no file's name.
    """
    if not BOARD_NUMBER.fullmatch(record["board"]) or not is_name(record["name"]):
        raise SapperError(
            f"the board calls itself '{record['name']}' and its number '{record['board']}': no record can be named so",
            "try again; the line may have been disturbed",
        )
    stamp = record["time"].replace("-", "").replace(":", "")
    stem = first = f"{record['name']}-{record['board']}-{stamp}"
    number = 1
    while (folder / f"{stem}.json").exists():
        number += 1
        stem = f"{first}-{number}"
    texts = {
        ".json": json.dumps(record, indent=1) + "\n",
        ".md": markdown(record),
        ".settings.txt": text_of(record["settings"]["all"]),
    }
    paths = []
    for ending, text in texts.items():
        paths.append(folder / (stem + ending))
        write(paths[-1], text)
    return paths
