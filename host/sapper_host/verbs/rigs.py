"""What the verbs that start a rig share: the rigs' errors become the command's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sapper_host.errors import SapperError, Status


@contextmanager
def rig_errors() -> Iterator[None]:
    """HilError, whose text names the remedy, as SapperError; and a rig package that is not installed likewise."""
    try:
        from hil.errors import HilError
    except ImportError:
        raise SapperError("the rigs are not installed here", "run from a checkout, after `make setup`") from None
    try:
        yield
    except HilError as error:
        what, _, remedy = str(error).partition("; ")
        raise SapperError(what, remedy) from None


def playable() -> list[str]:
    """The rigs that a trace can be played on. SapperError where there are no rigs."""
    with rig_errors():
        from hil.rigs.registry import RIGS, why_not
        from hil.rigs.rig import PLAYABLE

        return [each for each in RIGS if not why_not(each, PLAYABLE)]


BENCH = "bench"
EMULATED = "emulated"


def bench_file(bench: str | None, rig: str = BENCH) -> Path | None:
    """The file of the bench that `--bench` names, of this user's where it names none; None: it is emulated, or the rig
    is none. SapperError where there is no such file."""
    if rig != BENCH:
        if bench is not None:
            raise SapperError(f"--bench with --rig {rig}", "it goes with --rig bench", Status.USAGE)
        return None
    if bench == EMULATED:
        return None
    with rig_errors():
        from hil.bench.config_file import default_path

        path = Path(bench) if bench else default_path()
    if path.exists():
        return path
    if bench:
        raise SapperError(f"{bench} is not there", "`sapper bench init` writes a bench's file", Status.BAD_INPUT)
    return None


@contextmanager
def rig_at(place: str | None, wait_s: float, rig: str) -> Iterator[str]:
    """The name of the rig to open: `rig`, or that of the bench behind a place of a farm, which is held meanwhile.
    SapperError names who has it."""
    if not place:
        if wait_s:
            raise SapperError("--place-wait without --place", "add --place NAME", Status.USAGE)
        yield rig
        return
    with rig_errors():
        from hil.farm.place import held

        with held(place, wait_s) as name:
            yield name


def check_rig(name: str, status: Status = Status.ERROR) -> None:
    """A SapperError unless a trace can be played on a rig of that name; it says what the rig lacks. status: its own."""
    with rig_errors():
        from hil.rigs.registry import RIGS, why_not
        from hil.rigs.rig import PLAYABLE

        able = playable()
        if name not in able:
            why = why_not(name, PLAYABLE) if name in RIGS else "there is none of the name"
            raise SapperError(f"--rig {name}: {why}", f"use {' or '.join(able)}", status)
