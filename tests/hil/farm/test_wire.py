"""Messages go over whole, and an end that is gone or silent is noticed in time."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.farm.wire import Channel, GoneError, encoded

pytestmark = pytest.mark.unit


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = Channel(socket.create_connection(listener.getsockname()))
        other = Channel(listener.accept()[0])
    yield one, other
    one.close()
    other.close()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_whatever_is_sent_comes_as_it_was(value: object) -> None:
    one, other = socket.socketpair()
    try:
        threading.Thread(target=lambda: (one.sendall(encoded(value)), one.close())).start()
        channel = Channel.__new__(Channel)
        channel._socket = other
        assert channel.receive(5.0) == value
    finally:
        other.close()


def test_arrays_and_their_numbers_come_as_they_were(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.send([np.arange(5, dtype=np.float64) / 3, np.int64(7), np.float32(0.5)])
    array, number, half = other.receive(2.0)
    assert array.tolist() == (np.arange(5) / 3).tolist() and array.flags.writeable
    assert (number, half) == (7, 0.5)


def test_what_does_not_go_is_said_before_anything_is_sent(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    with pytest.raises(TypeError, match="object does not go over the wire"):
        one.send([1, object()])
    one.send("next")
    assert other.receive(2.0) == "next"


def test_an_end_that_closes_is_noticed_at_once(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    threading.Timer(0.1, one.close).start()
    began_s = time.monotonic()
    with pytest.raises(GoneError):
        other.receive(30.0)
    assert time.monotonic() - began_s < 5.0


def test_a_silent_end_is_noticed_in_the_time_that_it_has(ends: tuple[Channel, Channel]) -> None:
    with pytest.raises(GoneError, match="nothing came for 0.2 s"):
        ends[0].receive(0.2)


def test_shutting_wakes_who_waits_in_another_thread(ends: tuple[Channel, Channel]) -> None:
    one, _ = ends
    threading.Timer(0.1, one.shut).start()
    with pytest.raises(GoneError):
        one.receive(30.0)


@pytest.mark.parametrize("data", [struct.pack(">I", 2**31), struct.pack(">I", 3) + b"{,}", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_message_of_ours_ends_it(data: bytes, ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one._socket.sendall(data)
    with pytest.raises(GoneError, match="no bench"):
        other.receive(2.0)
