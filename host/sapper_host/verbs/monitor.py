"""`sapper monitor`: the rover's state, live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import BellOption, JsonOption, OperatorOption, PortOption, RawOption, needs_record
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.recordings.recorder import Recorder


def monitor(
    port: PortOption = None,
    as_json: JsonOption = False,
    record: Annotated[
        Path | None, typer.Option(metavar="F.mcap", help="Record everything into this file as well.")
    ] = None,
    raw: RawOption = False,
    operator: OperatorOption = "",
    bell: BellOption = True,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0.1, help="Leave by itself after so many seconds.")
    ] = None,
) -> None:
    """Show state, speed, distance, detector and events of a rover, live.

    It only watches: nothing it sends moves or stops anything, and by radio it needs no key. A board that vanishes is
    waited for. Without a terminal it prints a line a second and every event; with --json one JSON object a line, for
    every frame and event.

    \b
    Examples:
      sapper monitor
      sapper monitor --port /dev/ttyACM0 --record lane4.mcap --raw
      sapper monitor --json | jq 'select(.topic == "/event")'
    """
    import contextlib
    import time

    from sapper_host.connected.choice import find_port
    from sapper_host.operate.monitor_app import Monitor
    from sapper_host.operate.recorded_monitor import RecordedMonitor
    from sapper_host.recordings.recorder import Recorder

    needs_record(record, raw, operator)
    recorder: Recorder | None = None
    try:
        with contextlib.ExitStack() as stack:
            recorder = stack.enter_context(Recorder(record, time.time_ns, operator, raw)) if record else None
            where = find_port(port)
            if recorder is None:
                app = Monitor(where, None, as_json, bell)
            else:
                app = RecordedMonitor(where, recorder, as_json, bell)
            stack.enter_context(app).run(seconds)
    finally:
        if recorder is not None and recorder.messages:
            say(f"recorded {recorder.messages} messages into {record}", err=True)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(monitor))(monitor)
