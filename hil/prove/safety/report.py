"""What a run of the scenarios says: the table, build/safety.json, and a page with the worst moments drawn."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hil.prove.measured_on import EMULATED, NOT_ON_SILICON, SILICON
from hil.prove.safety.against import Against, text, title
from hil.prove.safety.scenarios import Scenario
from hil.prove.safety.timeline import value_at
from hil.prove.safety.trial import Trial
from hil.prove.safety.ways import OF_THE_WORLD
from hil.rigs.registry import FOR_TIME

_WIDTH, _LEFT, _LANE, _GAP = 860, 110, 26, 12
_LABEL, _LABEL_ROWS, _LETTER = 13, 4, 7
_START = {"alert": "first sample", "blind": "first sample", "drive": "last drive command"}
_STATE_FILL = {"SAFE": "#9aa5b1", "ARMED": "#f0c808", "TELEOP": "#3a86ff", "SWEEP": "#2a9d8f", "CONTACT": "#9b5de5",
               "STOPPED": "#e76f51", "FAULT": "#b00020"}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A scenario's moments, summed up. us; worst is None when one of them never did what it must."""

    scenario: Scenario
    worst_us: float | None
    median_us: float | None
    runs: int
    ok: bool
    wrong: tuple[str, ...]
    worst: Trial
    repeats: tuple[str, ...] = ()  # what had to be tried again, each time
    drawn_again: int = 0  # moments that could not be judged, so that others were drawn

    @property
    def remarks(self) -> tuple[str, ...]:
        """What people are to read beside the figures."""
        drawn = (f"{self.drawn_again} moments drawn again",) if self.drawn_again else ()
        return (*self.wrong, *(f"TRIED AGAIN: {what}" for what in sorted(set(self.repeats))), *drawn)

    def as_dict(self) -> dict[str, object]:
        """As in build/safety.json."""
        told = _told(self.scenario, self.worst_us, self.median_us, self.runs, self.ok, self.wrong)
        return told | {"tried_again": list(self.repeats), "drawn_again": self.drawn_again} | self.worst.ways.as_dict()


@dataclass(frozen=True)
class NotRun:
    """A scenario that the rig could not be asked: `why` says which capability it lacks. Never counts as kept."""

    scenario: Scenario
    why: str

    def as_dict(self) -> dict[str, object]:
        """As in build/safety.json."""
        return _told(self.scenario, None, None, 0, False, ()) | {"not_run": self.why}


def _told(
    scenario: Scenario, worst_us: float | None, median_us: float | None, runs: int, ok: bool, wrong: Sequence[str]
) -> dict[str, object]:
    return {
        "requirement": title(scenario),
        "limit_us": scenario.limit_us,
        "unit": "us" if scenario.is_time else "u" + scenario.limit.unit.removeprefix("m"),
        "worst_us": worst_us,
        "median_us": median_us,
        "runs": runs,
        "ok": ok,
        "wrong": list(wrong),
    }


