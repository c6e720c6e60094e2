"""Corrections: whole frames get through, in order; nothing else does; what finds no room is counted."""

from random import Random

import pytest
from gnss_messages import rtcm
from pyrtcm import calc_crc24q

from sapper.sensors import rtcm as module
from sapper.sensors.rtcm import FRAME_MAX_BYTES, QUEUE_BYTES, Corrections

pytestmark = pytest.mark.unit


def given(corrections, most=64):
    """What waits, taken out in pieces."""
    target = bytearray(most)
    out = b""
    while count := corrections.give(target, most):
        out += target[:count]
    return out


def passed(data, pieces=97, corrections=None):
    """What gets through of `data`, fed in pieces, with more calls where one does not do."""
    corrections = corrections or Corrections()
    out = b""
    for start in range(0, len(data), pieces):
        piece = data[start : start + pieces]
        at = 0
        while at < len(piece):
            at = corrections.take(piece, at, len(piece))
            out += given(corrections)
    while sum(corrections._state[2:5:2]) < corrections._state[3]:  # what a call left of what it holds
        corrections.take(b"", 0, 0)
        out += given(corrections)
    return out


def frames(random, count, most=300):
    return [rtcm(random.randbytes(random.choice((0, 1, 19, random.randrange(most))))) for _ in range(count)]


@pytest.mark.parametrize("pieces", [1, 2, 7, 97, 4000])
def test_whole_frames_get_through_however_they_are_cut(pieces):
    data = b"".join(frames(Random(1), 40))
    assert passed(data, pieces) == data


def test_the_crc_is_that_of_pyrtcm():
    for frame in frames(Random(2), 200):
        assert calc_crc24q(frame) == 0
        corrections = Corrections()
        corrections.take(frame, 0, len(frame))
        assert corrections.frames == 1


def test_the_longest_frame_gets_through():
    frame = rtcm(bytes(range(256)) * 3 + bytes(255))
    assert len(frame) == FRAME_MAX_BYTES
    assert passed(frame) == frame


def test_rubbish_between_frames_does_not_and_hides_none():
    random = Random(3)
    for _ in range(60):
        whole = frames(random, 6, 120)
        # What follows has to be long enough for the longest that rubbish can promise.
        data = b"".join(random.randbytes(random.randrange(40)) + frame for frame in whole)
        got = passed(data + bytes(2100))
        assert got == b"".join(whole), data


def test_a_frame_that_is_cut_off_hides_none():
    first, second, third = frames(Random(4), 3, 200)[:3]
    long = rtcm(bytes(200))
    for cut in range(1, len(long)):
        assert passed(long[:cut] + first + second + third + bytes(250)).endswith(first + second + third)


def test_a_flipped_bit_is_refused_and_counted():
    frame = rtcm(bytes(range(50)))
    for bit in range(24, len(frame) * 8):
        spoilt = bytearray(frame)
        spoilt[bit // 8] ^= 1 << bit % 8
        corrections = Corrections()
        corrections.take(spoilt, 0, len(spoilt))
        assert corrections.frames == 0 and corrections.spoilt >= 1


def test_what_finds_no_room_is_dropped_whole_and_counted():
    corrections = Corrections()
    each = rtcm(bytes(594))
    for _ in range(6):
        at = 0
        while at < len(each):
            at = corrections.take(each, at, len(each))
    assert (corrections.frames, corrections.dropped, corrections.waiting) == (3, 3, 1800)
    assert given(corrections) == each * 3
    last = rtcm(b"\x43\x50" * 9)
    assert passed(last, corrections=corrections) == last
    assert QUEUE_BYTES == 2048


def test_the_queue_turns_round_whatever_the_room():
    random = Random(5)
    corrections = Corrections()
    sent, got = b"", b""
    target = bytearray(300)
    while len(sent) < 20_000:
        frame = frames(random, 1)[0]
        if corrections.waiting + len(frame) <= QUEUE_BYTES:
            corrections.take(frame, 0, len(frame))
            sent += frame
        count = corrections.give(target, random.randrange(300))
        got += target[:count]
    assert got + given(corrections) == sent and corrections.dropped == 0


def test_the_work_of_a_call_is_bounded(monkeypatch):
    """Two bytes that promise a frame, over and over: each pair has to be looked at for 211 bytes."""
    steps = []
    plain = module.scan

    def counted(source, held, state, table):
        before = state[8]
        found = plain(source, held, state, table)
        steps.append(before - state[8])
        return found

    monkeypatch.setattr(module, "scan", counted)
    corrections = Corrections()
    data = b"\xd3\x00" * 400
    at = calls = 0
    while at < len(data):
        at = corrections.take(data, at, len(data))
        calls += 1
    assert max(steps) <= module._STEPS and calls > 5


def test_what_was_meant_for_a_lost_link_can_be_forgotten():
    corrections = Corrections()
    frame = rtcm(bytes(40))
    corrections.take(frame + frame[:20], 0, len(frame) + 20)
    corrections.forget()
    assert given(corrections) == b""
    assert passed(frame, corrections=corrections) == frame
