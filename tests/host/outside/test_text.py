"""Text of others is shown without anything that a terminal would obey."""

import pytest

from sapper_host.outside.text import shown, shown_lines

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]0;title\x07",  # sets the window's title
        "\x1b[2J",  # clears the screen
        "\x9b2J",  # the same in one character
        "line\rover it",
        "one\ntwo",
        "a\u202ecod.exe",  # right to left from here on
        "\u2066hidden\u2069",
        "\ufeff\u200b",
        "\ud800",
        "\u2028",
    ],
)
def test_nothing_that_a_terminal_obeys_is_left(hostile):
    clean = shown(hostile)
    assert clean.isprintable() and len(clean) == len(hostile)
    clean.encode("utf-8")


def test_ordinary_text_of_any_script_stays():
    for text in ("lane 4, east", "міна ТМ-62", "地雷", "naïve $x_1^2$ \\q"):
        assert shown(text) == text


def test_long_text_is_cut_and_says_so():
    assert shown("x" * 50, 40) == "x" * 40 + "..."
    assert shown("x" * 40, 40) == "x" * 40


def test_lines_stay_lines():
    assert shown_lines("one\n\x1b[2Jtwo\n") == "one\n?[2Jtwo\n"
