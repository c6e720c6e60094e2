"""What the board tells of its moves: a stop names all that spoke for it, a sweep how long it was to be; nothing that is
in the tables is never told."""

import re

import pytest
from bench import Bench

from sapper.safety.rules import RULES
from sapper.safety.supervisor import ARMED, EVENT_BIT, SWEEP
from sapper.shared import events
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit


@pytest.fixture
def bench():
    """In SWEEP over a metre; what was told until then is forgotten."""
    bench = Bench()
    bench.arm()
    bench.say("sweep 1000")
    assert bench.app.state == SWEEP
    return bench


def test_a_stop_names_everything_that_was_up(bench):
    bench.board.inputs.key = 0
    bench.board.inputs.loop = 0
    bench.tick()
    [stop] = bench.told("stop")
    assert stop["reason"] == "estop_open" and set(stop["detail"].split("+")) == {"estop_open", "key_off"}


@pytest.mark.parametrize("row", [row for row in RULES if "W" in row[1] and row[2] != "SWEEP"], ids=lambda row: row[0])
def test_every_row_that_ends_a_sweep_is_in_its_stop(bench, row):
    bench.app._settle(EVENT_BIT[row[0]])
    [stop] = bench.told("stop")
    assert (stop["reason"], stop["detail"]) == (row[3], row[0])


def test_a_sweep_is_told_as_it_begins_and_as_it_is_done(bench):
    assert [(line["length_mm"], line["done"]) for line in bench.told("sweep")] == [(1000, 0)]
    for _ in range(40):
        bench.say("", ticks=50)
    assert bench.app.state == ARMED
    assert [(line["length_mm"], line["done"]) for line in bench.told("sweep")] == [(1000, 0), (1000, 1)]


def test_a_sweep_that_is_stopped_is_not_told_as_done(bench):
    bench.say("stop")
    assert [line["done"] for line in bench.told("sweep")] == [0]


def test_nothing_stands_in_the_tables_that_nobody_tells():
    """Each kind of event is told by some module, each reason is some rule's; faults, refusals and causes are named."""
    folder = ROOT / "firmware" / "sapper"
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
        if path.name not in ("events.py", "commands.py")
    )
    assert {row[1] for row in events.KINDS} == set(re.findall(r'(?:emit\(|KIND_ID\[)"(\w+)"', sources))
    assert set(events.REASON_NAMES) == {row[3] for row in RULES} | {"none", "reset"}
    words = set(re.findall(r'"(\w+)"', sources))
    made = {f"stuck_gate{gate}" for gate in range(3)} | {"encoder_right"}  # the first one's index, and so many on
    for names in (events.FAULTS, events.REFUSALS, events.RESET_CAUSES):
        assert [name for name in names if name not in words | made | {"none", "-"}] == []
