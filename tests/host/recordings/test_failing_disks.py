"""A disk that is full or fails ends a recording, says so, and leaves what was whole."""

from __future__ import annotations

import errno
import io
import os
import time
from pathlib import Path

import pytest

from sapper_host.errors import SapperError
from sapper_host.recordings.mcap_file import McapReading, repair
from sapper_host.recordings.recorder import Recorder
from tests.host.recordings.board_items import status

pytestmark = pytest.mark.unit


class Disk(io.FileIO):
    """A file on a disk with so much `room` left, in bytes; then it fails with `number`."""

    room = 1 << 30
    number = errno.ENOSPC

    def write(self, data: object) -> int:
        view = memoryview(data).cast("B")  # type: ignore[call-overload]
        if self.room <= 0:
            raise OSError(self.number, os.strerror(self.number))
        count = super().write(view[: self.room])
        self.room -= count
        return count


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> type[Disk]:
    """The kind of disk that files are made on: its attributes set what comes of it."""

    class Ours(Disk):
        pass

    real = Path.open

    def make(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        return io.BufferedWriter(Ours(path, mode)) if "x" in mode else real(path, mode, *rest, **more)  # type: ignore[arg-type,call-overload]

    monkeypatch.setattr(Path, "open", make)
    return Ours


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
@pytest.mark.parametrize("room", [600, 3000, 10_000, 10_001, 10_137])
def test_a_disk_that_fails_ends_the_recording_and_leaves_what_was_whole(
    tmp_path: Path, disk: type[Disk], number: int, room: int
) -> None:
    disk.room, disk.number = room, number
    path = tmp_path / "s.mcap"
    recorder = Recorder(path)
    taken = 0
    with pytest.raises(SapperError, match="the recording ends here") as caught:
        for t_ms in range(2000):
            recorder.take(status(t_ms, s_mm=t_ms * 7919))
            taken += 1
            if t_ms % 20 == 19:
                recorder.flush()
    assert os.strerror(number) in caught.value.message and recorder.problem == caught.value.message
    disk.room = 1 << 30  # room again: nothing may follow what is missing
    with pytest.raises(SapperError):
        recorder.take(status(5000))
    with pytest.raises(SapperError):
        recorder.close()
    assert path.stat().st_size <= room
    got = [message.json()["t_ms"] for message in McapReading(path).messages()]
    assert got == list(range(len(got))) and len(got) % 20 == 0 and len(got) >= taken - 40
    if got:
        count, why = repair(path, tmp_path / "whole.mcap")
        assert count == len(got) and why


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_is_full_from_the_start_is_told_at_once(tmp_path: Path, disk: type[Disk], number: int) -> None:
    disk.room, disk.number = 0, number
    with pytest.raises(SapperError, match="cannot be written"):
        Recorder(tmp_path / "s.mcap")
    assert not (tmp_path / "s.mcap").exists()


def test_a_failing_sync_ends_the_recording_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "s.mcap")

    def fails(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    recorder.take(status(1))
    end = time.monotonic() + 5
    while not recorder.problem:
        assert time.monotonic() < end
        time.sleep(0.05)
    with pytest.raises(SapperError, match="Input/output error"):
        recorder.take(status(2))


def test_what_ended_the_block_is_told_rather_than_the_disk(tmp_path: Path, disk: type[Disk]) -> None:
    disk.room = 2000
    with pytest.raises(ValueError, match="mine"), Recorder(tmp_path / "s.mcap") as recorder:
        for t_ms in range(100):
            recorder.take(status(t_ms))
        raise ValueError("mine")
