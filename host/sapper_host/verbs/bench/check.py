"""`sapper bench check`: the wires, the voltages and the clocks of a bench, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import BenchOption, JsonOption
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from hil.bench.check.run import Checked


def check(
    bench: BenchOption = None,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Write the calibration into the bench's file, if all is well.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Try every wire of the bench, calibrate its voltages, compare its clocks. Takes less than a minute.

    The rover has to be in SAFE; it is at MicroPython's prompt meanwhile, is reset, and runs Sapper again at the end.
    What is wrong is told with the wire, its pins and what to do. Exit status 3 when anything is.

    \b
    Examples:
      sapper bench check
      sapper bench check --bench emulated
      sapper bench check --json --no-keep
    """
    import json

    from sapper_host.errors import Status
    from sapper_host.verbs.rigs import bench_file, rig_errors

    path = bench_file(bench)
    with rig_errors():
        from hil.bench import config_file
        from hil.bench.check.run import check as look
        from hil.rigs.bench.opened import open_outside

        config = config_file.read(path) if path else None
        opened = open_outside(config)
        try:
            done = look(opened.outside, opened.config, opened.drive_seen, lambda what: say(f"{what} ...", err=True))
        finally:
            opened.close()
        kept = keep and config is not None and done.ok
        if kept:
            assert config is not None
            config_file.write(config.calibrated(done.fits), Path(config.path))
    if as_json:
        typer.echo(json.dumps(done.as_dict(), indent=1))
    else:
        _show(done, config.path if kept and config is not None else "")
    if not done.ok:
        raise typer.Exit(int(Status.SHORTFALL))


def _show(done: Checked, kept_in: str) -> None:
    for finding in done.findings:
        say(f"wrong: {finding.what}")
        say(f"  {finding.remedy}")
    if done.not_tried:
        say(f"not tried, as it needs what is wrong: {', '.join(done.not_tried)}")
    for name, each in done.calibrations.items():
        steps = ", ".join(f"{step:.1f}" for step in each.steps_lsb)
        off = f"{each.rms_lsb:.2f} LSB rms off the line"
        say(f"{name}: {each.mv_per_code:.4f} mV a code, {each.offset_mv:+.1f} mV, {off}")
        say(f"  the rover's converter jumps by {steps} LSB at 512, 1536, 2560, 3584")
    if done.clock_ppm is not None:
        say(f"the rover's clock is {done.clock_ppm:+.1f} parts in a million off the instrument's")
    if done.ok:
        say(f"all wires are as they should be ({done.took_s:.0f} s)" + (f"; written: {kept_in}" if kept_in else ""))


def register(group: typer.Typer) -> None:
    """Add the verb to the group."""
    group.command(help=help_of(check))(check)
