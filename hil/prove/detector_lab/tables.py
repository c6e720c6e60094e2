"""The lab's counts as tables: by scene, by day, by group. A table is its head and its rows of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from hil.intervals import poisson, wilson
from hil.prove.detector_lab.found import ALERTS, BASELINES, BOUND, CONTACTS, Group, Tally
from hil.prove.detector_lab.run import RATE_SET
from sapper_host.files.page import table

Cells = tuple[Sequence[str], Sequence[Sequence[str]]]
_NONE = "-"
_CONTROL = "-control"
_OTHERS = (*BASELINES, BOUND)


def share(hits: float, targets: int) -> str:
    """A share of targets with its 95 % interval."""
    if not targets:
        return _NONE
    low, high = wilson(round(hits), targets)
    return f"{hits / targets:.2f} ({low:.2f}..{high:.2f})"


def rate(count: int, area_m2: float) -> str:
    """A rate a square metre with its 95 % interval."""
    low, high = poisson(count, area_m2)
    return f"{count / area_m2:.3f} ({low:.3f}..{high:.3f})"


def _found(tally: Tally | None, who: str) -> str:
    return share(tally.found[who], tally.targets) if tally else _NONE


def _other(tally: Tally, who: str) -> str:
    """A baseline or the bound: its share, and its false alarms where it can have any."""
    found = f"{tally.share(who):.2f}" if tally.targets else _NONE
    return found if who == BOUND else f"{found}, {tally.false_per_m2(who):.3f}"


def scene_table(tallies: Sequence[Tally]) -> Cells:
    """A row a scene, its control's figures beside its own."""
    by_name = {tally.name: tally for tally in tallies}
    head = (
        "scene",
        "targets",
        "contacts",
        "alerts",
        "control: contacts",
        "alerts",
        "false contacts / m2",
        "false alerts / m2",
        *(f"{name}, false / m2" for name in BASELINES),
        BOUND,
    )
    rows = []
    for name, tally in by_name.items():
        if not name.endswith(_CONTROL):
            control = by_name.get(name + _CONTROL)
            own = [_found(tally, CONTACTS), _found(tally, ALERTS), _found(control, CONTACTS), _found(control, ALERTS)]
            false = [rate(tally.false_alarms[who], tally.area_m2) for who in (CONTACTS, ALERTS)]
            rows.append([name, str(tally.targets), *own, *false, *(_other(tally, who) for who in _OTHERS)])
    return head, rows


def day_table(tallies: Sequence[Tally]) -> Cells:
    """A row a day's lanes: what is found, and the rate of false alarms that was set beside what came."""
    head = (
        "lanes",
        "targets",
        "contacts",
        "alerts",
        "rate set",
        "false contacts / m2",
        "times the rate set",
        "false alerts / m2",
        *BASELINES,
        BOUND,
    )
    rows = []
    for tally in tallies:
        false = [rate(tally.false_alarms[who], tally.area_m2) for who in (CONTACTS, ALERTS)]
        times = f"{tally.false_per_m2(CONTACTS) / RATE_SET:.1f}"
        found = [_found(tally, CONTACTS), _found(tally, ALERTS)]
        others = [f"{tally.share(who):.2f}" if tally.targets else _NONE for who in _OTHERS]
        rows.append([tally.name, str(tally.targets), *found, f"{RATE_SET:g}", false[0], times, false[1], *others])
    return head, rows


def group_table(groups: Iterable[Group]) -> Cells:
    """A row a group of targets."""
    head = ("scene", "which", "targets", "contacts", "alerts")
    return head, [
        [each.scene, each.name, str(each.targets), share(each.contacts, each.targets), share(each.alerts, each.targets)]
        for each in groups
    ]


def as_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """For a page."""
    return table(head, rows)


def as_screen(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """For a terminal."""
    out = Table(title=title)
    for number, name in enumerate(head):
        out.add_column(name, justify="right" if number else "left")
    for row in rows:
        out.add_row(*row)
    return out
