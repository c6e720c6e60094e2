"""`make field`: a mission over a meadow of 10 x 6 m with twelve targets in it, driven by the host's runner.

Leaves build/field/: session.mcap, map.png and map.svg, the mission's file, and field.json with the figures. Exit status
0 only if the mission came to its end, no track came onto ground that was not searched or near a target not yet found,
and no target lies unfound on ground that is claimed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hil.errors import HilError
from hil.play.field_run import FieldResult, FieldRun
from hil.rigs.capabilities import Inertial
from hil.rigs.registry import FOR_MANY, RIGS, open_rig
from hil.rigs.rig import NS_PER_S
from hil.world.field.field_file import load_field_file
from hil.world.field.made_up import made_of
from sapper_host import processes
from sapper_host.board.decoder import Item
from sapper_host.errors import SapperError, Status
from sapper_host.field.account import Account, account_of
from sapper_host.field.map_picture import plot_map
from sapper_host.files.checkout import BUILD, ROOT
from sapper_host.files.place import check_folder
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session_facts import describe_rig

OUT = BUILD / "field"
MEADOW = ROOT / "hil" / "worlds" / "fields" / "meadow.toml"
MISSION = "meadow.sapper-field"
_LINE_EVERY_S = 15.0
_DONE = "done"


class Screen:
    """How far the mission is: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True) if console.is_terminal else None
        self._task = self._progress.add_task("field", total=1.0) if self._progress else None
        self._told = time.monotonic()

    def __enter__(self) -> Screen:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, share: float, words: str) -> None:
        """The share of the plan's moves that is done, and what goes on."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=share, description=words)
        elif time.monotonic() - self._told >= _LINE_EVERY_S:
            self._told = time.monotonic()
            self._console.print(f"{100 * share:3.0f} %  {words}", highlight=False)


def reached(result: FieldResult) -> bool:
    """Whether it is a mission as it has to be."""
    return (
        result.phase == _DONE
        and not result.trespasses
        and not result.near_unfound
        and not result.targets_wrongly_claimed
    )


def summary(result: FieldResult, account: Account, rig: str, wall_s: float) -> Table:
    """The mission's figures."""
    table = Table(show_header=False, title=f"The field, on {rig}")

    def ground(m2: float) -> str:
        return f"{m2:.2f} m2, {account.share(m2):.1f} %"

    errors = np.abs([error for error, _ in result.places]) if result.places else np.zeros(0)
    inside = sum(abs(error) <= 2 * sigma for error, sigma in result.places)
    for row in (
        ("ended", result.phase + (f": {result.held_for}" if result.held_for else "")),
        ("area", f"{result.area_m2:.1f} m2, of which {result.reachable_m2:.1f} can be reached"),
        ("claimed as searched", ground(account.claimed_m2)),
        ("doubtful", ground(account.doubtful_m2)),
        ("not searched", ground(account.not_searched_m2)),
        ("of what can be reached", f"{100 * result.coverage:.2f} % claimed"),
        ("claimed, and not so in truth", f"{result.wrongly_claimed_m2:.3f} m2"),
        ("targets found / met / there", f"{result.targets_found} / {result.targets_reached} / {result.targets}"),
        ("targets on claimed ground, not found", str(result.targets_wrongly_claimed)),
        ("false alarms", str(result.false_alarms)),
        ("tracks on ground not searched", f"{result.trespasses} times, {result.trespass_cells} cells of 20 mm"),
        ("targets a track came near before they were found", str(result.near_unfound)),
        ("driven", f"{result.driven_m:.0f} m, {result.ratio:.2f} times area / swath"),
        (
            "finds told off their place",
            f"median {100 * np.median(errors):.0f} cm, most {100 * errors.max():.0f} cm; {inside} of {len(errors)}"
            " within two sigma"
            if len(errors)
            else "none was told",
        ),
        ("protective stops", ", ".join(f"{name} {count}" for name, count in result.stops.items()) or "none"),
        ("time", f"{result.duration_s:.0f} s of the board's in {wall_s:.0f} s"),
    ):
        table.add_row(*row)
    return table


def run_field(world: Path, rig_name: str, out: Path, console: Console) -> FieldResult:
    """Drive the mission, record it, draw its map, tell its figures."""
    out.mkdir(parents=True, exist_ok=True)
    session, mission = out / "session.mcap", out / MISSION
    for old in (session, *out.glob(f"{MISSION}*")):
        old.unlink(missing_ok=True)
    file = load_field_file(world)
    start = file.start
    made = made_of(
        file, (round(start.x_m * 1000), round(start.y_m * 1000), round(np.radians(start.heading_deg) * 1000))
    )
    began, wall = time.time_ns(), time.monotonic()
    rig = open_rig(rig_name, needs=(Inertial,))
    try:
        run = FieldRun(rig, made, mission)
        hear = run.operator.listener
        console.print(f"{len(run.plan.moves)} moves, {run.plan.driven_m:.0f} m; booting the firmware on {rig_name} ...")
        with Recorder(session, lambda: began + rig.now_ns) as recorder, Screen(console) as screen:

            def listener(item: Item) -> None:
                recorder.take(item)
                if hear is not None:
                    hear(item)

            run.operator.listener = listener
            run.prepare()
            version = run.operator.must("version")
            recorder.note(version)
            describe_rig(recorder.describe, version, {})
            result = run.drive(lambda share, words: screen.show(share, f"{words}, {rig.now_ns / NS_PER_S:.0f} s"))
        account = account_of(run.mission)
    finally:
        rig.close()
    for name in ("map.png", "map.svg"):
        plot_map(account, out / name)
    figures = {**asdict(result), "coverage": result.coverage, "ratio": result.ratio, "account": account.as_dict()}
    (out / "field.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    console.print(summary(result, account, rig_name, time.monotonic() - wall))
    console.print(f"recording: {session}\nmap:       {out / 'map.png'}", highlight=False)
    return result


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.serve.field_demo", description=__doc__)
    parser.add_argument("--rig", choices=list(RIGS), default=FOR_MANY, help=f"where it runs (default: {FOR_MANY})")
    parser.add_argument("--world", type=Path, default=MEADOW, metavar="FIELD.toml", help="a field's file of the world")
    parser.add_argument("--out", type=Path, default=OUT, help="where recording, map and figures go")
    options = parser.parse_args(arguments)
    console = Console()
    check_folder(options.out)
    try:
        result = run_field(options.world, options.rig, options.out, console)
    except (HilError, SapperError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False)
        return int(Status.ERROR)
    if not reached(result):
        console.print("[bold red]the mission is not as it has to be[/]")
        return int(Status.SHORTFALL)
    console.print("[bold green]searched, and no track where it must not be[/]")
    return int(Status.OK)


if __name__ == "__main__":
    sys.exit(processes.command(main))
