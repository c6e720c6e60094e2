"""What a recorder is given: frames and lines of a board, decoded."""

from __future__ import annotations

from sapper.shared import wire
from sapper_host.board.decoder import Frame, StreamDecoder
from tests.host.fake_board import frame_bytes


def status(t_ms: int, **values: int) -> Frame:
    [frame] = StreamDecoder().feed(frame_bytes(wire.STATUS, 0, t_ms=t_ms, **values))
    assert isinstance(frame, Frame)
    return frame


def event(line: str) -> object:
    [item] = StreamDecoder().feed(line.encode() + b"\n")
    return item
