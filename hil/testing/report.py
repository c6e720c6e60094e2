"""One HTML file of a session's scenarios: what passed, what failed with its picture and last words, what is flaky.

The page stands alone (pictures in it); recordings and whole consoles lie beside it. The template is report.html.jinja.
"""

from __future__ import annotations

import base64
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.testing.book import Verdict
from sapper_host.files.whole_file import write
from sapper_host.outside.text import shown_lines

_TEMPLATE = Path(__file__).with_name("report.html.jinja")
FACT = "sapper_"  # what properties of ours begin with, in JUnit files too
EVIDENCE = ("timeline", "recording", "console", "bytes", "facts")
_OF_THE_RIG = (
    *("version", "board", "instrument", "firmware", "firmware_file", "firmware_file_sha256", "instrument_file_sha256"),
    *("flashed", "verified_bytes", "settings_not_default", "time_resolution_ns"),
)
_NOT_SHOWN = ("why", "folder", "last_lines", "told", "in_book", *EVIDENCE)
_ORDER = {"failed": 0, "error": 1, "passed": 2, "skipped": 3}


@dataclass
class Shown:
    """A scenario's run, as the page has it. properties: what was noted of it, names without FACT."""

    name: str
    outcome: str
    duration_s: float
    why: str = ""
    trace: str = ""
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        """Whether it failed, or could not be run to its end."""
        return self.outcome in ("failed", "error")


@dataclass
class Session:
    """All of them. told: what people have to know beside the results."""

    began_s: float
    folder: Path
    revision: str
    book: str = ""
    runs: list[Shown] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    verdicts: Sequence[Verdict] = ()


def summary(runs: Sequence[Shown]) -> str:
    """'9 passed, 1 failed, 2 skipped'."""
    counts = {outcome: sum(run.outcome == outcome for run in runs) for outcome in _ORDER}
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or "none was run"


def write_report(session: Session) -> Path:
    """Make it; its path. HilError without Jinja2, SapperError where it cannot be written."""
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise HilError("a report needs Jinja2: `pip install 'sapper[bench]'`") from None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    runs = sorted(session.runs, key=lambda run: _ORDER[run.outcome])
    page = template.render(
        summary=summary(runs),
        bad=any(run.bad for run in runs),
        began=f"{datetime.fromtimestamp(session.began_s, UTC):%Y-%m-%d %H:%M:%S} UTC",
        host=platform.node(),
        seconds=f"{time.time() - session.began_s:.0f}",
        revision=session.revision,
        told=session.told,
        rigs=_rigs(runs),
        rows=[_row(i, run, session.folder) for i, run in enumerate(runs)],
        flaky=session.verdicts,
        book=session.book,
    )
    path = session.folder / "report.html"
    write(path, page, sync=False)
    return path


def _rigs(runs: Sequence[Shown]) -> list[dict[str, Any]]:
    """Each rig and firmware once, with what the check of it found."""
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for run in runs:
        of = run.properties
        if of.get("version"):
            facts = [(name, of[name]) for name in _OF_THE_RIG if of.get(name)]
            found.setdefault((of["rig"], of["firmware"], of["board"]), facts)
    return [{"name": key[0], "facts": facts} for key, facts in found.items()]


def _row(number: int, run: Shown, folder: Path) -> dict[str, Any]:
    of = run.properties
    at = Path(of.get("folder", ""))
    files = [(of[name], (at / of[name]).as_posix()) for name in EVIDENCE if of.get(name)]
    return {
        "name": run.name,
        "rig": of.get("rig", ""),
        "outcome": run.outcome,
        "note": run.why if run.outcome == "skipped" else "",
        "duration": f"{run.duration_s:.1f} s",
        "anchor": f"run-{number}" if run.bad else "",
        "why": run.why,
        "trace": shown_lines(run.trace),
        "picture": _inlined(folder / at / of["timeline"]) if of.get("timeline") else "",
        "last_lines": of.get("last_lines", ""),
        "files": files,
        "problems": [f"no {name}: {of[f'{name}_problem']}" for name in EVIDENCE if of.get(f"{name}_problem")],
        "facts": [
            (name, value) for name, value in of.items() if value and name not in _NOT_SHOWN and "_problem" not in name
        ],
    }


def _inlined(picture: Path) -> str:
    try:
        return base64.b64encode(picture.read_bytes()).decode("ascii")
    except OSError:  # an artefact that somebody took away meanwhile
        return ""
