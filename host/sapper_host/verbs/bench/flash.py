"""`sapper bench flash`: firmware onto the rover or the instrument of a bench, through BOOTSEL, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from hil.bench.config import Config


def flash(
    instrument: Annotated[
        bool, typer.Option("--instrument", help="The instrument's firmware, instead of the rover's.")
    ] = False,
    bench: Annotated[
        str | None,
        typer.Option(
            "--bench",
            metavar="F.toml",
            help="The bench's file, or 'emulated' for two emulated Picos. Without it: what `sapper bench init` wrote.",
        ),
    ] = None,
    uf2: Annotated[
        Path | None, typer.Option("--uf2", metavar="FILE", help="The firmware. Without it what `make` built.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put a firmware into the rover of a bench by the bench's own switches, or with --instrument into its instrument.

    Nobody presses anything: the rover goes into BOOTSEL by its wires, the instrument by a word over its USB. Then the
    rover hashes its flash, which is compared with the file, and the instrument tells what it was built from. Another
    board's drive is left alone. The rover has to be in SAFE; it is restarted. An instrument may be blank, and its bench
    without a file: then it is the only board in BOOTSEL, or the only instrument that is plugged in.

    \b
    Examples:
      sapper bench flash
      sapper bench flash --instrument
      sapper bench flash --uf2 firmware.uf2 --json
      sapper bench flash --bench emulated
    """
    import json
    import time

    from sapper_host.verbs.rigs import EMULATED, rig_errors

    with rig_errors():
        config = None if bench == EMULATED else _config(bench, instrument)
        say(f"the bench: {config.path if config is not None else EMULATED}", err=True)
        began_s = time.monotonic()
        done = (_instrument if instrument else _rover)(config, uf2)
    done["bench"] = config.path if config is not None else EMULATED
    done["took_s"] = round(time.monotonic() - began_s, 1)
    if as_json:
        typer.echo(json.dumps(done, indent=1))
        return
    what = "says that it was built so" if instrument else f"{done['verified_bytes']} bytes compared with its flash"
    say(f"the {done['board']} {done['number']} runs {done['file']} ({what}; {done['took_s']:.0f} s)")


def _config(bench: str | None, instrument: bool) -> Config:
    """The bench's file. An instrument is flashed before there is one: `sapper bench init` asks it who it is."""
    from hil.bench import config_file
    from hil.bench.config import Config

    if instrument and bench is None and not config_file.default_path().exists():
        return Config()
    return config_file.read(Path(bench) if bench else None)


def _rover(config: Config | None, uf2: Path | None) -> dict[str, Any]:
    from hil.rigs.bench.opened import open_bench
    from hil.testing.job import Job, look, under_test

    wanted = under_test("bench", uf2)
    assert wanted.image is not None
    with open_bench(config=config.path if config is not None else None) as rig:
        with _told("flash") as tell:
            rig.flash_uf2(wanted.image.path, tell)
        job = Job(wanted)
        with _told("verify") as tell:
            look(rig, job, rig.now_ns, tell)
    return {
        "board": "rover",
        "number": job.board,
        "file": wanted.file,
        "sha256": wanted.file_sha256,
        "version": job.facts["version"],
        "verified_bytes": int(job.facts["verified_bytes"]),
    }


def _instrument(config: Config | None, uf2: Path | None) -> dict[str, Any]:
    import hashlib

    from hil.rigs.bench.opened import put_into_instrument
    from hil.rigs.firmware import instrument_uf2

    path = uf2 or instrument_uf2()
    with _told("flash") as tell:
        number = put_into_instrument(config, path, tell)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"board": "instrument", "number": number, "file": str(path), "sha256": sha256}


@contextmanager
def _told(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; elsewhere one line."""
    from sapper_host.screen.progress import bar

    say(f"{what} ...", err=True)
    with bar(what, 100, "%") as show:
        yield lambda done, total: show(100 * done / total)


def register(group: typer.Typer) -> None:
    """Add the verb to the group."""
    group.command(help=help_of(flash))(flash)
