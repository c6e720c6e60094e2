"""Whole frames alone come out of a stream, however it is split and whatever is in it; held against pyrtcm."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrtcm import RTCMReader, calc_crc24q

from sapper_host.field.rtcm_frames import OBSERVED, STATION, Framer, Moment, crc24q, moment_of, number_of
from tests.host.field.rtcm_made import framed, message, msm

pytestmark = pytest.mark.unit

# What the field of an epoch's time is called, by system.
_TIMES = {"GPS": "DF004", "GLONASS": "DF034", "Galileo": "DF248", "BeiDou": "DF427"}


@given(st.binary(max_size=1029))
def test_the_checksum_is_anothers(data: bytes) -> None:
    assert crc24q(data) == calc_crc24q(data)


@pytest.mark.parametrize("number", OBSERVED)
@pytest.mark.parametrize("more", [False, True])
def test_number_time_and_what_follows_are_read_as_another_reads_them(number: int, more: bool) -> None:
    time_ms = 12_345_678
    head = ((number << 12 | 77) << 30 | time_ms) << 2 | more << 1
    frame = framed(head.to_bytes(7, "big") + bytes(20))
    other = RTCMReader.parse(frame)
    moment = moment_of(frame)
    assert moment == Moment(OBSERVED[number], time_ms, more)
    assert str(number_of(frame)) == other.identity and more == other.DF393 and other.DF003 == 77
    assert getattr(other, _TIMES[OBSERVED[number]]) == time_ms


def test_what_is_no_observation_has_no_moment() -> None:
    assert [moment_of(message(number)) for number in STATION] == [None] * len(STATION)
    assert moment_of(framed(b"")) is None and moment_of(framed(b"\x43")) is None
    assert moment_of(framed((1074 << 4).to_bytes(2, "big"))) is None, "cut short, with a right CRC"


@given(st.integers(0, 2**32))
def test_however_the_bytes_are_split_the_same_goes_up(seed: int) -> None:
    chance = random.Random(seed)
    noise = [chance.randbytes(chance.randrange(30)).replace(b"\xd3", b"x") for _ in range(8)]
    frames = [msm(1074, 1000 * i, size=20 + chance.randrange(60)) for i in range(8)]
    stream = b"".join(a + b for a, b in zip(noise, frames, strict=True))
    framer, found, at = Framer(), [], 0
    while at < len(stream):
        count = 1 + chance.randrange(40)
        found += framer.feed(stream[at : at + count])
        at += count
    assert found == frames and framer.spoilt == 0


@given(st.binary(max_size=3000), st.integers(1, 200))
def test_no_noise_is_held_without_end_or_taken_for_a_frame(noise: bytes, count: int) -> None:
    framer = Framer()
    for at in range(0, len(noise), count):
        framer.feed(noise[at : at + count])
        assert len(framer._held) < 1029
    framer.idle()
    frame = message(1005)
    assert framer.feed(frame) == [frame]


def test_a_frame_cut_off_holds_the_next_up_for_no_more_than_a_frames_length() -> None:
    cut, whole = msm(1074, 0, size=900)[:40], [msm(1074, 1000 * i, size=200) for i in range(1, 8)]
    framer = Framer()
    found = framer.feed(cut)
    late = 0
    for frame in whole:
        found += framer.feed(frame)
        late += not found
    assert found == whole and late <= 4 and framer.spoilt == 1


def test_bits_that_have_to_be_0_and_are_not_hold_up_nothing() -> None:
    frame = message(1005)
    assert Framer().feed(b"\xd3\xff\xff" + frame + b"\xd3\x04\x00" + frame) == [frame, frame]


def test_a_frame_of_nothing_and_one_of_the_greatest_length_pass_the_framing() -> None:
    frames = [framed(b""), framed(bytes(1023))]
    assert Framer().feed(b"".join(frames)) == frames