def rows(trials: Iterable[Trial]) -> list[Row]:
    """One row a scenario, in the order of their first trial."""
    groups: dict[Scenario, list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[trial.scenario].append(trial)
    return [_row(scenario, group) for scenario, group in groups.items()]


def _row(scenario: Scenario, group: list[Trial]) -> Row:
    known = [trial.latency_us for trial in group if trial.latency_us is not None]
    worst = max(group, key=lambda t: (bool(t.wrong or t.repeats), t.latency_us is None, t.latency_us or 0.0))
    return Row(
        scenario,
        max(known) if len(known) == len(group) else None,
        median(known) if known else None,
        len(group),
        all(trial.ok for trial in group),
        tuple(sorted({trial.wrong for trial in group if trial.wrong})),
        worst,
        tuple(what for trial in group for what in trial.repeats),
        sum(trial.drawn_again for trial in group),
    )


def write(
    all_rows: list[Row],
    folder: Path,
    version: str,
    rig: str = FOR_TIME,
    not_run: Sequence[NotRun] = (),
    silicon: Sequence[str] = (),
    against: Sequence[Against] = (),
    on_silicon: bool = False,
) -> Path:
    """The table as JSON and the page into `folder`, under the rig's name; the page's path. silicon: a line for each
    record of a real board; against: the same rows on another rig; on_silicon: the rig's board is a real one."""
    folder.mkdir(parents=True, exist_ok=True)
    measured_on = {"rig": rig, "measured_on": SILICON if on_silicon else EMULATED}
    told = [*(row.as_dict() | measured_on for row in all_rows), *(one.as_dict() | measured_on for one in not_run)]
    table = folder / file_of(rig)
    table.write_text(json.dumps(told, indent=1) + "\n")
    page = table.with_suffix(".html")
    page.write_text(_page(all_rows, version, rig, not_run, silicon, against, on_silicon))
    return page


def file_of(rig: str) -> str:
    """The table's name: of the rig that it is usually made on without one."""
    return "safety.json" if rig == FOR_TIME else f"safety-{rig}.json"


def _page(
    all_rows: list[Row],
    version: str,
    rig: str,
    not_run: Sequence[NotRun],
    silicon: Sequence[str],
    against: Sequence[Against],
    on_silicon: bool,
) -> str:
    parts = [
        "<!doctype html><meta charset=utf-8><title>Sapper: safety</title>",
        "<style>body{font:15px/1.4 system-ui;margin:2em auto;max-width:960px;color:#1b1f24}"
        "table{border-collapse:collapse;width:100%}"
        "td,th{border-bottom:1px solid #d8dee4;padding:4px 8px;text-align:left}"
        "td.n,th.n{text-align:right;white-space:nowrap}tr.of th{background:#eef2f6}"
        ".no{background:#ffe3e0}svg{display:block;margin:6px 0 26px}h3{margin:0}</style>",
        f"<h1>Safety, measured</h1><p>Firmware {html.escape(_short(version))} on the rig '{rig}'; times are"
        f" the board's, taken at the pins, {SILICON if on_silicon else NOT_ON_SILICON}."
        " A protective stop, not a certified emergency stop: see docs/safety.md.</p>",
        *(f"<p>{html.escape(line)}</p>" for line in silicon),
        f"<p><b>{len(all_rows)} rows, {sum(row.runs for row in all_rows)} moments; "
        f"{sum(not row.ok for row in all_rows)} rows missed, {len(not_run)} not run, "
        f"{sum(len(row.repeats) for row in all_rows)} times tried again.</b></p><table>",
        "<tr><th>fault and state<th class=n>limit<th class=n>worst<th class=n>median<th class=n>moments</tr>",
    ]
    grouped = [row for name in _requirements(all_rows) for row in all_rows if row.scenario.requirement == name]
    above = ""
    for row in grouped:
        s = row.scenario
        if s.requirement != above:
            above = s.requirement
            parts.append(f"<tr class=of><th colspan=5>{html.escape(above)}</tr>")
        if s.keeps:
            times = ("unaffected", "no" if row.worst_us is None else "yes", "")
        else:
            times = (s.limit.text, text(row.worst_us, s), text(row.median_us, s))
        parts.append(
            f'<tr class="{"" if row.ok else "no"}"><td>{html.escape(s.name)}'
            + "".join(f"<td class=n>{time}" for time in times)
            + f"<td class=n>{row.runs}</tr>"
        )
    for one in not_run:
        parts.append(
            f"<tr><td>{html.escape(one.scenario.name)}<td class=n colspan=4>not run: {html.escape(one.why)}</tr>"
        )
    parts.append("</table>")
    parts += _by_ways(grouped)
    parts += _beside(against)
    parts.append("<h2>The worst moment of each</h2>")
    parts.append("<p>The state is what the board told; hung or without power it tells nothing.</p>")
    for row in grouped:
        wrong = f" <b>{html.escape('; '.join(row.remarks))}</b>" if row.remarks else ""
        parts.append(f"<h3>{html.escape(row.scenario.name)}</h3>{html.escape(row.scenario.requirement)}{wrong}")
        parts.append(picture(row.worst))
    return "\n".join(parts)


def _by_ways(all_rows: Sequence[Row]) -> list[str]:
    """Which way faults went in, and what rows were judged by, where rigs differ in it."""
    out = ["<h2>How on this rig</h2><table><tr><th>fault<th>put in<th>counted from<th>judged by</tr>"]
    ways = {(row.scenario.fault, *row.worst.ways.as_dict().values()): None for row in all_rows}
    told = [each for each in ways if each[1] != OF_THE_WORLD or any(each[2:])]
    out += ["<tr>" + "".join(f"<td>{html.escape(word)}" for word in each) + "</tr>" for each in told]
    return [*out, "</table>"]


def _beside(against: Sequence[Against]) -> list[str]:
    """The same rows on another rig."""
    if not against:
        return []
    out = [f"<h2>Beside '{html.escape(against[0].rig)}'</h2><table>"]
    out.append("<tr><th>fault and state<th class=n>worst there<th class=n>here<th class=n>later by</tr>")
    for each in against:
        out.append(
            f"<tr><td>{html.escape(each.name)}" + "".join(f"<td class=n>{word}" for word in each.words) + "</tr>"
        )
    return [*out, "</table>"]


def _short(version: str) -> str:
    """What of the console's `version` tells which firmware it was."""
    words = [word for word in version.split() if word.partition("=")[0] in ("sapper", "git", "micropython")]
    return " ".join(words) or version


def _requirements(all_rows: list[Row]) -> list[str]:
    """Each once, in the order of the rows."""
    return list(dict.fromkeys(row.scenario.requirement for row in all_rows))


def picture(trial: Trial) -> str:
    """An SVG of the moment: MOTOR_EN, both duties and the state over time; fault, limit and what was measured."""
    scenario = trial.scenario
    keeps = scenario.keeps or not scenario.is_time
    span = max(scenario.limit_us * 1000 * 1.3, (trial.latency_us or 0) * 1300, 200_000)
    if keeps:
        span = scenario.look_on_ms * 1_000_000
    start = min(trial.t0_ns, trial.fault_ns) - span * 0.15
    end = trial.t0_ns + span

    def x(t_ns: float) -> float:
        return _LEFT + (min(max(t_ns, start), end) - start) / (end - start) * (_WIDTH - _LEFT - 10)

    height = 4 * (_LANE + _GAP) + 8 + _LABEL * _LABEL_ROWS
    out = [f'<svg width="{_WIDTH}" height="{height}" font-size="12" font-family="system-ui">']
    lanes = (("MOTOR_EN", trial.enable), ("left duty", trial.duty[0]), ("right duty", trial.duty[1]))
    for i, (name, row) in enumerate(lanes):
        base = (i + 1) * (_LANE + _GAP)
        out.append(f'<text x="4" y="{base - 6}">{name}</text>')
        points = [(start, value_at(list(row), int(start)))]
        for t, value in row:
            if start < t < end:
                points += [(t, points[-1][1]), (t, value)]
        points.append((end, points[-1][1]))
        line = " ".join(f"{x(t):.1f},{base - value * _LANE:.1f}" for t, value in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="#0b5394" stroke-width="1.6"/>')
        out.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{base}" y2="{base}" stroke="#d8dee4"/>')
    base = 4 * (_LANE + _GAP)
    out.append(f'<text x="4" y="{base - 8}">state</text>')
    states = trial.states or ((int(start), scenario.state),)  # the board tells changes; none: as it was
    for (t, state), after in zip(states, [*[t for t, _ in states[1:]], end], strict=True):
        if after > start and t < end:
            left, right = x(t), x(after)
            out.append(
                f'<rect x="{left:.1f}" y="{base - _LANE + 4}" width="{max(right - left, 1):.1f}" height="{_LANE - 8}" '
                f'fill="{_STATE_FILL.get(state, "#ccc")}"/>'
                f'<text x="{left + 3:.1f}" y="{base - 8}" fill="#fff">{state}</text>'
            )
    marks = [(trial.fault_ns, "#b00020", "fault")]
    if not keeps:
        marks.append((trial.t0_ns + scenario.limit_us * 1000, "#777", f"limit {scenario.limit.text}"))
    if trial.t0_ns != trial.fault_ns:
        marks.append((trial.t0_ns, "#555", _START.get(scenario.start, f"last {scenario.start}")))
    if trial.latency_us is not None and not keeps:
        marks.append((trial.t0_ns + int(trial.latency_us * 1000), "#1a7f37", text(trial.latency_us)))
    ends = [0.0] * _LABEL_ROWS  # where the labels of each row end: each goes into the first with room
    for t, colour, label in sorted(marks):
        at = min(x(t) + 3, _WIDTH - _LETTER * len(label))
        row_at = next((i for i, end_at in enumerate(ends) if at > end_at), _LABEL_ROWS - 1)
        ends[row_at] = at + _LETTER * len(label)
        out.append(
            f'<line x1="{x(t):.1f}" x2="{x(t):.1f}" y1="4" y2="{base}" stroke="{colour}" stroke-dasharray="4 3"/>'
            f'<text x="{at:.1f}" y="{base + _LABEL * (row_at + 1)}" fill="{colour}">{label}</text>'
        )
    out.append("</svg>")
    return "".join(out)
