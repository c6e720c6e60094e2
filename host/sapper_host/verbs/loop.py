"""`sapper loop`: how well a board's control loop keeps its time."""

from __future__ import annotations

from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say


def loop(
    port: PortOption = None,
    watch: Annotated[
        float | None,
        typer.Option(metavar="S", min=0.1, help="Listen for so many seconds first: what the longest tick did."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a board how late its ticks began and how long they took in motion, and hold that to the limits.

    Since its start, that is; with the free heap, and whether a full one was collected while armed. The board does not
    keep what its longest tick did: with --watch there is a line a second, and what it told in the second of the
    longest. Nothing that is sent moves or stops anything. Exit status 3 when a limit of docs/safety.md is missed, or
    the rover has not moved yet.

    \b
    Examples:
      sapper loop
      sapper loop --watch 60
      sapper loop --json | jq '.limits[] | select(.held == false) | .limit'
    """
    import json

    from sapper_host.board import loop_times
    from sapper_host.board.board_log import events_of_start
    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import Status
    from sapper_host.operate import loop_limits, loop_seconds
    from sapper_host.operate.loop_report import LoopReport, second_line

    def tell(second: loop_seconds.Second) -> None:
        if watch is not None:
            say(second_line(second), err=True)

    with Link.open(find_port(port)) as link:
        version = link.identify()
        seconds = loop_seconds.listen(link, watch or 0.0, tell)
        times = loop_times.ask(link)
        collections = [event for event in events_of_start(link) if event.kind == "heap_full"]
    in_slot = version.get("source", "").startswith("slot")
    limits = loop_limits.held(times, seconds, len(collections), in_slot)
    report = LoopReport(version, times, seconds, watch is not None, collections, limits)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=1))
    else:
        say(f"board {version.get('board', '-')}, sapper {version.get('sapper', '-')}+{version.get('git', '-')}")
        for line in report.lines():
            say(line)
    if not report.good:
        raise typer.Exit(Status.SHORTFALL)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(loop))(loop)
