"""`sapper trace info`: what is in a trace, or a session."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say


def info(
    path: Annotated[Path, typer.Argument(metavar="TRACE", help="The trace, .csv or .mcap; or a session.")],
    as_json: JsonOption = False,
) -> None:
    """Check a trace and say what is in it: duration, rate, distance, gaps, ranges and truth.

    Exit status 5 when it is malformed, with the line, the column and the reason. Of a recorded session it says who
    recorded it with what, of which board, with which settings, and what is in it.

    \b
    Examples:
      sapper trace info lane.csv
      sapper trace info lane.mcap --json | jq .gaps
    """
    from sapper_host.recordings.session_summary import session_summary
    from sapper_host.recordings.trace import read_trace
    from sapper_host.recordings.trace_mcap import NotATraceError
    from sapper_host.recordings.trace_summary import summary
    from sapper_host.screen.progress import waiting

    show = _show
    with waiting(f"reading {path.name}"):
        try:
            facts = summary(read_trace(path))
        except NotATraceError:
            facts, show = session_summary(path), _show_session
    if as_json:
        import json

        typer.echo(json.dumps(facts, indent=1))
    else:
        show(facts)


def _show(facts: dict[str, Any]) -> None:
    say(f"{facts['name']}: {facts['rows']} rows, {facts['duration_s']:.2f} s at {facts['frame_hz']:.1f} Hz")
    distance = "unknown" if facts["distance_m"] is None else f"{facts['distance_m']:.2f} m"
    say(f"  distance   {distance}")
    for name, low, high, empty in facts["ranges"]:
        span = "no samples" if low is None else f"{low:g} .. {high:g}"
        say(f"  {name:12s} {span}" + (f"   ({empty} empty cells)" if empty else ""))
    for start_s, end_s, column in facts["gaps"][:10]:
        say(f"  gap        {start_s:.2f} .. {end_s:.2f} s ({column})")
    if len(facts["gaps"]) > 10:
        say(f"  gap        and {len(facts['gaps']) - 10} more")
    for line in facts["provenance"]:
        say(f"  # {line}")
    truth = facts["truth"]
    if truth is None:
        say("  truth      none")
        return
    say(f"  truth      {truth['lane_length_m']:g} m lane, {truth['swath_m']:g} m swath, {truth['speed_m_s']:g} m/s")
    for target in truth["targets"]:
        name = target["name"] or "target"
        say(f"    {target['s_m']:7.2f} m  {name}, {target['distance_cm']:g} cm off the coil")
    for rock in truth["hot_rocks"]:
        say(f"    {rock['s_m']:7.2f} m  hot rock")
    for stuck in truth["stuck"]:
        say(f"    gate {stuck['gate']} stuck from {stuck['t0']:g} to {stuck['t1']:g} s")


def _show_session(facts: dict[str, Any]) -> None:
    from sapper_host.outside.text import shown

    path = facts["session"]
    say(f"{path}: this is a session, not a trace: `sapper trace from {quote(str(path))}` makes a trace of it")
    if facts["problem"]:
        say(f"  it ended early: {facts['problem']}")
    for topic, count in facts["topics"].items():
        say(shown(f"  {topic:10s} {count} messages", 200))
    say(f"  {facts['duration_s']:.2f} s from the first to the last")
    for name, values in facts["metadata"].items():
        say(shown(f"  {name}", 200))
        for key, value in values.items():
            say(shown(f"    {key} = {value}", 200))
    for name, media_type, size in facts["attachments"]:
        say(shown(f"  attachment {name} ({media_type}, {size} bytes)", 200))


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(help=help_of(info))(info)
