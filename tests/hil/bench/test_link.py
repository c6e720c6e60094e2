"""Frames between host and instrument: whatever happens to bytes on the way costs the frames they are in, no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.bench.instrument import wire
from hil.bench.link import FROM_HOST, FROM_INSTRUMENT, Deframer, frame

pytestmark = pytest.mark.unit

_FRAMES = st.lists(
    st.tuples(st.sampled_from(FROM_INSTRUMENT), st.binary(max_size=60) | st.just(bytes([wire.START]) * 20)), max_size=8
)


def _fed(deframer: Deframer, data: bytes, sizes: list[int]) -> list[tuple[int, bytes]]:
    found = []
    for size in sizes:
        found += deframer.feed(data[:size])
        data = data[size:]
    return found + deframer.feed(data)


@given(_FRAMES, st.lists(st.integers(0, 40), max_size=20))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    frames: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    deframer = Deframer()
    stream = b"".join(frame(kind, payload) for kind, payload in frames)
    assert _fed(deframer, stream, sizes) == frames
    assert deframer.spoilt == 0


@given(_FRAMES, _FRAMES, st.binary(min_size=1, max_size=40), st.integers(0, 60), st.integers(0, 30))
def test_bytes_lost_or_put_in_spoil_only_what_they_are_in(
    before: list[tuple[int, bytes]], after: list[tuple[int, bytes]], noise: bytes, place: int, lost: int
) -> None:
    hit = frame(wire.TEXT, bytes(60))
    place = min(place, len(hit))
    spoilt = hit[:place] + noise + hit[min(place + lost, len(hit)) :]
    if spoilt == hit:
        return
    # Noise that says 'a frame of 2,048 bytes begins' is believed until so many have come.
    quiet = bytes(wire.PAYLOAD_MOST + 16)
    deframer = Deframer()
    stream = b"".join(frame(*each) for each in before) + spoilt + b"".join(frame(*each) for each in after) + quiet
    found = deframer.feed(stream)
    assert found[: len(before)] == before
    rest = found[len(before) :]
    assert rest in (after, [(wire.TEXT, bytes(60)), *after])
    assert deframer.spoilt > 0


def test_the_hosts_own_frames_are_not_taken_for_the_instruments() -> None:
    echoed = frame(wire.HELLO)
    assert Deframer().feed(echoed + frame(wire.ID, b"x")) == [(wire.ID, b"x")]
    assert Deframer(FROM_HOST).feed(echoed) == [(wire.HELLO, b"")]


def test_a_frame_longer_than_any_is_not_waited_for() -> None:
    deframer = Deframer()
    lying = bytes([wire.START, wire.REPORT, 0xFF, 0xFF])
    assert deframer.feed(lying + frame(wire.ID, b"here")) == [(wire.ID, b"here")]
