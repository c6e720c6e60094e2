"""The tables and curves of docs/detector.md: from a kept record. `make docs` fills the tables in.

    python -m hil.prove.benchmarks.detection_page [--record]

--record measures everything anew first (what `make bench` measures of the detector, and objects and days left out of
the tuning), keeps it in detection.json beside this, and draws the page's pictures. Some eight minutes of two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from hil.prove.benchmarks import detection
from hil.prove.detector_lab import figures, left_out
from hil.prove.detector_lab.curve_figures import found_figure, needed_figure
from hil.prove.detector_lab.curves import GROUNDS, SPEEDS_M_S, Object, chosen, curve_of
from hil.prove.detector_lab.found import Group, Tally
from hil.prove.detector_lab.lanes import own_set, read_folder
from hil.prove.detector_lab.tables import as_markdown, day_table, group_table, scene_table
from hil.prove.measured_on import firmware_of
from hil.workers import workers
from sapper_host import processes
from sapper_host.files import whole_file
from sapper_host.files.checkout import DOCS, RECORDED
from sapper_host.files.page import refill, table

RECORD = Path(__file__).with_name("detection.json")
PAGE = DOCS / "detector.md"
_JOBS = 2
Record = dict[str, Any]


def load() -> Record:
    """As it was kept."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8")))


def keep(measured: detection.Detection, objects_left_out: Sequence[str], days_left_out: Sequence[str]) -> None:
    """This is the record from now on."""
    record = {
        "firmware": firmware_of(None),
        "rows": [row.as_dict() for row in measured.rows],
        "beyond": [row.as_dict() for row in measured.beyond],
        **{
            name: [asdict(each) for each in getattr(measured, name)]
            for name in ("scenes", "recorded_scenes", "days", "groups", "objects")
        },
        "objects_left_out": list(objects_left_out),
        "days_left_out": list(days_left_out),
    }
    whole_file.write(RECORD, _text(record))


def _text(record: Record) -> str:
    """JSON with a line for each row, so that a change can be read."""
    lines = []
    for name, value in record.items():
        if isinstance(value, list):
            lines.append(f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(each) for each in value) + "\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _figure(row: Mapping[str, Any]) -> str:
    text = f"{row['value']:.3f}".rstrip("0").rstrip(".")
    if "interval" in row:
        text += " ({:.3f}..{:.3f})".format(*row["interval"])
    return text if row["ok"] else f"**{text}**"


def _held(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("what", "figure (95 %)", "held to", "")
    return table(
        head,
        [
            (
                row["name"].strip(),
                " ".join((_figure(row), row["unit"])).strip(),
                row["limit"] + ("" if row["ok"] else ": **missed**"),
                row.get("note", ""),
            )
            for row in rows
        ],
    )


def promises(record: Record) -> str:
    """Each with what it is held to."""
    held = _held([row for row in record["rows"] if row["limit"]])
    return f"Firmware {record['firmware']}.\n\n{held}"


def compared(record: Record) -> str:
    """All detectors at the same rates."""
    rows = [row for row in record["rows"] if not row["limit"]]
    head = (
        "lanes, level for so many a square metre: detector",
        "detection (95 %)",
        "found; false alarms; rocks called",
    )
    return table(head, [(row["name"].strip(), _figure(row), row["note"]) for row in rows])


def expected(record: Record) -> str:
    """By ground and speed: the size and the strength in a frame of which half and nine of ten are found."""
    every = [Object(**each) for each in record["objects"]]
    rows = []
    for ground in GROUNDS.values():
        for speed in SPEEDS_M_S:
            if not (some := chosen(every, ground, speed)):
                continue
            cells = []
            for who in ("contact", "alert"):
                by_size, by_snr = curve_of(some, who, "size"), curve_of(some, who, "snr")
                cells += [f"{by_size.at(share):.1f} ({by_snr.at(share):.1f})" for share in (0.5, 0.9)]
            bound = curve_of(some, "chance")
            rows.append((ground, f"{speed:g}", *cells, f"{bound.half:.1f}, {bound.at(0.9):.1f}", str(len(some))))
    head = (
        "ground",
        "speed, m/s",
        "contact: 1 of 2",
        "9 of 10",
        "alert: 1 of 2",
        "9 of 10",
        "bound: 1 of 2, 9 of 10",
        "objects",
    )
    return table(head, rows)


def _tallies(record: Record, name: str) -> list[Tally]:
    return [Tally(**each) for each in record[name]]


PARTS: dict[str, Callable[[Record], str]] = {
    "detector, promises": promises,
    "detector, beyond": lambda record: _held(record["beyond"]),
    "detector, compared": compared,
    "detector, expected": expected,
    "detector, scenes": lambda record: as_markdown(*scene_table(_tallies(record, "scenes"))),
    "detector, recorded scenes": lambda record: as_markdown(*scene_table(_tallies(record, "recorded_scenes"))),
    "detector, groups": lambda record: as_markdown(*group_table(Group(**each) for each in record["groups"])),
    "detector, days": lambda record: as_markdown(*day_table(_tallies(record, "days"))),
    "detector, objects left out": lambda record: "\n".join(record["objects_left_out"]),
    "detector, days left out": lambda record: "\n".join(record["days_left_out"]),
}


def parts(record: Record) -> dict[str, Callable[[], str]]:
    """What stands between the page's marks."""
    return {name: partial(make, record) for name, make in PARTS.items()}


def draw(record: Record) -> None:
    """The curves of the record."""
    every = [Object(**each) for each in record["objects"]]
    found_figure(DOCS / "detector-found.png", every)
    needed_figure(DOCS / "detector-needed.png", every)


def _measure() -> None:
    measured = detection.measure()
    with workers(_JOBS) as pool:
        objects: list[str] = []
        own_days = left_out.reports(left_out.own_lanes(pool), pool)[1]
        days = [f"The project's own lanes:\n\n{own_days}"]
        if detection.LANES.is_dir():
            lanes = [lane for folder in ("lanes", "scenes") for lane in read_folder(RECORDED / folder)]
            objects, recorded_days = left_out.reports([lane for lane in lanes if left_out.difficulty_of(lane)], pool)
            days.append(f"Recorded lanes:\n\n{recorded_days}")
        own = own_set(pool)
    keep(measured, objects, days)
    figures.make(DOCS, own, _JOBS)
    draw(load())


def main() -> None:
    """Measure if asked to, and fill the page."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.benchmarks.detection_page", description=__doc__)
    parser.add_argument("--record", action="store_true", help="measure anew, keep it, draw the pictures")
    if parser.parse_args().record:
        _measure()
    refill(PAGE, parts(load()))


if __name__ == "__main__":
    sys.exit(processes.command(main))
