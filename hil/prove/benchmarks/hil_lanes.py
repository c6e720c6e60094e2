"""Recordings on the bench, two emulated Picos, against the same ones on `virtual`: do they tell the same contacts?

`python -m hil.prove.benchmarks.hil_lanes --lanes 20` replays the shortest development lanes on both, prints each as it
is done, and ends with status 3 when a limit is missed or there are no such recordings. --late MM: what the bench tells
is moved by so much, --louder PERCENT: made so much stronger, to show that the figures notice.

The bench is calibrated first, as `sapper bench check` does it; --uncalibrated leaves that out. The rover's converters
are without noise and all crystals exact, as for every comparison of two rigs: else one lane replayed twice on one rig
would differ. What the instrument's own converter adds (its codes, its bows) stays.

The recordings hold whole codes, as voltages at the lower edge of each code's step. An even converter without noise
tosses a coin there, half an LSB either way, so they are played as what they stand for: the middle of the step.

What the detector's statistic lifts to its level for contacts and not a strength's limit beyond it, one rig may tell and
the other may not: such a contact is named, and not counted as one rig's alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hil.bench.check.calibrate import CODES
from hil.bench.config import GateFit
from hil.errors import HilError
from hil.play.replay import replay
from hil.prove.benchmarks import hil_calibrated
from hil.prove.benchmarks.hil_command import parser_of, show
from hil.prove.benchmarks.row import Row
from hil.rigs.spread import FRESH, SAMPLES_AS_PLAYED
from hil.workers import workers
from sapper.detector.false_alarms import CONTACT_LEVELS, level_of
from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper.shared.settings import row_of
from sapper_host import processes
from sapper_host.files.checkout import RECORDED
from sapper_host.recordings.trace import Trace, read_trace

LANES = 20
JOBS = 2
_PLACE_MM, _STRENGTH_PERCENT = 20, 3
_LEVEL = level_of(row_of("det_far_per_100m2")[1], CONTACT_LEVELS)  # 1/100 of the statistic's sigma
_PAIR_M = 0.2  # further apart two contacts are of two things
_SEED = 0
_RIGS = ("virtual", "bench")

Contact = Mapping[str, Any]


@dataclass(frozen=True)
class Lane:
    """A recording on both rigs. unpaired: contacts that only one has, or whose class differs, in words; at_level: those
    of them that are at the level for contacts."""

    name: str
    contacts: int
    unpaired: tuple[str, ...]
    at_level: tuple[str, ...]
    pairs: tuple[str, ...]
    places_mm: tuple[float, ...]
    strengths_percent: tuple[float, ...]
    duration_s: float
    wall_s: Mapping[str, float]

    def __str__(self) -> str:
        walls = ", ".join(f"{rig} {took:.0f} s" for rig, took in self.wall_s.items())
        worst_mm, worst_percent = max(self.places_mm, default=0.0), max(self.strengths_percent, default=0.0)
        return (
            f"{self.name}: {self.contacts} contacts, {len(self.unpaired)} not on both; {worst_mm:.0f} mm, "
            f"{worst_percent:.2f} %; {self.duration_s:.0f} s in {walls}"
            + "".join(f"\n  {one}" for one in (*self.unpaired, *self.at_level, *self.pairs))
        )


def at_level(contact: Contact) -> bool:
    """Whether its statistic is so near the level for contacts that a strength's limit less would not have made one."""
    return float(contact["snr_x10"]) * 10 * (1 - _STRENGTH_PERCENT / 100) <= _LEVEL


def paired(
    ours: Iterable[Contact], theirs: Iterable[Contact]
) -> tuple[list[tuple[Contact, Contact]], list[Contact], list[Contact]]:
    """Contacts of two runs, the nearest with each other; and of each those that have none of their class within
    _PAIR_M."""
    left, right = list(ours), list(theirs)
    near = sorted(
        ((abs(a["peak_m"] - b["peak_m"]), i, j) for i, a in enumerate(left) for j, b in enumerate(right)),
    )
    pairs: dict[int, int] = {}
    for apart_m, i, j in near:
        same = left[i]["class"] == right[j]["class"]
        if apart_m <= _PAIR_M and same and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return (
        [(left[i], right[j]) for i, j in sorted(pairs.items())],
        [one for i, one in enumerate(left) if i not in pairs],
        [one for j, one in enumerate(right) if j not in pairs.values()],
    )


def _words(contact: Contact) -> str:
    return f"{contact['class']} at {contact['peak_m']} m, {contact['strength']}"


def compare(name: str, virtual: Sequence[Contact], bench: Sequence[Contact], **took: Any) -> Lane:
    """What the two rigs told of one recording."""
    pairs, here, there = paired(virtual, bench)
    alone = [(one, f"only on virtual: {_words(one)}") for one in here]
    alone += [(one, f"only on bench: {_words(one)}") for one in there]
    return Lane(
        name,
        len(virtual),
        tuple(words for one, words in alone if not at_level(one)),
        tuple(f"{words}, at the level" for one, words in alone if at_level(one)),
        tuple(f"{_words(a)}; on bench {_words(b)}" for a, b in pairs),
        tuple(abs(a["peak_m"] - b["peak_m"]) * 1000 for a, b in pairs),
        tuple(100 * abs(a["strength"] - b["strength"]) / max(1, abs(a["strength"])) for a, b in pairs),
        **took,
    )


