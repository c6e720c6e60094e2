"""Lines that are said often mean what they mean as text, whatever is written; signature, key and counter, too."""

import pytest
from bench import SWEEP, TELEOP, Bench
from hypothesis import given
from hypothesis import strategies as st

from sapper.crypto.signing import Signer
from sapper.link import often
from sapper.link.gate import Gate
from sapper.link.line import LineReader
from sapper.link.radio_link import RadioLink
from sapper.shared.digits import whole

pytestmark = pytest.mark.unit

USB, RADIO = 0, 1
KEY, OTHER_KEY = bytes(range(32)), bytes(32)


def form_of(text, before=b"", behind=b""):
    return often.form_of(before + text.encode() + behind, len(before), len(before) + len(text))


def numbers_of(text):
    """What the console makes of a `drive` as text; None where it is no such line."""
    words = text.split()
    try:
        return tuple(whole(word) for word in words[1:]) if len(words) == 3 and words[0] == "drive" else None
    except ValueError:
        return None


@given(st.integers(-8191, 8191), st.integers(-8191, 8191), st.binary(max_size=5), st.sampled_from([b"", b"9", b" x"]))
def test_a_drive_keeps_both_numbers(speed, turn, before, behind):
    form = form_of(f"drive {speed} {turn}", before, behind)
    assert form & often.DRIVE and 0 <= form < often.PROVED
    assert (often.speed_mm_s(form), often.turn_mrad_s(form)) == (speed, turn)


@given(st.from_regex(r"d?rive {0,2}-{0,2}[0-9]{0,6} {0,2}-?[0-9a]{0,5} ?", fullmatch=True))
def test_what_is_taken_as_a_drive_is_one_and_has_the_numbers_of_its_text(text):
    form = form_of(text)
    if form & often.DRIVE:
        assert (often.speed_mm_s(form), often.turn_mrad_s(form)) == numbers_of(text)
    else:
        assert form == often.OTHER


@pytest.mark.parametrize("number", ["8192", "-8192", "99999", "+5", "1.5", "", "-", "--1", "1_0", "0x1", "10000"])
def test_numbers_that_find_no_room_or_are_none_are_left_to_the_console(number):
    for text in (f"drive {number} 0", f"drive 0 {number}"):
        assert form_of(text) == often.OTHER


@pytest.mark.parametrize(
    "text", ["pin", "pings", "pong", "Ping", "ping x", "status x", "statu", "statues", "drive", "drive 1", "driver 1 1"]
)
def test_a_line_that_only_looks_like_one_is_a_text(text):
    assert form_of(text) == often.OTHER
    assert often.line_of(text.encode(), 0, len(text)) == text


@pytest.mark.parametrize("text", ["rtcm", "rtcm abc", "rtcmx abcd", "Rtcm abcd"])
def test_so_is_one_that_only_looks_like_corrections(text):
    assert form_of(text) == often.OTHER
    assert often.line_of(text.encode(), 0, len(text)) == text


@given(
    st.one_of(
        st.sampled_from(["", "ping", "status", " ping", "drive 1 -2", "stop"]), st.text("pingdrve -12", max_size=12)
    )
)
def test_a_line_is_its_text_or_the_number_of_it(text):
    reader = LineReader()
    data = text.encode() + b"\n"
    at = 0
    while at < len(data):
        at = reader.take(data, at, len(data))
    line = reader.line
    if isinstance(line, int):
        assert (often.speed_mm_s(line), often.turn_mrad_s(line)) == numbers_of(text)
    else:
        assert line == text.strip()


@pytest.mark.parametrize("speed", [200, -150, 0])
def test_a_drive_moves_as_it_says_however_it_is_written(speed):
    for text in (f"drive {speed} 10", f"drive  {speed}  10"):
        bench = Bench().to(TELEOP)
        assert bench.last(text) == "ok state=TELEOP"
        assert (bench.app.motion._speed, bench.app.motion._turn) == (speed, 10)


def test_a_drive_beyond_the_settings_is_refused_in_both_forms():
    bench = Bench().to(TELEOP)
    for text in ("drive 8000 0", "drive 9000 0", "drive 0 -8000", "drive 0 -9000"):
        assert bench.last(text).startswith("err value: at most ")


def signed(bench, counter, text):
    return Signer(KEY, bench.app.gate.nonce).sign(counter, text)


def on_the_radio(state):
    """A bench with a key, in this state, armed over the radio."""
    bench = Bench()
    bench.app.gate.set_key(KEY)
    bench.to(state)
    bench.app.owner = RADIO
    return bench


def test_what_changes_state_is_taken_signed_alone_on_the_radio_in_either_form():
    bench = on_the_radio(TELEOP)
    speed = bench.app.motion._speed
    for text in ("drive 20 0", "drive  20 0", "ping"):
        assert bench.last(text, RADIO).startswith("err unsigned: ")
    assert bench.app.motion._speed == speed
    assert bench.last(signed(bench, 1, "drive 20 0"), RADIO) == "ok state=TELEOP"
    assert bench.last(signed(bench, 2, "ping"), RADIO).startswith("ok t_ms=")
    assert bench.app.motion._speed == 20
    assert bench.last("status", RADIO).startswith("ok state=TELEOP"), "anybody may ask"


def test_a_signed_line_is_taken_once_on_both_links_together():
    bench = on_the_radio(SWEEP)
    ping, later = signed(bench, 5, "ping"), signed(bench, 6, "ping")
    assert bench.last(ping, RADIO).startswith("ok t_ms=")
    assert bench.app.gate.counter == 5
    assert bench.last(ping, USB).startswith("err counter: ")
    assert bench.last(ping, RADIO).startswith("err counter: ")
    assert bench.last(later, USB).startswith("err owner: "), "its counter is taken all the same"
    assert bench.last(later, RADIO).startswith("err counter: "), "taken over USB"
    assert bench.app.gate.counter == 6


def test_lines_of_every_form_that_come_at_once_are_taken_in_their_order():
    bench = on_the_radio(SWEEP)
    lines = [signed(bench, n, text) for n, text in enumerate(("ping", "mark", "status", "ping"), 1)]
    bench.ports[RADIO].waiting = "".join(line + "\n" for line in lines).encode()
    bench.ports[RADIO].sent = b""
    bench.tick(10)
    answers = [line for line in bench.ports[RADIO].sent.decode().split("\r\n") if line.startswith(("ok", "err"))]
    assert [answer.split("=")[0] for answer in answers] == [
        "ok t_ms",
        "err state: mark is not for SWEEP",
        "ok state",
        "ok t_ms",
    ]


def test_what_another_key_proved_is_forgotten_with_it():
    bench = Bench()
    bench.app.gate.set_key(KEY)
    link = bench.app.links[RADIO]
    assert isinstance(link, RadioLink) and isinstance(bench.app.gate, Gate)
    line = signed(bench, 1, "ping").encode() + b"\n"
    link.reader.begin(len(line))
    link._queue(link.reader.next(line))
    link._queue("status")
    assert link._lines == [often.PING | often.PROVED, "status"]
    bench.app.new_key(OTHER_KEY)
    assert link._lines == ["status"]
