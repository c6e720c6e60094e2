"""`sapper field run`: a mission driven through a board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import PortOption
from sapper_host.verbs.say import say


def run(
    path: Annotated[Path, typer.Argument(metavar="MISSION", help="The mission's file: `sapper field plan --mission`.")],
    port: PortOption = None,
    finds: Annotated[
        str, typer.Option(metavar="ask|skirt", help="Over a find: ask for the verdict, or go round all of them.")
    ] = "ask",
    rtcm: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Send a base station's corrections up, raw RTCM 3: serial:/dev/ttyX or serial:/dev/ttyX@BAUD, "
            "tcp:HOST:PORT, or file:PATH, a recording, at its own pace.",
        ),
    ] = None,
    rtcm_rate: Annotated[
        int | None,
        typer.Option(metavar="B/S", help="Bytes of corrections a second at most, 100..1000. Without it: 400."),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Ask nobody: for rigs alone. A rover that may hurt somebody is armed by a person."),
    ] = False,
) -> None:
    """Drive a mission, from where it stands: on this laptop or another, after a day or a power cut.

    It asks where the rover stands, before it arms, after each stop and over each find. Ctrl-C stops the rover first;
    the file is whole at any moment. Exit status 3 when it ended before the mission was done.

    \b
    Examples:
      sapper field run meadow.mission
      sapper field run meadow.mission --port rover-7 --finds skirt
      sapper field run meadow.mission --rtcm serial:/dev/ttyUSB1@38400
    """
    import sys
    import time

    from sapper_host.connected.choice import find_port
    from sapper_host.errors import SapperError, Status
    from sapper_host.field.account import account_of
    from sapper_host.field.corrections import RATE_B_S, RATES_B_S, Corrections, CorrectionsThread
    from sapper_host.field.finds import HAND_OVER, SKIRT
    from sapper_host.field.geometry import geometry_of
    from sapper_host.field.link_port import LinkPort
    from sapper_host.field.mission import Mission
    from sapper_host.field.rtcm_source import source_of
    from sapper_host.field.runner import Runner
    from sapper_host.field.running import Phase
    from sapper_host.field.terminal_people import TerminalPeople
    from sapper_host.operate.operator import stops_first

    if finds not in ("ask", "skirt"):
        raise SapperError(f"--finds '{finds}'", "say ask or skirt", Status.USAGE)
    if rtcm_rate is not None and rtcm_rate not in RATES_B_S:
        raise SapperError(
            f"--rtcm-rate {rtcm_rate}", f"give {RATES_B_S.start} to {RATES_B_S.stop - 1} B/s", Status.USAGE
        )
    corrections = Corrections(source_of(rtcm), rtcm_rate or RATE_B_S) if rtcm is not None else None
    mission = Mission(path)
    if not yes and not sys.stdin.isatty():
        raise SapperError("nobody is there to be asked", "run it on a terminal; on a rig, with --yes", Status.USAGE)
    _, start = mission.plan_now()
    people = TerminalPeople(geometry_of(mission.about()["geometry"]), start.y_mm, say, yes)
    runner = Runner(mission, people, SKIRT if finds == "skirt" else HAND_OVER)
    shown = ("", -9.0)
    try:
        # Corrections are the last that is left: nothing of theirs comes before the stop.
        with (
            CorrectionsThread(corrections) as going_up,
            LinkPort(find_port(port)) as board,
            stops_first(board),
        ):
            going_up.begin(board)
            while runner.step(board) not in (Phase.DONE, Phase.HELD):
                order, now = runner.order, time.monotonic()
                line = order.line if order and runner.phase is Phase.MOVE else runner.phase.value
                if line != shown[0] and now - shown[1] > 1:
                    shown = line, now
                    say(f"{runner.progress_words()}: {line}{going_up.age_words(now)}")
                for words in going_up.news():
                    say(words)
                time.sleep(0.05)
    finally:
        runner.close()
    account = account_of(mission)
    say(
        f"claimed {account.claimed_m2:.2f} m2 of {account.area_m2:.2f}, doubtful {account.doubtful_m2:.2f}, "
        f"not searched {account.not_searched_m2:.2f}: `sapper field map {path} --picture map.png`"
    )
    if runner.phase is not Phase.DONE:
        raise typer.Exit(Status.SHORTFALL)


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command("run", help=help_of(run))(run)
