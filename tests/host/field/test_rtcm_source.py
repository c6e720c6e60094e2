"""Sources of corrections as they are typed, and what they say when they cannot be read."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sapper_host.errors import SapperError, Status
from sapper_host.field.rtcm_source import FileSource, SourceError, source_of
from tests.host.fake_board import SerialEnd
from tests.host.field.rtcm_made import epoch, message, msm

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0
        self.longest_s = 0.0

    def wait(self, seconds: float) -> None:
        self.longest_s = max(self.longest_s, seconds)
        self.now_s += seconds


def played(path: Path) -> tuple[list[tuple[float, bytes]], Clock]:
    """(seconds since the start, bytes) until the end of the recording."""
    clock = Clock()
    source = FileSource(path, lambda: clock.now_s, clock.wait)
    source.open()
    out = []
    with pytest.raises(SourceError, match="at its end") as told:
        while True:
            if data := source.read():
                out.append((clock.now_s - 50.0, data))
    source.close()
    assert told.value.ended and told.value.remedy
    return out, clock


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "base.rtcm3"
    path.write_bytes(b"".join(b"".join([message(1005), *epoch(604_797_000 + 1000 * i)]) for i in range(3)))
    return path


def test_a_recording_is_played_at_the_pace_of_its_epochs_byte_by_byte_as_it_is(recording: Path) -> None:
    out, clock = played(recording)
    assert b"".join(data for _, data in out) == recording.read_bytes()
    assert 1.9 < out[-1][0] < 2.1 and clock.longest_s <= 0.05, "and nobody is kept waiting"
    first = sum(len(data) for at_s, data in out if at_s < 0.5)
    assert abs(first - len(recording.read_bytes()) / 3) < 200


def test_a_recordings_week_ends_and_its_gaps_are_a_second(tmp_path: Path) -> None:
    path = tmp_path / "base.rtcm3"
    times = [604_799_000, 0, 1000, 90_000_000, 90_001_000, 5000]
    path.write_bytes(b"noise".join(msm(1074, time_ms) for time_ms in times))
    out, _ = played(path)
    assert 4.9 < out[-1][0] < 5.1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("serial:/dev/ttyUSB1", "serial:/dev/ttyUSB1"),
        ("serial:/dev/ttyUSB1@38400", "serial:/dev/ttyUSB1"),
        ("serial:/dev/serial/by-id/usb-u-blox@home@9600", "serial:/dev/serial/by-id/usb-u-blox@home"),
        ("tcp:192.168.1.7:2101", "tcp:192.168.1.7:2101"),
        ("tcp:[fe80::1]:2101", "tcp:fe80::1:2101"),
    ],
)
def test_what_is_typed_is_read(text: str, name: str) -> None:
    assert source_of(text).name == name


@pytest.mark.parametrize(
    "text",
    ["", "serial:", "serial:/dev/ttyUSB1@fast", "serial:@9600", "serial:x@9", "tcp:host", "tcp::2101", "tcp:host:0",
     "tcp:host:70000", "tcp:host:x", "file:", "ntrip:host:2101", "/dev/ttyUSB1"],
)  # fmt: skip
def test_what_is_no_source_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(SapperError, match="is no source of corrections") as told:
        source_of(text)
    assert told.value.status == Status.USAGE and "tcp:HOST:PORT" in told.value.remedy


def test_a_recording_of_nothing_or_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SapperError, match="cannot be read") as told:
        source_of(f"file:{tmp_path / 'no'}")
    assert told.value.status == Status.BAD_INPUT
    (tmp_path / "other").write_bytes(b"$GNGGA" * 50 + message(1005))
    with pytest.raises(SapperError, match="holds no MSM4 or MSM7"):
        source_of(f"file:{tmp_path / 'other'}")


def test_a_recording_that_went_meanwhile_is_told(recording: Path) -> None:
    source = source_of(f"file:{recording}")
    recording.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        source.open()


def test_a_relay_on_the_network_is_read_and_its_end_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = source_of(f"tcp:127.0.0.1:{server.getsockname()[1]}")
        source.open()
        assert source.read() == b""
        peer, _ = server.accept()
        with peer:
            peer.sendall(message(1005))
            data = b""
            while len(data) < len(message(1005)):
                data += source.read()
            assert data == message(1005)
        with pytest.raises(SourceError, match="has closed the connection") as told:
            while True:
                source.read()
        assert "relay" in told.value.remedy and not told.value.ended
        source.close()
    with pytest.raises(SourceError, match="cannot be reached"):
        source.open()
    source.close()


class Silent(SerialEnd):
    def _receive(self, data: bytes) -> None:
        raise AssertionError("nothing is sent to a base")


def test_a_bases_serial_port_is_read_and_its_vanishing_told() -> None:
    with Silent() as base:
        source = source_of(f"serial:{base.port}@38400")
        source.open()
        base.send(message(1005))
        data = b""
        while len(data) < len(message(1005)):
            data += source.read()
        assert data == message(1005)
        base.vanish()
        with pytest.raises(SourceError) as told:
            while True:
                source.read()
        assert told.value.remedy == "plug the base's receiver in again" and not told.value.ended
        source.close()
        with pytest.raises(SourceError, match="there is no port"):
            source.open()
