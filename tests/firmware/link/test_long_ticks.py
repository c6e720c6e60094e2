"""A rover that moves tells one thing a tick, and nothing in one that has taken long; what anybody asks waits, too. But
nothing waits for long."""

import time

import pytest
from bench import Bench

from sapper.link import radio_link, reporter
from sapper.link.unproved import may_wait
from sapper.safety.supervisor import TELEOP
from sapper_host.board.decoder import Event, Frame, StreamDecoder, Text

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1
SHORT_US, LONG_US = 1000, 9000


class Clock:
    """A board whose every tick has taken so long (took_us) whenever it is looked at."""

    def __init__(self, monkeypatch):
        self.took_us = SHORT_US
        monkeypatch.setattr(time, "ticks_us", lambda: self.took_us, raising=False)
        monkeypatch.setattr(time, "ticks_diff", lambda a, b: a - b, raising=False)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def bench(clock):
    """It is driven, telemetry on USB; all that was to be told of that is told."""
    bench = Bench()
    bench.ports[USB].waiting += b"telemetry on\n"
    bench.tick(20)
    bench.app.state = TELEOP
    bench.app.stats.moving = True
    made = bench.app.reporter
    made._status_every, made._detect_every, made._due = 10**6, 0, 0  # no frame is due by itself
    for _ in range(12):
        tick(bench)
    return bench


def tick(bench, port=USB):
    """What was told in a tick on a port."""
    bench.ports[port].sent = b""
    bench.app.reporter.step(0, 0)
    return StreamDecoder().feed(bytes(bench.ports[port].sent))


def kinds(items):
    return [type(item).__name__ for item in items if isinstance(item, Event | Frame | Text)]


def test_one_thing_a_tick_an_event_a_frame_a_line_of_an_answer(bench):
    for n in range(3):
        bench.app.emit("mark", n)
    bench.app.links[USB].telemetry = True
    bench.app.reporter._due = 2
    told = [kinds(tick(bench)) for _ in range(8)]  # the radio is told of each, too
    assert told == [["Event"]] * 3 + [[]] * 3 + [["Frame"], []]
    bench.app.links[USB].answer(iter(["one", "two"]))
    bench.app.reporter._due = 2
    assert [kinds(tick(bench)) for _ in range(3)] == [["Frame"], ["Text"], ["Text"]], "frames do not wait for an answer"


def test_a_tick_that_took_long_tells_nothing_and_the_next_short_one_does(bench, clock):
    bench.app.emit("mark", 1)
    clock.took_us = LONG_US
    assert [kinds(tick(bench)) for _ in range(4)] == [[]] * 4 and bench.app.reporter.waited == 4
    clock.took_us = SHORT_US
    assert kinds(tick(bench)) == ["Event"] and bench.app.reporter.waited == 0


def test_nothing_waits_for_longer_than_so_many_ticks(bench, clock):
    clock.took_us = LONG_US
    bench.app.emit("mark", 1)
    waited = 0
    while kinds(tick(bench)) != ["Event"]:
        waited += 1
        assert waited <= reporter._WAITS_MOST_TICKS
    bench.app.links[USB].answer("late")
    waited = 0
    while kinds(tick(bench)) != ["Text"]:
        waited += 1
        assert waited <= 2 * reporter._WAITS_MOST_TICKS + 1  # behind the event, which the radio is told, too
    assert waited > 2


def test_standing_whole_answers_leave_whatever_a_tick_takes(bench, clock):
    clock.took_us = LONG_US
    bench.app.links[USB].answer(iter("1234"))
    bench.ports[USB].sent = b""
    bench.app.reporter.step(0)
    assert bytes(bench.ports[USB].sent) == b"1\r\n2\r\n3\r\n4\r\n"


# What anybody says on the radio


@pytest.mark.parametrize(
    ("line", "waits"),
    [("nonce 0011223344556677", True), ("status", True), (16, True), (64, True), ("stop", False), (None, False),
     ("\x01 drive", False), ("@1 0123456789abcdef arm", False), ((1 << 29) | 1, False), (1 << 28, False)],
)  # fmt: skip
def test_what_is_anybodys_may_wait_and_a_stop_or_what_the_key_may_have_signed_never(line, waits):
    assert may_wait(line) is waits


def read(bench, clock, lines, ticks):
    """What the radio's link gives in each of so many ticks."""
    bench.ports[RADIO].waiting += lines
    return [bench.app.links[RADIO].read_line(0) for _ in range(ticks)]


def test_a_question_waits_for_a_short_tick_but_not_for_long(bench, clock):
    clock.took_us = LONG_US
    most = radio_link._WAITS_MOST_TICKS
    given = read(bench, clock, b"status\n", most + 1)
    assert given == [None] * most + ["status"]
    assert read(bench, clock, b"status\n", 2) == [None, None]
    clock.took_us = SHORT_US
    assert read(bench, clock, b"", 1) == ["status"]


def test_it_gives_way_to_what_waits_to_be_told(bench, clock):
    bench.app.links[RADIO].gives_way = True
    assert read(bench, clock, b"status\n", 2) == [None, None]
    bench.app.links[RADIO].gives_way = False
    assert read(bench, clock, b"", 1) == ["status"]


def test_a_stop_passes_a_question_that_waits(bench, clock):
    clock.took_us = LONG_US
    assert read(bench, clock, b"status\n", 1) == [None]
    assert read(bench, clock, b"stop\n", 1) == ["stop"]
