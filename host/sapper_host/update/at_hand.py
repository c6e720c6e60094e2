"""The update that is at hand when none is named: what the build or the kit has left; nothing is built or fetched."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sapper_host
from sapper.update.trailer import number
from sapper_host.errors import Status
from sapper_host.files.checkout import ROOT
from sapper_host.update.bundle import SUFFIX, Bundle, BundleError, make, read

_ABOUT = "build.json"
_REMEDY = "have it built: `sapper update --build` (`make mpy`), or name a bundle file"
_DAY_S = 86_400


@dataclass(frozen=True)
class AtHand:
    """An update, and the file or folder it was found in."""

    path: Path
    bundle: Bundle

    @property
    def made_s(self) -> int:
        """When what it was made of was committed, in seconds since 1970; 0 where that is unknown."""
        return number(self.bundle.values.get("made", "")) or 0

    def describe(self, now_s: float) -> str:
        """In a line, for people: which it is, its version, git revision and age."""
        age = "of unknown age"
        if self.made_s:
            days = max(0, int(now_s - self.made_s)) // _DAY_S
            day = time.strftime("%Y-%m-%d", time.gmtime(self.made_s))
            age = f"of {day} ({days} day{'' if days == 1 else 's'} old)" if days else f"of {day} (today's)"
        return f"{self.path}: {self.bundle.describe()}, {age}"


def find(key: bytes | None, repository: Path = ROOT, beside: Path | None = None) -> AtHand:
    """The newest of the modules that `make mpy` left, signed with `key`, and of the bundles in build/ and `beside`.

    `beside`: the folder that the package lies in, where none is given. BundleError when there is none, or when what was
    compiled is not what firmware/ holds now: whoever changed it would not see the change on the board.
    """
    build = repository / "build"
    found, spoilt = _files((build, beside or Path(sapper_host.__file__).resolve().parents[1]))
    if (build / "mpy" / _ABOUT).is_file():
        found.append(AtHand(build / "mpy", make(build / "mpy", key)))
    if not found:
        raise spoilt or BundleError(f"no update is at hand: there is none in {build}", _REMEDY, Status.USAGE)
    newest = max(found, key=lambda each: each.made_s)
    firmware = repository / "firmware"
    if newest.path == build / "mpy" and firmware.is_dir() and newest.bundle.content != content_of(firmware):
        raise BundleError(
            f"{newest.path} was compiled from other sources than {firmware} holds now", _REMEDY, Status.USAGE
        )
    return newest


def _files(folders: Sequence[Path]) -> tuple[list[AtHand], BundleError | None]:
    """The bundle files there, and what is wrong with the first of those that are none."""
    found, spoilt = [], None
    for path in [path for folder in folders for path in sorted(folder.glob(f"*{SUFFIX}"))]:
        try:
            found.append(AtHand(path, read(path)))
        except BundleError as error:
            spoilt = spoilt or error
    return found, spoilt


def content_of(firmware: Path) -> str:
    """What stands for the application's modules in `firmware`, as the build writes it (firmware/toolchain/cache.py)."""
    digest = hashlib.sha256()
    for path in sorted(path for path in firmware.glob("sapper/**/*.py") if path.is_file()):
        for field in (path.relative_to(firmware).as_posix().encode(), path.read_bytes()):
            digest.update(len(field).to_bytes(8, "big") + field)
    return digest.hexdigest()[:16]
