"""Does the right thing run? Before a session on a rig: power off and on, the firmware onto the board, and its flash
read back and compared by hash with the file under test. A board that says the right version but has other code in its
flash, or runs other code than its flash begins with, fails here, before any scenario.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from hil.errors import HilError
from hil.play.digesting import Digesting
from hil.play.operator import Operator, OperatorError
from hil.rigs.capabilities import Cable, Faults, Power, Reset, Time
from hil.rigs.firmware import existing
from hil.rigs.registry import entry
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.rigs.sources import digest as digest_of_sources
from sapper_host.errors import SapperError
from sapper_host.files.checkout import ROOT
from sapper_host.flash.uf2 import Uf2Image, read_uf2
from sapper_host.flash.verify import MismatchError, verify

OFF_NS = 500 * NS_PER_MS  # the supply's capacitors are empty
RESET_NS = NS_PER_MS
_DIGITS = 16
_CLOCKS_APART_NS = 100 * NS_PER_MS  # a crystal's error over hours, and what an answer takes


Tell = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Nobody is told."""


class WrongFirmwareError(HilError):
    """What runs on the board is not what is under test."""


@runtime_checkable
class Flashable(Protocol):
    """A rig whose board takes a UF2 the way a person gives it one; others are made with theirs."""

    def flash_uf2(self, uf2: Path) -> None:
        """Through BOOTSEL; the board is left running, or at reset. HilError when it did not take it."""


@dataclass(frozen=True)
class UnderTest:
    """The firmware under test. hash: short, of what counts; the same as the book's. image: None for sources.
    instrument_sha256: of the instrument's UF2, where the rig has one."""

    hash: str
    file: str
    file_sha256: str
    image: Uf2Image | None
    instrument_sha256: str = ""

    def on(self, rig: str) -> str:
        """The rig as the book calls it: with another instrument's firmware it is another rig."""
        return f"{rig}/{self.instrument_sha256[:8]}" if self.instrument_sha256 else rig


@dataclass
class Job:
    """What the check found. facts: for reports, in words."""

    under_test: UnderTest
    version: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def board(self) -> str:
        """The board's unique number."""
        return self.version.get("board", "")


def under_test(rig: str, firmware: Path | None = None) -> UnderTest:
    """What the rig of that name is to run: a UF2, or the sources of a checkout. HilError when there is none."""
    chosen = entry(rig)
    files = chosen.firmware(ROOT, firmware)
    if files and all(path.suffix == ".uf2" for path in files):
        path, *others = map(existing, files)
        try:
            image = read_uf2(path)
        except SapperError as error:
            raise HilError(f"{error.message}; {error.remedy}") from None
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        instruments = [hashlib.sha256(other.read_bytes()).hexdigest() for other in others]
        return UnderTest(image.sha256()[:_DIGITS], str(path), sha256, image, ", ".join(instruments))
    return UnderTest(digest_of_sources(ROOT, chosen.files(ROOT, firmware)), "the checkout's sources", "", None)


def restart(rig: Rig) -> str:
    """All mended, and the board starts anew, by the hardest way that the rig has; which, in words."""
    if isinstance(rig, Cable):
        rig.cable.mend()
    if isinstance(rig, Faults):
        rig.faults.mend()
    if isinstance(rig, Power):
        rig.power_cut()
        rig.run(OFF_NS)
        for line in (rig.usb, *rig.uart):
            line.read()  # of the life before: its times would be taken for the new one's
        rig.power_on()
        return "power off and on"
    if isinstance(rig, Reset):
        rig.run_pin(0)
        rig.run(RESET_NS)
        rig.run_pin(1)
        return "reset by RUN"
    return "not restarted: the rig offers neither Power nor Reset"


def must_have_started(operator: Operator, rig: Rig, since_ns: int) -> None:
    """The board has started since then, by its own clock. HilError when it has run for longer: what was to restart it
    does nothing."""
    told = dict(word.split("=", 1) for word in operator.must("ping").split() if "=" in word)
    runs_ns, most_ns = int(told["t_ms"]) * NS_PER_MS, rig.now_ns - since_ns
    if runs_ns > most_ns + _CLOCKS_APART_NS:
        raise HilError(
            f"the board did not restart: by its clock it has run for {runs_ns / NS_PER_S:.2f} s, and it was restarted "
            f"{most_ns / NS_PER_S:.2f} s ago; look at its supply's switch and at the wire to RUN"
        )


def begin(rig: Rig, wanted: UnderTest) -> Job:
    """Have the board run what is wanted, and see that it does. WrongFirmwareError when it does not."""
    job = Job(wanted)
    job.facts = {
        "rig": rig.name,
        "firmware": wanted.hash,
        "firmware_file": wanted.file,
        "firmware_file_sha256": wanted.file_sha256,
        "instrument_file_sha256": wanted.instrument_sha256,
        "instrument": str(getattr(rig, "instrument_id", "")),
        "time_resolution_ns": str(rig.time_resolution_ns) if isinstance(rig, Time) else "declared times",
    }
    job.facts["restarted"] = restart(rig)
    started_ns = rig.now_ns
    if wanted.image is not None and isinstance(rig, Flashable):
        rig.flash_uf2(wanted.image.path)
        job.facts["flashed"] = "through BOOTSEL"
        restart(rig)
        started_ns = rig.now_ns
    else:
        job.facts["flashed"] = "no: the rig takes no UF2; what its board came with was compared"
    look(rig, job, started_ns)
    return job


def look(rig: Rig, job: Job, started_ns: int, tell: Tell = silent) -> None:
    """What the board runs, which it began to since then. WrongFirmwareError when it is not what is under test."""
    operator = Operator(rig)
    text = operator.boot()
    must_have_started(operator, rig, started_ns)
    job.version = dict(word.split("=", 1) for word in text.split() if "=" in word)
    job.facts["version"] = text
    job.facts["board"] = job.board
    if job.under_test.image is not None:
        job.facts["verified_bytes"] = str(_check(operator, job, job.under_test.image, tell))
    changed = operator.ask("diff")[1]
    job.facts["settings_not_default"] = ", ".join(line.strip() for line in changed) or "none"


def _check(operator: Operator, job: Job, image: Uf2Image, tell: Tell = silent) -> int:
    version = job.version
    remedy = "flash the board with it: `sapper flash`, and begin again"
    if image.build is not None and (version.get("sapper"), version.get("git")) != (
        image.build.version,
        image.build.git,
    ):
        said = f"{version.get('sapper')}+{version.get('git')}"
        raise WrongFirmwareError(f"the board says it runs {said}, under test is {image.build}; {remedy}")
    source = version.get("source", "factory")
    if source != "factory":
        raise WrongFirmwareError(
            f"the board runs the update in {source} ({version.get('why')}), not the firmware under test, whatever its "
            "flash begins with; say `update run factory` and `reboot` to it, and begin again"
        )
    try:
        return verify(image, Digesting(operator), tell)
    except MismatchError as error:
        raise WrongFirmwareError(
            f"the board says it runs {version.get('sapper')}+{version.get('git')}, the version under test, and has "
            f"something else in its flash: {error.message}; {error.remedy}"
        ) from None
    except OperatorError as error:
        raise WrongFirmwareError(f"the board does not tell what is in its flash: {error}; {remedy}") from None
