"""Answers find their commands, also when some are lost, late, or overtaken by a stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.board.answers import LATE_S, Answer, AnswerQueue, Pending

pytestmark = pytest.mark.unit


def queue_of(*commands: str) -> tuple[AnswerQueue, list[Pending]]:
    queue, waiting = AnswerQueue(), [Pending(command) for command in commands]
    for pending in waiting:
        queue.add(pending)
    return queue, waiting


def last_of(pending: Pending) -> str | None:
    return pending.answer.last if pending.answer else None


def test_answers_in_order_with_their_lines() -> None:
    queue, (dump, get) = queue_of("dump", "get a")
    for line in ("  a = 1", "  b = 2", "ok", "ok a=1"):
        assert queue.take(line, 0.0) is not None
    assert dump.answer == Answer("dump", "ok", ("a = 1", "b = 2")) and last_of(get) == "ok a=1"
    assert queue.take("ok", 0.0) is None


def test_a_prompt_before_the_answer_is_no_part_of_it() -> None:
    queue, (status,) = queue_of("status")
    queue.take("> ok state=SAFE", 0.0)
    assert status.answer is not None and status.answer.values() == {"state": "SAFE"}


def test_an_error_has_a_name_and_a_text() -> None:
    queue, (arm,) = queue_of("arm 1")
    queue.take("err code: the code is wrong: type `arm`", 0.0)
    assert arm.answer is not None and not arm.answer.ok
    assert (arm.answer.error_name, arm.answer.text) == ("code", "the code is wrong: type `arm`")


def test_a_pings_answer_shows_that_the_one_before_was_lost() -> None:
    queue, (save, ping, status) = queue_of("save", "ping", "status")
    queue.take("ok t_ms=5", 0.0)
    assert save.done.is_set() and save.answer is None
    assert last_of(ping) == "ok t_ms=5" and not status.done.is_set()


def test_another_answer_shows_that_the_pings_was_lost() -> None:
    queue, (ping, status) = queue_of("ping", "status")
    queue.take("ok state=SAFE", 0.0)
    assert ping.done.is_set() and ping.answer is None and last_of(status) == "ok state=SAFE"


def test_stop_is_answered_before_the_lines_it_overtook() -> None:
    queue, (ping, drive, stop) = queue_of("ping", "drive 1 1", "stop")
    queue.take("ok state=STOPPED", 0.0)
    assert last_of(stop) == "ok state=STOPPED" and not ping.done.is_set() and not drive.done.is_set()
    queue.take("ok t_ms=7", 0.0)
    queue.take("err state: drive is not for STOPPED", 0.0)
    assert last_of(ping) == "ok t_ms=7" and last_of(drive) == "err state: drive is not for STOPPED"


def test_a_late_answer_goes_to_the_command_that_gave_up() -> None:
    queue, (selftest, status) = queue_of("selftest", "status")
    selftest.given_up_at = 10.0
    assert not queue.settled(10.5)
    queue.take("ok selftest passed", 10.5)
    assert queue.settled(10.5) and last_of(selftest) == "ok selftest passed" and not status.done.is_set()


def test_an_answer_too_late_is_forgotten() -> None:
    queue, (selftest, status) = queue_of("selftest", "status")
    selftest.given_up_at = 10.0
    queue.take("ok state=SAFE", 10.1 + LATE_S)
    assert last_of(status) == "ok state=SAFE" and selftest.answer is None


_LINES = st.one_of(
    st.sampled_from(["ok", "ok t_ms=1", "ok state=STOPPED", "ok sapper=1", "err a: b", "  x", "> ok"]), st.text()
)


@given(st.lists(st.sampled_from(["", "ping", "stop", "status", "version", "disarm"]), max_size=8), st.lists(_LINES))
def test_any_lines_end_each_command_at_most_once(commands: list[str], lines: list[str]) -> None:
    queue, waiting = queue_of(*commands)
    taken = [pending for line in lines if (pending := queue.take(line, 0.0)) is not None and pending.done.is_set()]
    assert len(taken) == len({id(pending) for pending in taken})
    assert all(pending.answer is not None for pending in taken)
    queue.fail_all()
    assert all(pending.done.is_set() or pending.answer for pending in waiting)


@pytest.mark.parametrize(
    ("command", "last"),
    [
        ("status", "ok state=SAFE reason=none"),
        ("nonce 0123456789abcdef", "ok nonce=00 counter=0 key=none port=radio"),
        ("key", "ok key=none"),
        ("key " + "ab" * 32, "ok key=01234567"),
        ("teamkey none", "ok teamkey=none"),
    ],
)
def test_what_a_key_depends_on_is_never_taken_from_somebody_elses_late_answer(command: str, last: str) -> None:
    """The `ok` to an empty line of the program that had the port before."""
    queue = AnswerQueue()
    pending = Pending(command)
    queue.add(pending)
    assert queue.take("ok", 0.0) is None and queue.take("ok sapper=0.1.0", 0.0) is None
    assert queue.take(last, 0.0) is pending and pending.answer is not None and pending.answer.last == last
    refused = Pending(command)
    queue.add(refused)
    assert queue.take("err state: not now", 0.0) is refused
