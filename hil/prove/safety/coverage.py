"""Which faults stand for which words of the requirement, and which rows and canaries for which limit.

docs/safety.md holds the tables between marks; test_short_set.py fails when they are stale, when a fault is not used,
or when one is missing in SWEEP or TELEOP without a reason. `python -m hil.prove.safety.coverage` writes them.
"""

from __future__ import annotations

import sys

from hil.prove.measured_on import Silicon, told_in_docs
from hil.prove.safety.canaries import canaries_of
from hil.prove.safety.encoder_faults import (
    BOTH_CUT,
    BOTH_JAMMED,
    HALF,
    HIDDEN,
    MAGNET,
    NO_SUPPLY,
    SLIPS,
    SPIKES,
    TOUCH,
    WIRES,
)
from hil.prove.safety.faults import FIND, HANG_BY_HAND, RAISES, WRAPS
from hil.prove.safety.ground_rows import AHEAD, ASIDE, BACK, BLIND, LIES, MOVED, TURNED, UNSURE
from hil.prove.safety.scenarios import SCENARIOS, Scenario
from hil.prove.safety.ways import ways_of
from hil.rigs.capabilities import Faults, Insight
from hil.rigs.registry import FOR_TIME, RIGS
from sapper.shared import weakened
from sapper.shared.settings import row_of
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import refill, table, with_parts
from sapper_host.limits import LIMITS, Limit

_GATES = range(3)
_NAMED_MOST = 7
_SIDES = ("left", "right")
# The fault as it was asked for; the names under which it is put in.
ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("the processor hangs, interrupts on and off", ("hang, interrupts on", "hang, interrupts off")),
    ("a loop without end in the program", (HANG_BY_HAND,)),
    ("a flash erase stalls it", ("flash erase of 400 ms",)),
    ("an exception in any module", (RAISES,)),
    ("an ADC input freezes", tuple(f"gate {gate} frozen" for gate in _GATES)),
    ("an ADC input at a rail", tuple(f"gate {gate} at {rail}" for gate in _GATES for rail in ("3.3 V", "0 V"))),
    ("the ADC inputs disconnected", ("front end unplugged",)),
    ("an encoder cut or reversed", tuple(f"{side} encoder {how}" for side in _SIDES for how in ("cut", "reversed"))),
    *(
        (words, tuple(f"{side} encoder: {how}" for side in _SIDES for how in hows))
        for words, hows in (
            ("one wire of an encoder cut, or to ground", WIRES),
            ("its wires touch", (TOUCH,)),
            ("an encoder loses counts", (HALF, SLIPS, MAGNET)),
            ("counts out of nothing", (SPIKES, HIDDEN)),
        )
    ),
    ("a motor jammed", tuple(f"{side} motor jammed" for side in _SIDES)),
    ("both encoders silent, both motors jammed", (NO_SUPPLY, BOTH_CUT, BOTH_JAMMED)),
    ("tracks that move undriven", ("pushed while standing",)),
    ("the supply low, and critical", ("supply at 4.5 V", "supply sags to 4.0 V")),
    ("brown-out", ("brown-out",)),
    ("reset", ("RUN pin",)),
    ("the emergency-stop loop opens, for 50 us and for good", ("loop open for 50 us", "loop open for good")),
    ("the emergency-stop loop opens during arming", ("loop opens while it is armed",)),
    ("the key is turned off, the operator says stop", ("key off", "stop said by the operator")),
    ("a line dropped", ("a line is dropped",)),
    ("a line delayed", ("a line is late",)),
    ("a line duplicated", ("a line comes twice",)),
    ("a line corrupted", ("a line is garbled",)),
    (
        "a line flooded, or full of noise",
        (
            "flood of lines on USB",
            "10,000 random bytes on USB",
            "flood of lines on the radio, then stop over it",
            "noise on the radio, then stop over it",
        ),
    ),
    ("the operator or the link falls silent", ("operator silent", "drive commands stop", "link lost for 1 s")),
    ("USB is not read, or unplugged", ("host stops reading USB", "USB unplugged")),
    ("Ctrl-C, soft reset, mpremote", ("Ctrl-C", "mpremote enters the raw REPL")),
    ("the clock jumps, or is about to wrap", ("clock is moved by minutes", WRAPS)),
    ("a find", (FIND,)),
    ("driven or moved off the ground that was searched", (AHEAD, ASIDE, BACK, MOVED, TURNED)),
    ("a lane whose detector does not see", (BLIND,)),
    ("a place that is not where it is said to be", (LIES, UNSURE)),
)
# Faults that are not put in in both moving states, and why.
ELSEWHERE = {
    "pushed while standing": "in ARMED: moving, the tracks are driven",
    "loop opens while it is armed": "in SAFE: where arming begins",
    "supply at 4.5 V": "in SAFE: it forbids arming, and ends nothing that runs",
    "drive commands stop": "in TELEOP: a sweep takes none",
    **dict.fromkeys((AHEAD, ASIDE, BACK, MOVED, TURNED, UNSURE), "in TELEOP: a sweep takes no other way"),
    **dict.fromkeys((BLIND, LIES), "in SWEEP: only what is searched is at stake"),
    FIND: "in SWEEP: in TELEOP the operator drives and is only told",
}


