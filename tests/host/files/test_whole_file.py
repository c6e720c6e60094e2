"""A file is written whole or not at all: whatever fails, what was there stays, and nothing is left beside it."""

from __future__ import annotations

import errno
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sapper_host.errors import SapperError
from sapper_host.files import whole_file
from sapper_host.files.whole_file import PRIVATE, NotWrittenError, replacing, write

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that holds something."""
    made = tmp_path / "kept.txt"
    made.write_text("old")
    return made


def alone(path: Path) -> bool:
    """Whether nothing is left beside the file."""
    return os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("content", "held"), [("a\r\nb\u00e9\n", b"a\r\nb\xc3\xa9\n"), (b"\0\r\n", b"\0\r\n"), ("", b"")]
)
def test_text_and_bytes_take_the_place_of_what_was_there(path: Path, content: str | bytes, held: bytes) -> None:
    write(path, content)
    assert path.read_bytes() == held and alone(path)


def test_its_folder_is_made(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c.txt", "new")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "new"


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_private_file_is_its_owners_from_the_first_byte_and_others_are_as_the_user_wants(
    tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "key", PRIVATE) as part:
            assert stat.S_IMODE(part.stat().st_mode) == 0o600
            part.write_text("secret")
        write(tmp_path / "usual", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "usual").stat().st_mode) == 0o666 & ~umask


def test_a_block_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    with pytest.raises(ValueError, match="half way"), replacing(path) as part:
        part.write_text("new, but only ha")
        raise ValueError("half way")
    assert path.read_text() == "old" and alone(path)


@pytest.mark.parametrize("call", ["os.open", "os.fsync", "Path.replace", "Path.write_bytes"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_an_error_of_the_system_names_the_file_and_the_remedy(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    holder, name = call.split(".")
    with monkeypatch.context() as patch:
        patch.setattr(os if holder == "os" else Path, name, fail)
        with pytest.raises(NotWrittenError) as caught:
            write(path, "new")
    assert caught.value.path == path and caught.value.reason == os.strerror(number)
    assert str(path) in caught.value.message and "place" in caught.value.remedy
    assert ("disk space" in caught.value.remedy) == (number == errno.ENOSPC)
    assert path.read_text() == "old" and alone(path)


def test_a_folder_cannot_be_written_and_a_file_is_no_folder(tmp_path: Path, path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "folder", path / "below.txt"):
        with pytest.raises(SapperError, match="cannot be written"):
            write(place, "new")
    assert sorted(os.listdir(tmp_path)) == ["folder", "kept.txt"] and path.read_text() == "old"


def test_what_a_killed_program_left_is_in_nobodys_way(path: Path) -> None:
    with replacing(path) as part:
        left = part
    left.write_text("half of")
    write(path, "new")
    assert path.read_text() == "new" and alone(path)


def test_a_pipe_is_written_into_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    write(pipe, "new")
    reader.join(5)
    assert heard == ["new"] and stat.S_ISFIFO(pipe.stat().st_mode) and alone(pipe)


def test_threads_that_write_one_file_leave_one_of_theirs(path: Path) -> None:
    texts = [str(number) * 10_000 for number in range(8)]
    with ThreadPoolExecutor(len(texts)) as pool:
        list(pool.map(lambda text: write(path, text), texts))  # raises what one of them raised
    assert path.read_text() in texts and alone(path)


def test_it_is_on_the_disk_before_it_is_moved_unless_that_does_not_matter(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, move = os.fsync, Path.replace
    monkeypatch.setattr(whole_file.os, "fsync", lambda file: (done.append("sync"), sync(file)))
    monkeypatch.setattr(Path, "replace", lambda part, target: (done.append("move"), move(part, target)))
    write(path, "new")
    write(path, "newer", sync=False)
    assert done == ["sync", "move", "move"]


def test_a_link_that_somebody_slips_into_the_parts_place_is_not_written_through(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = path.with_name("victim")
    victim.write_text("not ours")
    unlink = Path.unlink

    def slip(part: Path, missing_ok: bool = False) -> None:
        unlink(part, missing_ok)
        monkeypatch.setattr(Path, "unlink", unlink)
        part.symlink_to(victim)

    monkeypatch.setattr(Path, "unlink", slip)
    with pytest.raises(NotWrittenError):
        write(path, "new")
    assert victim.read_text() == "not ours" and not path.is_symlink()
