"""A line that is written in place reads as one made with `%`, and the longest that there is finds room."""

import pytest
from bench import SWEEP, Bench
from hypothesis import given
from hypothesis import strategies as st

from sapper.link import status
from sapper.shared import events, weakened
from sapper.shared.text import MOST, Text

pytestmark = pytest.mark.unit

_EDGES = [0, 9, 10, 99, 100, 2**30 - 1, 2**30, 2**31 - 1, -1, -(2**30), -(2**31)]


@given(st.lists(st.one_of(st.sampled_from(_EDGES), st.integers(-(2**31), 2**31 - 1)), min_size=1, max_size=9))
def test_numbers_and_texts_stand_as_they_are(numbers):
    text = Text()
    for _ in range(2):  # the second is written over the first
        text.start("* ")
        for number in numbers:
            text.value("n", number)
            text.word("word", "as it is")
            text.put(b";")
            text.number(number)
        assert text.text() == "* " + "".join(" n=%d word=as it is;%d" % (number, number) for number in numbers)


def test_what_is_too_long_is_cut_at_the_end_and_the_next_line_is_whole():
    text = Text()
    text.start("x" * (MOST - 1))
    text.number(-12)
    text.put("y")
    assert text.text() == "x" * (MOST - 1) + "-"
    text.start("whole")
    assert text.text() == "whole"


def test_the_longest_event_and_the_longest_status_find_room_with_a_lines_end_and_a_prompt():
    text = Text()
    longest = 0
    for row in events.KINDS:
        values = [
            max(range(len(events.ENUMS[name])), key=lambda i: len(events.ENUMS[name][i]))  # noqa: B023 (called here)
            if name in events.ENUMS
            else (1 << len(events.BITS[name])) - 1
            if name in events.BITS
            else -(2**31)
            for name in row[2]
        ]
        events.put_line(text, 0xFFFF, 2**29 - 1, row[0], -(2**31), values, 0)
        longest = max(longest, text.length)
    app = Bench().to(SWEEP).app
    app.weakened = (1 << len(weakened.TABLE)) - 1
    app.drive.odometry.x_um = app.drive.odometry.y_um = -(2**31) * 1000
    status.put(app, text)
    for name, _, _, _ in weakened.TABLE:
        assert name in text.text()
    longest = max(longest, text.length + 60)  # other figures may be longer
    assert 300 < longest <= MOST - len("\r\n> ")
