"""A recorded session whose messages do not fit the table is refused with its place; what a newer one adds is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sapper.shared.fields import FRAME_FIELDS
from sapper_host.errors import TraceError
from sapper_host.recordings.mcap_file import McapTopics
from sapper_host.recordings.session import read_session

pytestmark = pytest.mark.unit

STATUS: dict[str, Any] = dict.fromkeys(FRAME_FIELDS["STATUS"], 0)
CONTACT = {"peak_mm": 1, "extent_mm": 2, "strength": 3, "snr_x10": 4, "class": "mixed"}


def session(path: Path, topic: str, message: bytes) -> Path:
    """A session of one good STATUS message, and this."""
    with path.open("wb") as file:
        topics = McapTopics(file)
        topics.write_json("/status", 0, STATUS)
        topics.write(topic, 1_000_000_000, message)
        topics.writer.finish()
    return path


def event(**changes: Any) -> bytes:
    return json.dumps(
        {"number": 1, "t_ms": 5, "kind": "contact", "s_mm": 3, "text": "x", "args": CONTACT} | changes
    ).encode()


ODD = [
    ("/status", json.dumps(STATUS | {"x_mm": float("nan")}).encode()),
    ("/status", json.dumps(STATUS | {"x_mm": 10**400}).encode()),
    ("/status", json.dumps(STATUS | {"x_mm": 2**31}).encode()),
    ("/status", json.dumps(STATUS | {"x_mm": 0.5}).encode()),
    ("/status", json.dumps(STATUS | {"state": 7}).encode()),
    ("/status", json.dumps(STATUS | {"t_ms": None}).encode()),
    ("/status", b"{}"),
    ("/status", b"[]"),
    ("/status", b"not JSON"),
    ("/loop", b'{"t_ms": "soon"}'),
    ("/detect", b"[" * 100_000),
    ("/event", event(args={})),
    ("/event", event(args={"peak_mm": "abc"})),
    ("/event", event(args=CONTACT | {"class": "gold"})),
    ("/event", event(args=CONTACT | {"class": ["mixed"]})),
    ("/event", event(args=None)),
    ("/event", event(args=[["peak_mm", 1, 2]])),
    ("/event", event(kind="covered", args={"from_mm": None, "searched": 0})),
    ("/event", event(kind=["contact"])),
    ("/event", event(t_ms=1e30)),
    ("/event", event(number=65536)),
    ("/truth", b'{"lane_length_m": 1' + b"0" * 400 + b"}"),
    ("/truth", b'{"lane_length_m": 6, "swath_m": 1, "speed_m_s": 1, "targets": [{"s_m": 1, "name": "\\ud800"}]}'),
]


@pytest.mark.parametrize(("topic", "message"), ODD)
def test_a_message_that_does_not_fit_is_refused_with_its_topic_and_time(
    tmp_path: Path, topic: str, message: bytes
) -> None:
    with pytest.raises(TraceError) as refused:
        read_session(session(tmp_path / "s.mcap", topic, message))
    assert topic == "/truth" or refused.value.column == topic
    assert topic == "/truth" or "at 1.000 s" in refused.value.reason


def test_an_event_that_a_newer_program_knows_is_passed_over(tmp_path: Path) -> None:
    assert read_session(session(tmp_path / "s.mcap", "/event", event(kind="newer", args={"a": 1}))).events == []


def test_an_event_that_fits_is_read(tmp_path: Path) -> None:
    [read] = read_session(session(tmp_path / "s.mcap", "/event", event())).events
    assert read == {"t_s": 0.005, "s_m": 0.003, "kind": "contact", "number": 1, "start": 0} | CONTACT


def test_values_that_a_newer_program_adds_are_left_out(tmp_path: Path) -> None:
    [read] = read_session(session(tmp_path / "s.mcap", "/event", event(args=CONTACT | {"depth_mm": 90}))).events
    assert "depth_mm" not in read and read["peak_mm"] == 1


def test_what_older_firmware_did_not_tell_is_not_asked_for(tmp_path: Path) -> None:
    path = session(tmp_path / "s.mcap", "/event", event(kind="fault", args={"fault": "encoder_left"}))
    [read] = read_session(path).events
    assert read["fault"] == "encoder_left" and "track" not in read
    older = json.dumps({name: value for name, value in STATUS.items() if name != "boot"}).encode()
    assert len(read_session(session(tmp_path / "t.mcap", "/status", older)).status["t_ms"]) == 2
