"""`sapper replay`: a recording played into the real firmware on a rig."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import BenchOption, JsonOption, PlaceOption, PlaceWaitOption, complete_rig
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.recordings.trace import Trace


def replay(
    path: Annotated[Path, typer.Argument(metavar="TRACE", help="The trace, .csv or .mcap.")],
    rig: Annotated[
        str, typer.Option(help="Where the firmware runs: 'virtual', 'sil' or 'bench'.", autocompletion=complete_rig)
    ] = "virtual",
    as_json: JsonOption = False,
    on_detect: Annotated[
        str, typer.Option(help="At an alert: 'stop' ends the replay at rest over it, 'mark' plays through.")
    ] = "stop",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the board; may be repeated.")
    ] = None,
    firmware: Annotated[
        Path | None, typer.Option(metavar="F", help="The firmware to run instead of the one `make` built.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="F.mcap", help="Record what the board says, for `sapper map`.")
    ] = None,
    bench: BenchOption = None,
    place: PlaceOption = None,
    place_wait: PlaceWaitOption = 0.0,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with status 3 when a target is missed or a false alarm raised.")
    ] = False,
) -> None:
    """Play a trace into the firmware, and tell what it did.

    Open loop: the trace gives the detector's voltages and the encoders, whatever the motors do. Ahead the rover sweeps,
    where the trace stands it stands; from where the trace goes back it is driven by hand, as a sweep would begin anew.
    Times and places of the result are the trace's own. With a truth beside the trace the finds are scored.

    \b
    Examples:
      sapper replay lane.csv
      sapper replay lane.mcap --rig sil --on-detect mark --json
      sapper replay lane.csv --set sweep_mm_s=200 --check
      sapper replay lane.csv --on-detect mark --record run.mcap && sapper map run.mcap
    """
    from functools import partial

    from sapper_host.errors import SapperError, Status
    from sapper_host.files.place import check_file
    from sapper_host.recordings.recorder import Recorder
    from sapper_host.recordings.score import finds_of, score
    from sapper_host.recordings.session_facts import describe_rig
    from sapper_host.recordings.trace import read_trace
    from sapper_host.screen.progress import bar
    from sapper_host.verbs.rigs import bench_file, check_rig, rig_at, rig_errors

    pairs = [_setting(text) for text in settings or ()]
    check_rig(rig)
    config = None if place else bench_file(bench, rig)
    check_file(record)
    trace = read_trace(path)
    if firmware is not None and not firmware.exists():
        raise SapperError(f"{firmware} is not there", "`make firmware` builds one", Status.BAD_INPUT)
    _tell_gaps(trace)
    with rig_errors():
        from hil.play.replay import replay as play

        with (
            rig_at(place, place_wait, rig) as at,
            bar(f"{trace.name} on {at}", trace.duration_s, "s") as progress,
            ExitStack() as stack,
        ):

            def told(share: float) -> None:
                progress(share * trace.duration_s)

            listener = begun = None
            if record is not None:
                recorder = stack.enter_context(Recorder(record))
                if trace.truth is not None:
                    recorder.truth(trace.truth)
                listener, begun = recorder.take, partial(describe_rig, recorder.describe)
            parts = {"config": config} if config else {}
            result = play(trace, at, on_detect, pairs, firmware, told, listener, begun, parts)
    complete = True
    if trace.truth is not None:
        reached_m = max((event["s_m"] for event in result["events"]), default=0.0) if on_detect == "stop" else None
        scored = score(finds_of(result["events"]), trace.truth, reached_m)
        result["score"] = scored.as_dict()
        complete = not (scored.missed or scored.false_alarms)
    if as_json:
        import json

        typer.echo(json.dumps(result, indent=1))
    else:
        _show(result)
    if check and not complete:
        raise typer.Exit(Status.SHORTFALL)


def _setting(text: str) -> tuple[str, int]:
    from sapper.shared.settings import SettingError, parse_value
    from sapper_host.errors import SapperError, Status

    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise SettingError(f"'{text}' is not NAME=VALUE")
        return name.strip(), parse_value(name.strip(), value.strip())
    except SettingError as error:
        what, _, remedy = str(error).replace("`get`", "`sapper settings get`").partition("; ")
        raise SapperError(
            f"--set {text}: {what}", remedy or "docs/settings.md has the bounds of each", Status.USAGE
        ) from None


def _tell_gaps(trace: Trace) -> None:
    gaps = trace.gaps()
    if gaps:
        longest_s = max(gap.end_s - gap.start_s for gap in gaps)
        holds = "gates hold their last value there, so the detector may call them stuck, and nothing is found"
        typer.echo(f"note: {len(gaps)} gaps without samples, the longest {longest_s:.2f} s: {holds}", err=True)


def _show(result: dict[str, Any]) -> None:
    say(f"{result['trace']} on {result['rig']}, {result['firmware']}")
    hows = [row["how"] for row in result["driven"]]
    if len(hows) > 1:
        say(f"  driven in {len(hows)} pieces: " + ", ".join(f"{hows.count(how)} {how}" for how in dict.fromkeys(hows)))
    for event in result["events"]:
        rest = "  ".join(f"{k}={v}" for k, v in event.items() if k not in ("t_s", "s_m", "kind", "number"))
        say(f"  {event['t_s']:8.2f} s {event['s_m']:8.2f} m  {event['kind']:8s} {rest}")
    load, heap = result["cpu_load"], result["heap_free_min"]
    figures = [f"{result['duration_s']:.1f} s of the board's time"]
    if load is not None:
        figures.append(f"CPU load {100 * load:.1f} %")
    if heap is not None:
        figures.append(f"free heap {heap // 1024} KB")
    say("  " + ", ".join(figures))
    if "score" in result:
        s = result["score"]
        rocks = f" ({len(s['on_rocks'])} on hot rocks)" if s["on_rocks"] else ""
        error = "" if s["error_m"] is None else f", mean error {100 * s['error_m']:.1f} cm"
        say(f"  {s['found']} of {s['targets']} targets found, {len(s['false_alarms'])} false alarms{rocks}{error}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(replay))(replay)