def used(fault: str) -> tuple[str, ...]:
    """The states this fault is put in in, in the order of the scenarios."""
    return tuple(dict.fromkeys(scenario.state for scenario in SCENARIOS if scenario.fault == fault))


def held_to(limit: Limit) -> list[Scenario]:
    """The rows of `make safety` that are held to this limit."""
    return [scenario for scenario in SCENARIOS if scenario.limit == limit]


def faults() -> str:
    """Which fault is put in where."""
    rows = []
    for words, names in ASKED:
        for fault in names:
            why = f" ({ELSEWHERE[fault].partition(': ')[2]})" if fault in ELSEWHERE else ""
            rows.append((words, f"`{fault}`", ", ".join(used(fault)) + why))
            words = ""
    return table(("fault", "put in as", "in"), rows)


def limits() -> str:
    """Every row of the table of limits: those with faults put in for them, then the others."""
    measured, others = [], []
    for limit in LIMITS.values():
        if rows := held_to(limit):
            names = "; ".join(dict.fromkeys(row.fault for row in rows))
            bad = "; ".join(dict.fromkeys(each.what for row in rows for each in canaries_of(row)))
            measured.append((limit.what, limit.text, limit.source, f"{len(rows)}: {names}", bad))
        else:
            by = f"{limit.measured_by}'s rows" if limit.measured_by in LIMITS else f"`{limit.measured_by}`"
            others.append((f"`{limit.name}`", limit.text, limit.what, limit.source, by))
    return (
        table(
            (
                "what happens, and what follows",
                "within",
                "where from",
                "rows, faults put in",
                "canaries, which they fail on",
            ),
            measured,
        )
        + "\n"
        + table(("limit", "value", "what it is", "where from", "measured by"), others)
    )


def weaker() -> str:
    """Which settings switch off or weaken a protective stop."""
    rows = []
    for name, low, high, what in weakened.TABLE:
        _, default, least, most, unit, _ = row_of(name)
        full = f"{max(low, least)}..{min(high, most)}" if low != high else str(low)
        rows.append((f"`{name}`", f"{full} {unit}".strip(), default, f"{least}..{most}", what))
    return table(("setting", "full strength", "default", "taken", "beyond it"), rows)


def ways() -> str:
    """What is put in, counted or judged otherwise where a rig shows no inside, and by which rows."""
    inside, outside = RIGS[FOR_TIME].offers, RIGS[FOR_TIME].offers - {Faults, Insight}
    rows: dict[tuple[str, str, str], list[str]] = {}
    for scenario in SCENARIOS:
        with_it, without = (ways_of(scenario, offers).as_dict().values() for offers in (inside, outside))
        for what, here, there in zip(("put in", "counted from", "judged by"), with_it, without, strict=True):
            if here != there:
                rows.setdefault((what, here, there), []).append(scenario.fault)
    told = []
    for (what, here, there), names in sorted(rows.items(), key=lambda row: row[0][0], reverse=True):
        different = list(dict.fromkeys(names))
        which = ", ".join(f"`{name}`" for name in different) if len(different) <= _NAMED_MOST else "all that end so"
        told.append((what, here, there, f"{len(names)}: {which}"))
    return table(("", "with Insight and Faults", "from outside", "rows"), told)


# The parts of docs/safety.md, by their marks.
PARTS = {
    "limits": limits,
    "silicon": lambda: told_in_docs(Silicon.kept()),
    "faults": faults,
    "ways": ways,
    "weakened": weaker,
}


def filled(page: str) -> str:
    """docs/safety.md with its parts made anew."""
    return with_parts(page, PARTS)


def main() -> int:
    """Write them."""
    refill(DOCS / "safety.md", PARTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
