"""A terminal's bytes become the keys that were pressed, in whatever pieces they come; garbage becomes none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.operate.drive_keys import KEYS
from sapper_host.operate.key_parser import Flags, Focus, Key, KeyParser, Other, Paste, Reply, Typed

pytestmark = pytest.mark.unit

UP = b"\x1b[A"
TYPED: list[tuple[bytes, list[Typed]]] = [
    (b"a", [Key("a", data=b"a")]),
    (b"\x03", [Key("c-c", data=b"\x03")]),
    (b"\x04", [Key("c-d", data=b"\x04")]),
    (b"\r", [Key("enter", data=b"\r")]),
    ("é".encode(), [Other("é".encode())]),
    (UP, [Key("up", data=UP)]),
    (b"\x1bOD", [Key("left", data=b"\x1bOD")]),
    (b"\x1b[12~", [Key("f2", data=b"\x1bOQ")]),
    (b"\x1bOQ", [Key("f2", data=b"\x1bOQ")]),
    (b"\x1b[[B", [Key("f2", data=b"\x1b[[B")]),
    (b"\x1b[1;1:1A", [Key("up", data=UP)]),
    (b"\x1b[1;1:2A", [Key("up", "repeat", UP)]),
    (b"\x1b[1;1:3A", [Key("up", "release")]),
    (b"\x1b[1;129:1B", [Key("down", data=b"\x1b[B")]),  # with Num Lock on
    (b"\x1b[1;5A", [Other(b"\x1b[1;5A")]),  # with Ctrl it is another key
    (b"\x1b[1;5:3A", [Key("up", "release")]),  # but up it is in any case
    (b"\x1b[99;5u", [Key("c-c", data=b"\x03")]),
    (b"\x1b[99;5:2u", [Key("c-c", "repeat", b"\x03")]),
    (b"\x1b[99;5:3u", [Key("c-c", "release")]),
    (b"\x1b[97;1:3u", [Key("a", "release")]),
    (b"\x1b[97;2u", [Key("A", data=b"A")]),
    (b"\x1b[27u", [Key("escape", data=b"\x1b")]),
    (b"\x1b[32;1:1u", [Key(" ", data=b" ")]),
    (b"\x1b[57441;2:1u", []),  # Shift alone
    (b"\x1b[?11u", [Flags(11)]),
    (b"\x1b[I", [Focus(True)]),
    (b"\x1b[O", [Focus(False)]),
    (b"\x1b[24;80R", [Reply(b"\x1b[24;80R")]),
    (b"\x1b[3~", [Other(b"\x1b[3~")]),
    (b"\x1b[3;1:1~", [Other(b"\x1b[3;1~")]),
    (b"\x1b[3;1:3~", []),
    (b"\x1bx", [Other(b"\x1bx")]),
    (b"\x1b[200~up\x1b[A\x1b[201~", [Paste(b"\x1b[200~up\x1b[A\x1b[201~")]),
]


@pytest.mark.parametrize(("data", "typed"), TYPED, ids=lambda value: repr(value)[:30])
def test_each_key_is_known_for_what_it_is(data: bytes, typed: list[Typed]) -> None:
    assert KeyParser().feed(data) == typed


@given(st.lists(st.sampled_from(TYPED), max_size=8), st.data())
def test_pieces_change_nothing(parts: list[tuple[bytes, list[Typed]]], data: st.DataObject) -> None:
    stream = b"".join(part for part, _ in parts)
    parser, got, rest = KeyParser(), [], stream
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        got += parser.feed(rest[:size])
        rest = rest[size:]
    assert got == [typed for _, whole in parts for typed in whole] and not parser.waiting


def test_an_escape_is_one_when_nothing_follows() -> None:
    parser = KeyParser()
    assert parser.feed(b"\x1b") == [] and parser.waiting
    assert parser.flush() == [Key("escape", data=b"\x1b")] and not parser.waiting
    assert parser.feed(b"\x1b[1;") == [] and parser.flush() == [] and not parser.waiting


@given(st.binary(max_size=300))
def test_garbage_is_borne_and_little_of_it_held(data: bytes) -> None:
    parser = KeyParser()
    for i in range(0, len(data), 7):
        parser.feed(data[i : i + 7])
    assert len(parser._buffer) < 64
    parser.flush()
    assert not parser.waiting
    assert parser.feed(UP) == [Key("up", data=UP)], "and the next key is known again"


@given(st.binary(max_size=60).filter(lambda data: b"\x1b" not in data))
def test_without_a_sequence_no_garbage_drives(data: bytes) -> None:
    assert not [typed for typed in KeyParser().feed(data) if isinstance(typed, Key) and typed.name in KEYS]


@pytest.mark.parametrize("ctrl_c", [b"\x03", b"\x1b[99;5u", b"\x1b[99;5:1u"])
@given(
    before=st.sampled_from(
        [b"", b"\x1b", b"\x1b[", b"\x1b[1;", b"\x1bO", b"\xc3", b"\xf0\x90", b"\x1b[[", b"\x1b[200~ab"]
    )
)
def test_ctrl_c_is_found_behind_whatever_was_begun(ctrl_c: bytes, before: bytes) -> None:
    parser = KeyParser()
    got = parser.feed(before)
    got += parser.feed(ctrl_c)
    got += parser.flush()
    if before and ctrl_c != b"\x03" and before[-1] != ord("b") and before[0] != 0x1B:
        return  # a character was begun, and the sequence's first byte broke it off
    if ctrl_c != b"\x03" and before in (b"\x1b[1;", b"\x1b[", b"\x1bO", b"\x1b[["):
        got += parser.feed(ctrl_c)  # the first one ended what was begun; a key held is told again
    assert [typed for typed in got if isinstance(typed, Key) and typed.name == "c-c"]


def test_a_paste_is_never_a_key_however_long_or_cut() -> None:
    parser, got = KeyParser(), []
    stream = b"\x1b[200~" + UP * 5000 + b"\x1b[201~"
    for i in range(0, len(stream), 97):
        got += parser.feed(stream[i : i + 97])
    assert [type(typed) for typed in got] == [Paste] and len(got[0].data) < 5000  # type: ignore[union-attr]
