"""What anybody says on the radio: which of it is refused by its bytes, what is answered, and what is made a text of."""

import pytest
from bench import Bench

from sapper.crypto.signing import Signer
from sapper.link.unproved import CLOSED, UNKNOWN, form, is_refused
from sapper.safety.supervisor import STOPPED, SWEEP
from sapper.shared.commands import COMMANDS, open_to_all

pytestmark = pytest.mark.unit

RADIO = 1
KEY = bytes(range(32))


def form_of(text, moves=False):
    data = text.encode()
    return form(b"@ " + data + b"ing", 2, 2 + len(data), moves)


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row[0])
def test_each_command_of_the_table_is_closed_or_open_as_it_says_there(row, moves):
    for words in ("", " x", "  12 -3"):
        found = form_of(row[0] + words, moves)
        if row[0] == "stop":
            assert found == "stop"
        elif row[0] + words in ("status", "ping"):
            assert found == row[0]
        else:
            closed = CLOSED + COMMANDS.index(row)
            assert found == (None if open_to_all(row, moves) else closed) and is_refused(closed)


@pytest.mark.parametrize("text", ["q", "stopp", "sto", "Stop", "helpp", "hel", "p", "x" * 160, "=", "drive2"])
def test_what_begins_with_no_command_is_unknown(text):
    assert form_of(text) == UNKNOWN


@pytest.fixture
def bench():
    """In SWEEP, armed over USB, with a radio key."""
    bench = Bench()
    bench.app.gate.set_key(KEY)
    bench.to(SWEEP)
    return bench


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("@5 0123456789abcdef drive 300 0", "err mac: wrong key, or signed for another boot; ask `nonce`"),
        ("@0 0123456789abcdef x", "err malformed: the counter is a number from 1 to 999999999"),
        ("@1234567890 0123456789abcdef x", "err malformed: the counter is a number from 1 to 999999999"),
        ("@5 0123456789 bcdef drive 300 0", "err malformed: write @COUNTER MAC LINE"),
        ("@", "err malformed: write @COUNTER MAC LINE"),
        ("drive 300 0", "err unsigned: drive changes state; on this link it must be signed"),
        ("dump", "err unsigned: dump takes room from a rover that moves; on this link it must be signed"),
        ("fly", "err unknown: no command of this name; `help` lists them"),
    ],
)
def test_each_refused_line_is_answered_by_what_is_wrong_with_it_and_counted(bench, line, answer):
    before = bench.app.refused
    assert bench.last(line, RADIO) == answer
    assert bench.app.refused == before + 1 and bench.app.state == SWEEP


def test_a_line_signed_with_a_counter_that_was_taken_is_told_so(bench):
    signed = Signer(KEY, bench.app.gate.nonce).sign(7, "ping")
    assert bench.last(signed, RADIO).startswith("err owner")
    assert bench.last(signed, RADIO).startswith("err counter: counters rise")


def test_stop_is_taken_from_anyone_whatever_follows_it(bench):
    assert bench.last("stop please", RADIO) == "ok state=STOPPED"
    assert bench.app.state == STOPPED
