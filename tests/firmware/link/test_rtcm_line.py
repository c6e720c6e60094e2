"""Corrections come as lines, are taken without a text being made of them, and from nobody who may not."""

import base64
import sys
from pathlib import Path

import pytest
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1] / "sensors"))
from gnss_messages import rtcm  # noqa: E402 (beside the sensors' own tests)

from sapper.crypto.signing import Signer  # noqa: E402
from sapper.link import rtcm_line  # noqa: E402

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
TEXT = st.text(alphabet="AZaz09+/=- ", max_size=24)


@pytest.fixture
def bench():
    made = Bench()
    made.app.begin_field()
    return made


def decoded(text):
    target = bytearray(120)
    count = rtcm_line.decode(b"rtcm " + text, 5, 5 + len(text), target)
    return None if count < 0 else bytes(target[:count])


@given(st.binary(min_size=1, max_size=116))
def test_what_others_encode_is_decoded(data):
    assert decoded(base64.b64encode(data)) == data


@given(TEXT)
def test_what_others_do_not_decode_is_not_either(text):
    try:
        wanted = base64.b64decode(text, validate=True) or None
    except ValueError:
        wanted = None
    if len(text) % 4:  # CPython takes some of these: `0000=`
        wanted = None
    assert decoded(text.encode()) == wanted


def test_a_line_longer_than_any_link_takes_stays_within_its_bytes():
    assert decoded(b"AAAA" * 41) is None and len(decoded(b"AAAA" * 40)) == 120


def pieces(data):
    return [f"rtcm {base64.b64encode(data[at : at + 90]).decode()}" for at in range(0, len(data), 90)]


def test_frames_over_several_lines_arrive_as_they_were(bench):
    sent = [rtcm(bytes([n] * (20 + 90 * n))) for n in range(5)]
    answers = [bench.last(line, ticks=8) for frame in sent for line in pieces(frame)]
    corrections = bench.app.field.place.corrections
    assert corrections.frames == 5 and all(answer.startswith("ok waiting=") for answer in answers)


def test_what_is_no_frame_and_what_is_no_base64_is_told(bench):
    assert bench.last("rtcm ####").startswith("err value: that is no base64")
    assert bench.last("rtcm AAA").startswith("err value: that is no base64")
    assert bench.last("rtcm").startswith("err usage")
    assert bench.app.field.place.corrections.frames == 0


def test_the_first_line_of_all_begins_the_field_and_is_taken():
    bench = Bench()
    rtcm_line.begin(None)
    assert bench.last(pieces(rtcm(b"abc"))[0]).startswith("ok waiting=")
    assert bench.app.field.place.corrections.frames == 1


def said_by_radio(bench, line):
    return bench.say(line, port=1)


def test_on_a_radio_they_are_taken_signed_alone(bench):
    bench.app.gate.set_key(KEY)
    corrections = bench.app.field.place.corrections
    line = pieces(rtcm(b"abc"))[0]
    said_by_radio(bench, line)
    assert corrections.frames == 0
    said_by_radio(bench, Signer(bytes(32), bench.app.gate.nonce).sign(1, line))
    assert corrections.frames == 0
    signed = Signer(KEY, bench.app.gate.nonce).sign(2, line)
    said_by_radio(bench, signed)
    assert corrections.frames == 1
    said_by_radio(bench, signed)
    assert corrections.frames == 1, "and once"
