"""`make demo`: the firmware on the virtual Pico sweeps a lane over buried targets, shown live in the terminal.

Leaves build/demo/session.mcap and build/demo/map.png. Exit status 0 only if it found what it should.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hil.errors import HilError
from hil.play.lane_run import LaneResult, LaneRun
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_S, Rig
from hil.world.world import load_world
from sapper_host import processes
from sapper_host.board.decoder import Item
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_folder
from sapper_host.operate.monitor_state import MonitorState
from sapper_host.operate.monitor_view import plain_line, render
from sapper_host.outside.text import shown
from sapper_host.pictures.map_plot import plot_map
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session import read_session
from sapper_host.recordings.session_facts import describe_rig
from sapper_host.recordings.survey import survey_of

OUT = BUILD / "demo"
_SCREEN_EVERY_S = 0.1
_LINE_EVERY_S = 5.0
# What a run over the demo's lane has to reach.
_FALSE_ALARMS_MOST = 1


class Screen:
    """The operator's screen while the lane is driven: rich on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console, run: LaneRun, rig: Rig) -> None:
        self._console = console
        self._run = run
        # Ages are of the board's time: a slow machine does not make a silent board.
        self._state = MonitorState(port="virtual Pico", now=lambda: rig.now_ns / NS_PER_S)
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._shown_at = 0.0

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def take(self, item: Item) -> None:
        """One thing the board said."""
        self._state.connected = True
        self._state.take(item, self._run.operator.counts)
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown_at < (_SCREEN_EVERY_S if self._live else _LINE_EVERY_S):
            return
        self._shown_at = now
        if self._live:
            size = self._console.size
            view = render(self._state, self._run.operator.counts, size.width, size.height - 1)
            self._live.update(view, refresh=True)
        else:
            self._console.print(plain_line(self._state), highlight=False)


def summary(result: LaneResult, wall_s: float, console: Console) -> None:
    """The run's figures as tables."""
    targets = result.truth["targets"]
    found = {match.target: match for match in result.score.found}
    table = Table(title="Targets in the ground")
    for name, justify in (
        ("target", "left"),
        ("place", "right"),
        ("depth", "right"),
        ("found", "left"),
        ("error", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for i, target in enumerate(targets):
        match = found.get(i)
        table.add_row(
            Text(shown(target["name"], 40)),
            f"{target['s_m']:.2f} m",
            f"{target['distance_cm']:.0f} cm",
            "[green]found[/]" if match else "[bold red]missed[/]",
            f"{100 * match.error_m:+.1f} cm" if match else "",
        )
    console.print(table)
    stops = ", ".join(f"{stop.latency_ms:.1f}" for stop in result.stops)
    rows = (
        ("targets in the ground", str(len(targets))),
        ("found / missed", f"{len(result.score.found)} / {len(result.score.missed)}"),
        ("false alarms", f"{len(result.score.on_nothing)}, and {len(result.score.on_rocks)} on hot rocks"),
        ("stop latency, ms", stops or "none"),
        ("control loop busy", f"{100 * result.cpu_load:.1f} %"),
        ("free heap", f"{result.heap_free} bytes"),
        ("time", f"{result.duration_s:.1f} s of the board's in {wall_s:.1f} s"),
    )
    figures = Table(show_header=False, title="The run")
    for row in rows:
        figures.add_row(*row)
    console.print(figures)


def as_dict(result: LaneResult) -> dict[str, object]:
    """The same for scripts."""
    return {
        **result.score.as_dict(),
        "ended": result.ended,
        "stop_latency_ms": [round(stop.latency_ms, 2) for stop in result.stops],
        "cpu_load": round(result.cpu_load, 4),
        "heap_free": result.heap_free,
        "duration_s": round(result.duration_s, 2),
    }


def reached(result: LaneResult) -> bool:
    """Whether the run found what it should: every target, at most one false alarm, the lane driven to its end."""
    return result.ended == "lane" and not result.score.missed and len(result.score.on_nothing) <= _FALSE_ALARMS_MOST


def run_demo(world_name: str, out: Path, console: Console) -> LaneResult:
    """Drive the lane, record it, draw its map."""
    out.mkdir(parents=True, exist_ok=True)
    session = out / "session.mcap"
    session.unlink(missing_ok=True)
    began = time.time_ns()
    rig = open_rig("virtual")
    try:
        run = LaneRun(rig, load_world(world_name))
        console.print("booting the firmware on the virtual Pico ...")
        wall = time.monotonic()
        with Recorder(session, lambda: began + rig.now_ns) as recorder, Screen(console, run, rig) as screen:

            def listener(item: Item) -> None:
                recorder.take(item)
                screen.take(item)

            run.operator.listener = listener
            version = run.prepare()
            recorder.note(version)
            describe_rig(recorder.describe, version, {})
            result = run.drive()
            recorder.truth(result.truth)
    finally:
        rig.close()
    plot_map(survey_of(read_session(session)), out / "map.png")
    summary(result, time.monotonic() - wall, console)
    console.print(f"recording: {session}\nmap:       {out / 'map.png'}", highlight=False)
    return result


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.serve.demo", description=__doc__)
    parser.add_argument("--world", default="demo", help="a world file, or an example's name (default: demo)")
    parser.add_argument("--out", type=Path, default=OUT, help="where recording and map go")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else on stdout")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    check_folder(options.out)
    try:
        result = run_demo(options.world, options.out, console)
    except (HilError, SapperError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False)
        return int(Status.ERROR)
    if options.json:
        print(json.dumps(as_dict(result)))
    if not reached(result):
        console.print(f"[bold red]the run did not find what it should[/] (ended: {result.ended})")
        return int(Status.SHORTFALL)
    console.print("[bold green]found what it should[/]")
    return int(Status.OK)


if __name__ == "__main__":
    sys.exit(processes.command(main))
