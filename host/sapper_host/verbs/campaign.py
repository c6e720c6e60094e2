"""`sapper campaign`: every trace of a folder through the real firmware, scored, with a report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from sapper_host.outside.text import shown
from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import BenchOption, JsonOption, complete_rig
from sapper_host.verbs.say import say


def campaign(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of traces, each with NAME.truth.json.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results, summary and report go.")],
    rig: Annotated[
        str,
        typer.Option(help="Where the firmware runs: 'sil' (fast), 'virtual' or 'bench'.", autocompletion=complete_rig),
    ] = "sil",
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes on this machine; without it one a core.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler's address: its workers do the work.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the board; may be repeated.")
    ] = None,
    curve: Annotated[
        bool,
        typer.Option(
            help="Replay each trace once more at a low level, so that the curve reaches below the level in use."
        ),
    ] = True,
    bench: BenchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay every trace of a folder into the firmware and tell how well it finds what is buried.

    Open loop, an alert in SWEEP marks and goes on. Writes NAME.json for each trace, summary.json and report.html. What
    an earlier run finished, of the same trace under the same conditions, is kept: stopped campaigns go on where they
    were. Traces that cannot be used are named and skipped; then the exit status is 5.

    \b
    Examples:
      sapper campaign lanes/ --out build/campaign
      sapper campaign lanes/ --out build/loud --set det_far_per_100m2=10 --jobs 2
      sapper campaign lanes/ --out build/campaign --scheduler tcp://192.168.7.10:8786
    """
    from sapper_host.errors import Status
    from sapper_host.files.place import check_folder
    from sapper_host.verbs.replay import _setting
    from sapper_host.verbs.rigs import bench_file, check_rig, rig_errors

    pairs = tuple(_setting(text) for text in settings or ())
    check_rig(rig, Status.USAGE)
    config = bench_file(bench, rig)
    check_folder(out)
    with rig_errors():
        from hil.prove.campaign.campaign import REPORT, Campaign

        # Of a real bench there is one.
        processes = 1 if config else jobs or os.cpu_count() or 1
        work = Campaign(folder, out, rig, pairs, processes, scheduler, curve, str(config.absolute()) if config else "")
        summary = _run(work)
    if as_json:
        import json

        typer.echo(json.dumps(summary, indent=1))
    else:
        _show(summary)
        say(f"report: {out / REPORT}")
    if work.skipped:
        raise typer.Exit(Status.BAD_INPUT)


def _run(work: Any) -> dict[str, Any]:
    """The campaign with a progress bar on stderr; a line for each trace that is skipped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"replaying on {work.rig}", total=len(work.jobs()))

        def tell(name: str, what: str) -> None:
            progress.advance(task)
            if what not in ("kept", "done"):
                console.print(shown(f"skipped {name}: {what}"), markup=False, highlight=False, soft_wrap=True)

        result: dict[str, Any] = work.run(tell)
        return result


def _show(summary: dict[str, Any]) -> None:
    say(f"{summary['traces']} traces, {len(summary['skipped'])} skipped")
    groups = dict(summary["groups"])
    if len(groups) > 1:
        groups["all"] = summary["all"]
    for name, f in groups.items():
        pd, fa, rocks, error = (
            f[key] for key in ("detection", "false_alarms_per_m2", "hot_rocks_called", "location_error_m")
        )
        if pd["share"] is None or fa["rate"] is None:
            continue
        line = (
            f"  {name:10s} found {pd['hits']}/{pd['of']} = {pd['share']:.3f} ({pd['low']:.3f}..{pd['high']:.3f}), "
            f"false alarms {fa['rate']:.3f}/m2 ({fa['low']:.3f}..{fa['high']:.3f}), "
            f"hot rocks called {rocks['hits']}/{rocks['of']}"
        )
        if error["mean"] is not None:
            line += f", mean error {100 * error['mean']:.1f} cm"
        say(line)
    faults = summary["faults"]
    say(f"  stuck gates raised {faults['raised']}/{faults['stuck_gates']}, false faults {len(faults['false'])}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(campaign))(campaign)
