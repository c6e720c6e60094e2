"""The cache: another input is another key; what is named is whole; two builds at once wait for each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.files.checkout import ROOT
from toolchain import cache
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit

PARTS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=4)
FIRMWARE = ROOT / "firmware"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SAPPER_CACHE", str(folder))
    return folder


@given(first=PARTS, second=PARTS)
def test_another_name_content_order_or_number_of_parts_is_another_key(
    first: list[tuple[str, bytes]], second: list[tuple[str, bytes]]
) -> None:
    assert (cache.key(first) == cache.key(second)) == (first == second)


def test_the_cache_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    assert cache.root() == own_cache
    monkeypatch.delenv("SAPPER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.root() == tmp_path / "xdg" / "sapper"


def test_a_cache_that_cannot_be_written_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(ToolchainError):
        cache.root()


def test_a_full_disk_is_seen_before_work_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "NEEDED_BYTES", 1 << 62)
    with pytest.raises(ToolchainError, match="MB free, and a first build needs") as caught:
        cache.check_space()
    assert "SAPPER_CACHE" in caught.value.remedy


def test_nothing_is_named_before_it_is_whole(own_cache: Path) -> None:
    target = own_cache / "thing"
    with pytest.raises(RuntimeError), cache.publish(target) as partial:
        (partial / "half").write_text("x")
        raise RuntimeError
    assert not target.exists()
    with cache.publish(target) as partial:
        assert list(partial.iterdir()) == []  # what the attempt before left is gone
        (partial / "whole").write_text("x")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_equal_content_is_not_written_again(own_cache: Path) -> None:
    path = cache.root() / "file"
    assert cache.write_if_changed(path, b"a")
    os.utime(path, (1, 1))
    assert not cache.write_if_changed(path, b"a")
    assert path.stat().st_mtime == 1
    assert cache.write_if_changed(path, b"b")
    assert path.read_bytes() == b"b"


def test_only_what_was_used_last_is_kept(own_cache: Path) -> None:
    for age in range(5):
        folder = cache.root() / "images" / str(age)
        folder.mkdir(parents=True)
        os.utime(folder, (1000 - age, 1000 - age))
    cache.used(cache.root() / "images" / "3")
    cache.prune(cache.root() / "images", "*", keep=2)
    assert sorted(path.name for path in (cache.root() / "images").iterdir()) == ["0", "3"]


def test_what_was_used_last_is_kept_though_the_clock_was_set_back_meanwhile() -> None:
    folder = cache.root() / "images"
    ahead_ns = time.time_ns() + 3600 * 10**9
    for number in range(4):
        (folder / str(number)).mkdir(parents=True)
        os.utime(folder / str(number), ns=(ahead_ns + number, ahead_ns + number))
    for name in ("new", "newer"):
        (folder / name).mkdir()
        cache.used(folder / name)
    cache.prune(folder, "*", keep=3)
    assert sorted(path.name for path in folder.iterdir()) == ["3", "new", "newer"]


def objects_after_a_cut(resumable: bool, boot: str | None) -> bool:
    """True if the objects of an interrupted build are used again. `boot`: under which boot it ran (None: this one)."""
    objects = cache.root() / "objects"
    with pytest.raises(RuntimeError), cache.trusted(objects, resumable):
        (objects / "half.o").write_text("x")
        raise RuntimeError
    if boot is not None:
        (objects / ".building").write_text(boot)
    with cache.trusted(objects, resumable):
        return (objects / "half.o").exists()


def test_objects_of_an_interrupted_build_are_used_again_only_if_that_is_safe() -> None:
    assert objects_after_a_cut(resumable=True, boot=None)
    assert not objects_after_a_cut(resumable=False, boot=None)
    assert not objects_after_a_cut(resumable=True, boot="an earlier boot: the power was cut")


def test_objects_of_a_build_that_ended_well_are_used_again() -> None:
    objects = cache.root() / "objects"
    for _ in range(2):
        with cache.trusted(objects, resumable=False):
            (objects / "whole.o").write_text("x")
    assert (objects / "whole.o").exists()


HOLDER = """
import subprocess, sys
from toolchain import cache

from sapper_host.files.checkout import ROOT
with cache.lock():
    if sys.argv[1] == "child":
        subprocess.Popen(["sleep", "3"], close_fds=False)
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold_lock(how: str) -> subprocess.Popen[str]:
    """Another process that holds the lock until it is told, or killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, how],
        env={**os.environ, "PYTHONPATH": str(FIRMWARE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_build_waits_says_for_whom_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with hold_lock("alone") as holder:
        assert holder.stdin is not None
        waiting = subprocess.Popen(
            [sys.executable, "-c", "from toolchain import cache\nwith cache.lock(): print('mine')"],
            env={**os.environ, "PYTHONPATH": str(FIRMWARE)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert waiting.stdout is not None
        assert f"waiting for another build on this machine (process {holder.pid})" in waiting.stdout.readline()
        assert waiting.poll() is None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert waiting.communicate(timeout=10)[0] == "mine\n"


def test_the_lock_outlives_a_killed_build_as_long_as_what_it_started() -> None:
    with hold_lock("alone") as holder:
        holder.send_signal(signal.SIGKILL)
    began_s = time.monotonic()
    with cache.lock():
        pass
    assert time.monotonic() - began_s < 1
    with hold_lock("child") as holder:
        holder.send_signal(signal.SIGKILL)
    began_s = time.monotonic()
    with cache.lock():
        pass
    assert time.monotonic() - began_s > 1, "a compiler was still running there"
