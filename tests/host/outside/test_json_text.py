"""JSON of others is read within bounds, or refused with the place and the reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.outside.json_text import JsonError, parse, read

pytestmark = pytest.mark.unit

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**38), 10**38) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(VALUES, st.booleans())
def test_what_is_json_reads_as_the_standard_library_reads_it(value, escaped):
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ('{"a": 1' + "0" * 400 + "}", "401 digits", 1, 7),
        ('{"a":\n  1' + "0" * 5000 + "}", "5001 digits", 2, 3),
        ('{"a": 0.' + "1" * 5000 + "}", "digits", 1, 7),
        ('{"a": 1e400}', "too large", 1, 7),
        ('{"a": NaN}', "NaN", 1, 7),
        ('{"a": -Infinity}', "Infinity", 1, 7),
        ('{"a": "\\ud800"}', "surrogate", 1, 8),
        ('{"\\uDFFF": 1}', "surrogate", 1, 3),
        ('{"a": 1, "a": 2}', "twice", 0, 0),
        ('[{"a": {"b": 1, "b": 1}}]', "twice", 0, 0),
        ("[" * 100_000 + "]" * 100_000, "nested", 1, 65),
        ('{"a":' * 100_000, "nested", 1, 321),
        ('"' + "[" * 100 + '", ' + "[" * 65, "nested", 1, 169),
        ('{"a": 1_000}', "not JSON", 1, 8),
        ('{"a": \u0661}', "not JSON", 1, 7),
        ("", "not JSON", 1, 1),
        ('{"a": 1} {', "not JSON", 1, 10),
    ],
)
def test_what_is_not_taken_is_refused_with_its_place(text, reason, line, column):
    with pytest.raises(JsonError, match=reason) as refused:
        parse(text.encode())
    assert (refused.value.line, refused.value.column) == (line, column)


def test_brackets_in_text_are_no_depth():
    value = {"a": '[{\\"' * 200, "b": "]" * 200}
    assert parse(json.dumps(value).encode()) == value


def test_a_whole_pair_of_surrogates_is_one_letter():
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(JsonError, match="UTF-8 text at byte 1"):
        parse(b'"\xff"')


def test_a_file_of_more_bytes_than_wanted_is_not_read_whole(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps("x" * 1000))
    assert read(path) == "x" * 1000
    with pytest.raises(JsonError, match="more than 100 bytes"):
        read(path, 100)


def test_numbers_keep_their_decimals_for_whoever_asks():
    assert parse(b'{"a": 1.50, "b": -0, "c": 2}', number=str) == {"a": "1.50", "b": "-0", "c": "2"}
