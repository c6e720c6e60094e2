"""The cache folder: things named by a key of all that went into them, written aside and then renamed into place."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import ToolchainError, from_os_error
from .progress import say

# What a first build takes: sources 140 MB, compiler 150 MB and, for a while, its 105 MB of packages, objects 60 MB,
# downloads 55 MB, with room for a second set of objects and images.
NEEDED_BYTES = 700_000_000
_STEP_NS = 1_000_000  # more than the finest difference that a file system keeps


def root() -> Path:
    """The cache folder: $SAPPER_CACHE, else $XDG_CACHE_HOME/sapper, else ~/.cache/sapper. Made if need be."""
    named = os.environ.get("SAPPER_CACHE")
    try:
        base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sapper"
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os_error(error) from error
    except RuntimeError as error:
        raise ToolchainError("this user has no home folder", "put the cache elsewhere with SAPPER_CACHE=DIR") from error
    return base.resolve()


def key(parts: Iterable[tuple[str, bytes | str]]) -> str:
    """A key of named `parts`: another name, content, order or number of them gives another key."""
    digest = hashlib.sha256()
    for name, content in parts:
        for field in (name.encode(), content.encode() if isinstance(content, str) else content):
            digest.update(len(field).to_bytes(8, "big"))
            digest.update(field)
    return digest.hexdigest()[:16]


def files(base: Path, *patterns: str) -> list[tuple[str, bytes]]:
    """The files under `base` that match, sorted, as (name relative to base, content): parts for `key`."""
    found = sorted({path for pattern in patterns for path in base.glob(pattern) if path.is_file()})
    return [(path.relative_to(base).as_posix(), path.read_bytes()) for path in found]


@contextlib.contextmanager
def lock(what: str = "build") -> Iterator[None]:
    """Hold the lock on `what`. It is let go of when the process, and every program it started, has ended."""
    path = root() / f"{what}.lock"
    with path.open("a+") as handle:
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            say(f"waiting for another {what} on this machine (process {handle.read().strip() or 'unknown'}) to end")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def check_space() -> None:
    """Raise ToolchainError if the cache's disk has no room for a first build."""
    free = shutil.disk_usage(root()).free
    if free < NEEDED_BYTES:
        raise ToolchainError(
            f"{root()} has {free // 1_000_000} MB free, and a first build needs {NEEDED_BYTES // 1_000_000} MB",
            "free some disk space, or put the cache on another disk with SAPPER_CACHE=DIR",
        )


@contextlib.contextmanager
def publish(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill; when the block ends well it becomes `target`, in one step. Call it locked.

    Whatever an earlier, interrupted attempt left is thrown away first.
    """
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    # A power cut must not leave the name without the content: content to the disk first.
    os.sync()
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)


@contextlib.contextmanager
def trusted(objects: Path, resumable: bool) -> Iterator[None]:
    """Guard a build in the folder `objects`, which is thrown away first if an earlier build there cannot be trusted.

    That is one that was cut short by a power cut, when files can be there without their content; and, unless the build
    program itself notices half-written files (`resumable`: ninja does, make does not), one that was cut short at all.
    """
    marker = objects / ".building"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    if marker.exists() and not (resumable and marker.read_text() == boot):
        shutil.rmtree(objects)
    objects.mkdir(parents=True, exist_ok=True)
    with marker.open("w") as handle:
        handle.write(boot)
        handle.flush()
        os.fsync(handle.fileno())
    yield
    os.sync()
    marker.unlink()


def copy_out(source: Path, target: Path) -> None:
    """Copy a file so that `target` is at any moment either the old one or the whole new one. Equal files are left."""
    if target.exists() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copy2(source, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_if_changed(target: Path, content: bytes) -> bool:
    """Write `content` unless it is there already (its time, which build tools go by, stays then). True if so."""
    if target.exists() and target.read_bytes() == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(target)
    return True


def prune(folder: Path, pattern: str, keep: int) -> None:
    """Keep the `keep` folders of that pattern that were used last (see `used`); remove the others."""
    for old in sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)[keep:]:
        shutil.rmtree(old, ignore_errors=True)


def used(folder: Path) -> Path:
    """Note that `folder` was used last of all beside it, whatever the clock says; returns it."""
    with contextlib.suppress(OSError):  # a cache that can only be read is as good
        last = max((path.stat().st_mtime_ns for path in folder.parent.iterdir() if path != folder), default=0)
        now = max(time.time_ns(), last + _STEP_NS)
        os.utime(folder, ns=(now, now))
    return folder