def changed(contacts: Iterable[Contact], late_mm: float, louder_percent: float) -> list[Contact]:
    """The same contacts, further along and stronger by so much."""
    return [
        {**one, "peak_m": one["peak_m"] + late_mm / 1000, "strength": one["strength"] * (1 + louder_percent / 100)}
        for one in contacts
    ]


def in_the_middle(trace: Trace) -> Trace:
    """A recording of whole codes, each as the middle of its step."""
    return replace(trace, gates_mv=trace.gates_mv + ADC_FULL_SCALE_MV / CODES / 2)


def measure(path: Path, gates: Mapping[str, GateFit], late_mm: float = 0.0, louder_percent: float = 0.0) -> Lane:
    """One recording on both rigs."""
    trace = in_the_middle(read_trace(path))
    told, wall_s, duration_s = {}, {}, 0.0
    for rig in _RIGS:
        began_s = time.monotonic()
        parts = (
            SAMPLES_AS_PLAYED[rig] | {"flash_wear": FRESH} | ({"gates": gates, "seed": _SEED} if rig == "bench" else {})
        )
        result = replay(trace, rig, "mark", parts=parts)
        wall_s[rig] = time.monotonic() - began_s
        duration_s = float(result["duration_s"])
        told[rig] = [event for event in result["events"] if event["kind"] == "contact"]
    bench = changed(told["bench"], late_mm, louder_percent)
    return compare(trace.name, told["virtual"], bench, duration_s=duration_s, wall_s=wall_s)


def shortest(count: int, folder: Path = RECORDED / "lanes") -> list[Path]:
    """The shortest so many development lanes. HilError where there are none, or fewer."""
    traces = sorted(((read_trace(path), path) for path in folder.glob("dev_*.csv")), key=lambda one: _length(one[0]))
    if len(traces) < count:
        raise HilError(
            f"{folder} has {len(traces)} development lanes of {count}; put the recordings there, or ask less"
        )
    return [path for _, path in traces[:count]]


def _length(trace: Trace) -> float:
    return trace.duration_s


def figures(lanes: Sequence[Lane]) -> list[Row]:
    """The rows. HilError without a contact: nothing was compared."""
    places = [each for lane in lanes for each in lane.places_mm]
    strengths = [each for lane in lanes for each in lane.strengths_percent]
    if not places:
        raise HilError("no contact is on both rigs: nothing was compared")
    alone = [f"{lane.name} {one}" for lane in lanes for one in lane.unpaired]
    level = [f"{lane.name} {one}" for lane in lanes for one in lane.at_level]
    of = f"{len(lanes)} lanes, {len(places)} contacts on both"
    return [
        Row(
            "bench against virtual: contacts that one has alone",
            len(alone),
            "",
            "<= 0",
            note="; ".join([of, *alone, *level]),
        ),
        Row("bench against virtual: place of a contact, worst", max(places), "mm", f"<= {_PLACE_MM}", note=of),
        Row(
            "bench against virtual: strength of a contact, worst",
            max(strengths),
            "%",
            f"<= {_STRENGTH_PERCENT}",
            note=of,
        ),
    ]


def run(
    count: int, jobs: int, calibrated: bool = True, late_mm: float = 0.0, louder_percent: float = 0.0
) -> list[Lane]:
    """So many lanes, so many at a time, told as they are done."""
    lanes = []
    gates = hil_calibrated.fits(_SEED) if calibrated else {}
    with workers(jobs) as pool:
        waiting = [pool.submit(measure, path, gates, late_mm, louder_percent) for path in shortest(count)]
        for done in as_completed(waiting):
            lanes.append(done.result())
            print(f"{len(lanes)}/{count} {lanes[-1]}", flush=True)
    return lanes


def rows() -> list[Row]:
    """As `make bench --only hil-lanes` tells them."""
    return figures(run(LANES, JOBS))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--lanes", type=int, default=LANES, help=f"the shortest so many (default {LANES})")
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"so many at a time (default {JOBS})")
    parser.add_argument(
        "--uncalibrated", action="store_true", help="the instrument's converter as it comes out of the bag"
    )
    parser.add_argument("--late", type=float, default=0.0, metavar="MM", help="a known bad bench: its places")
    parser.add_argument("--louder", type=float, default=0.0, metavar="PERCENT", help="a known bad bench: its strengths")
    options = parser.parse_args(arguments)
    return show(
        lambda: figures(run(options.lanes, options.jobs, not options.uncalibrated, options.late, options.louder))
    )


if __name__ == "__main__":
    sys.exit(processes.command(main))
