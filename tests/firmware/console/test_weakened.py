"""What weakens a protective stop is named by `set`, before arming, in `status`, in STATUS and the log; what is unsafe
together does not arm."""

import pytest
from bench import Bench

from sapper.link.status import flags
from sapper.safety.supervisor import ARMED, SAFE
from sapper.shared import fields, weakened
from sapper.shared.events import WEAKENED
from sapper.shared.settings import TABLE
from sapper.storage import settings_file
from sapper_host.board.answers import Answer
from sapper_host.board.status_text import frames_of_status

pytestmark = pytest.mark.unit

BIT = 1 << 5  # of STATUS.flags
ROWS = {row[0]: row for row in TABLE}


def beyond(name, low, high):
    """A value at which the stop is weaker, the first beyond its full strength."""
    return high + 1 if high < ROWS[name][3] else low - 1


@pytest.fixture
def bench():
    return Bench()


def test_the_defaults_weaken_nothing_and_nothing_says_so(bench):
    bench.board.inputs.key = 1
    bench.tick(50)
    assert "weakened" not in bench.say("arm") and not flags(bench.app) & BIT
    assert bench.last("status").endswith("weakened=0")


@pytest.mark.parametrize("row", weakened.TABLE, ids=WEAKENED)
def test_each_setting_that_weakens_is_named_by_set_arm_and_status_and_no_longer_when_put_back(bench, row):
    name, low, high, what = row
    value = beyond(name, low, high)
    bench.say(f"set {name} {ROWS[name][1]}")
    if name == "det_supply_max_mv":
        bench.say("set det_supply_min_mv 4300")
    assert bench.last(f"set {name} {value}") == f"ok {name}={value} weakened: {what}"
    assert flags(bench.app) & BIT
    status = bench.last("status")
    assert status.endswith(f"weakened={1 << WEAKENED.index(name)} ({name})")
    bench.board.inputs.key = 1
    bench.tick(50)
    offer = bench.say("arm").split("\r\n")
    assert offer[0] == f"  weakened: {name}={value}: {what}" and offer[1].startswith("ok code=")
    bench.last("arm " + offer[1][8:12])
    assert bench.app.state == ARMED
    [told] = [
        bench.app.log.text(n)
        for n in range(bench.app.log.oldest(), bench.app.log.next)
        if " weakened " in bench.app.log.text(n)
    ]
    assert fields.parse_line(told)["stops"] == name
    bench.say("disarm")
    assert "weakened" not in bench.last(f"set {name} {ROWS[name][1]}") and not flags(bench.app) & BIT


def test_defaults_take_the_banner_away(bench):
    bench.say("set sweep_marks 1")
    bench.say("defaults")
    assert not flags(bench.app) & BIT and bench.last("status").endswith("weakened=0")


def test_what_a_saved_file_weakens_is_told_from_the_start(bench):
    bench.say("set teleop_blind 1")
    bench.say("save")
    assert flags(Bench().app) & BIT


def test_a_saved_file_that_is_unsafe_together_is_refused_whole_and_does_not_arm(bench):
    with open(settings_file.PATH, "w") as file:
        file.write("speed_max_mm_s = 200\nsweep_mm_s = 600\n")
    again = Bench()
    again.board.inputs.key = 1
    again.tick(50)
    answer = again.say("arm")
    assert "err checks" in answer and "speed_max_mm_s" in answer and again.app.settings.get("sweep_mm_s") == 300


def test_settings_that_became_unsafe_together_do_not_arm_by_a_check_of_its_own(bench):
    values = bench.app.settings._values
    values[[row[0] for row in TABLE].index("sweep_mm_s")] = 601  # as no command would
    bench.board.inputs.key = 1
    bench.tick(50)
    answer = bench.say("arm")
    assert "  together: " in answer and "err checks" in answer and bench.app.state == SAFE


def test_the_laptop_reads_the_status_line_of_this_board_and_of_one_before_it(bench):
    for lines, weaker in (((), False), (("set sweep_marks 1", "set coast_ms 3000"), True)):
        for line in lines:
            bench.say(line)
        text = bench.last("status")
        status = frames_of_status(Answer("status", text).values(), 0)[0]
        assert bool(status.fields["flags"] & BIT) == weaker
        before = frames_of_status(Answer("status", text.partition(" weakened=")[0]).values(), 0)[0]
        assert not before.fields["flags"] & BIT
        # What a program of before does with the words: every one but those with names is a number.
        named = ("state", "reason", "fault")
        assert [int(word) for name, word in Answer("status", text).values().items() if name not in named]
