"""The same traces on the sil and the virtual rig: do they give the same events?

`python -m hil.prove.compare_rigs lanes/ --count 20` replays each with `mark` on both, prints what differs, writes
build/compare.json, and ends with status 1 when an event is on one rig only or its times are more than a frame apart.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.play.replay import replay
from hil.rigs.spread import FRESH, SAMPLES_AS_PLAYED
from sapper.shared.limits import TICK_MS
from sapper_host import processes
from sapper_host.errors import SapperError
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write
from sapper_host.recordings.trace import Trace, read_trace

# Both clocks are known from what the boards tell, to about a millisecond.
TOLERANCE_S = (TICK_MS + 1) / 1000
EARLY_TOLERANCE_S = (3 * TICK_MS + 1) / 1000
_NAMES = ("to", "from", "reason", "fault")  # what makes two events of a kind the same

Event = Mapping[str, Any]


def differences(ours: Iterable[Event], theirs: Iterable[Event]) -> list[str]:
    """Events of two runs, paired in order kind by kind; a line for each that has no partner within a frame."""
    found: list[str] = []
    a, b = _by_kind(ours), _by_kind(theirs)
    for kind in sorted(set(a) | set(b)):
        left, right = a.get(kind, []), b.get(kind, [])
        for row in left:
            partner = next((other for other in right if _together(row["t_s"], other["t_s"])), None)
            if partner is None:
                found.append(f"only on sil: {kind} at {row['t_s']} s, {row['s_m']} m")
            else:
                right.remove(partner)
        found += [f"only on virtual: {kind} at {row['t_s']} s, {row['s_m']} m" for row in right]
    return found


def _together(ours_s: float, theirs_s: float) -> bool:
    """Whether two events of a kind are at the same time. Before the trace's first row (0 s) only the operator acts, as
    fast as the rig's answers come: arming collects the heap, 12 ms on a Pico, so that an answer comes up to two ticks
    later there."""
    before = max(ours_s, theirs_s) < -TOLERANCE_S
    return abs(ours_s - theirs_s) <= (EARLY_TOLERANCE_S if before else TOLERANCE_S)


def _by_kind(events: Iterable[Event]) -> dict[str, list[Event]]:
    rows: dict[str, list[Event]] = {}
    for event in events:
        names = " ".join(str(event[name]) for name in _NAMES if name in event)
        rows.setdefault(f"{event['kind']} {names}".strip(), []).append(event)
    return rows


def compare(trace: Trace) -> dict[str, Any]:
    """Both runs of a trace: {trace, events, differences}."""
    # What is compared is the program: the converter's noise is other numbers on each rig, and only one has a crystal.
    runs = {
        rig: replay(trace, rig, "mark", parts=SAMPLES_AS_PLAYED[rig] | {"flash_wear": FRESH})["events"]
        for rig in ("sil", "virtual")
    }
    return {
        "trace": trace.name,
        "events": len(runs["virtual"]),
        "differences": differences(runs["sil"], runs["virtual"]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20, help="the shortest so many traces (default 20)")
    parser.add_argument("--out", type=Path, default=BUILD / "compare.json")
    options = parser.parse_args(arguments)
    check_file(options.out)
    try:
        traces = sorted((read_trace(p) for p in options.folder.glob("*.csv")), key=lambda trace: trace.duration_s)
        rows = []
        for trace in traces[: options.count]:
            rows.append(compare(trace))
            print(f"{trace.name}: {rows[-1]['events']} events, {len(rows[-1]['differences'])} differ", flush=True)
            for line in rows[-1]["differences"]:
                print("  " + line, flush=True)
            write(options.out, json.dumps(rows, indent=1) + "\n")
    except (HilError, SapperError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    return 1 if any(row["differences"] for row in rows) or not rows else 0


if __name__ == "__main__":
    sys.exit(processes.command(main))
