"""`sapper calibrate`: a head on its board, in air, over clean ground, over a test piece; and the daily check alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption, complete_rig
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.board.settings import Changes
    from sapper_host.calibration.board import CalibratedBoard, Place
    from sapper_host.calibration.steps import Bar, Outcome

_HOLD = {
    "air": "1. hold the coil in air, a metre from the ground and from all metal, still for 10 s",
    "ground": "2. over clean ground: in five places along two metres, 5 s each, raise and lower the coil by a hand's\n"
    "   breadth, once in two seconds; 25 s in all",
    "piece": "3. lay the coil down, or hold it still, without metal near it; pass the test piece when it is asked for",
}
_TOLD = {
    "quiet": "   wait, without metal ...",
    "bring": "   now pass the test piece over the coil, once",
    "away": "   seen; take it away",
}


def calibrate(
    port: PortOption = None,
    piece: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The test piece, in TOML: name, depth_mm, snr (sigma with a good head)."),
    ] = None,
    head: Annotated[str, typer.Option(metavar="NAME", help="What the head is called, for the record.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="The daily check of the test piece alone; no setting is changed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Set and save what was found, without asking.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where record and picture go; without it the user's data folder."),
    ] = None,
    rig: Annotated[
        str | None,
        typer.Option(
            help="On a rig, 'virtual' or 'sil', with a coil that is carried by itself.", autocompletion=complete_rig
        ),
    ] = None,
    replay: Annotated[
        tuple[Path, Path, Path] | None,
        typer.Option(metavar="AIR GROUND PIECE", help="With --rig: the traces to play, standing, one for each step."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Calibrate a head: coil in air, over clean ground, a test piece passed over it; set, save, draw and file it.

    Over USB, with the rover disarmed. Sets the soil's ratio, the noise that is a fault and the test piece's level, once
    all three steps are fit; else nothing is changed, and it says what is unfit and what to do. With --check only the
    board's own test-piece check, which `arm` can be made to ask for (setting arm_needs_testpiece).

    Exit status 3 when head, ground or test piece is unfit; the record says so, too.

    \b
    Examples:
      sapper calibrate --piece ball-10mm.toml
      sapper calibrate --check
      sapper calibrate --rig sil --yes
      sapper calibrate --rig virtual --replay air.csv ground.csv piece.csv --json
    """
    import time

    from sapper_host.calibration import piece as test_piece
    from sapper_host.calibration import record as filed
    from sapper_host.calibration.board import CalibratedBoard
    from sapper_host.calibration.in_hands import InHands
    from sapper_host.calibration.picture import draw
    from sapper_host.calibration.steps import run
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import SapperError, Status
    from sapper_host.files import folders
    from sapper_host.files.place import check_folder

    if replay is not None and rig is None:
        raise SapperError("--replay without --rig", "say where to play it: --rig virtual or --rig sil", Status.USAGE)
    if rig is not None and port is not None:
        raise SapperError("--rig and --port", "it is the one or the other", Status.USAGE)
    known = test_piece.read(piece) if piece is not None else test_piece.TestPiece()
    folder = out or folders.data() / "calibrations"
    check_folder(folder)
    with ExitStack() as stack:
        place: Place
        if rig is not None:
            place = stack.enter_context(_rig(rig, replay))
        else:
            place = stack.enter_context(InHands(find_port(port), _ask_hand))
        board = stack.enter_context(CalibratedBoard(place))
        board.told = lambda step: say(_TOLD[step], err=True) if step in _TOLD else None
        outcome = run(board, known, check, _bar())
        changes = _keep(board, outcome, yes)
    record = filed.make(outcome, changes, head, rig or "board", time.time())
    path = filed.stem(record, folder)
    filed.save(record, path.with_suffix(".json"))
    draw(outcome, path.with_suffix(".png"), record["time"])
    if as_json:
        import json

        typer.echo(json.dumps(record, indent=1))
    else:
        _show(outcome, changes, path)
    if not outcome.passed:
        raise typer.Exit(Status.SHORTFALL)


def _ask_hand(step: str) -> None:
    """Say what the person is to do, and wait for Enter."""
    from sapper_host.errors import SapperError, Status

    say(_HOLD[step], err=True)
    typer.echo("   Enter when it is so ... ", err=True, nl=False)
    try:
        input()
    except EOFError:
        typer.echo("", err=True)
        raise SapperError(
            "nobody is there to hold the coil", "calibrate from a terminal, or on a rig: --rig sil", Status.USAGE
        ) from None


@contextmanager
def _rig(name: str, replay: tuple[Path, Path, Path] | None) -> Iterator[Place]:
    """A rig's board, its coil carried as the traces have it."""
    from sapper_host.calibration.steps import STEPS
    from sapper_host.recordings.trace import read_trace
    from sapper_host.verbs.rigs import check_rig, rig_errors

    check_rig(name)
    given = dict(zip(STEPS, map(read_trace, replay), strict=True)) if replay else {}
    with rig_errors():
        from hil.play.carried import CarriedCoil
        from hil.traces.carried import day

        with CarriedCoil(name, given or day()) as coil:
            yield coil


def _bar() -> Bar:
    from sapper_host.screen.progress import bar

    return lambda step, seconds: bar(step, seconds, "s")


def _keep(board: CalibratedBoard, outcome: Outcome, yes: bool) -> Changes:
    """Set and save what was found, if all is fit and nobody says no."""
    from sapper_host.board.settings import Changes
    from sapper_host.verbs.settings_changes import columns, warn

    changed = [(name, outcome.met[name], value) for name, value in outcome.wanted.items() if outcome.met[name] != value]
    if outcome.only_check or not outcome.passed or not changed:
        return Changes()
    if not yes:
        typer.echo("", err=True)
        columns([("setting", "before", "found"), *((name, str(old), str(new)) for name, old, new in changed)])
        if not typer.confirm("set and save these?", err=True):
            return Changes()
    warn(dict(outcome.wanted))
    return board.keep(outcome.wanted)


def _show(outcome: Outcome, changes: Changes, path: Path) -> None:
    head, ground, judged = outcome.head, outcome.ground, outcome.judged
    if head is not None:
        noise, wander = (", ".join(f"{value:.2f}" for value in each) for each in (head.noise_mv, head.wander_mv))
        say(f"  head    noise {noise} mV, wander {wander} mV")
    if ground is not None:
        ratio = f"gate 2 / gate 1 {ground.late:.4f} +- {ground.late_sigma:.4f}"
        say(f"  ground  {ratio}, gate 1 / gate 0 {ground.ratio1_pm / 1000:.3f} +- {ground.ratio1_sigma_pm / 1000:.3f}")
    if judged is not None:
        say(f"  piece   {judged.step}, {judged.snr_x10 / 10:.1f} sigma of {judged.noise_uv / 1000:.2f} mV")
    for each in outcome.findings:
        mark = typer.style("UNFIT", fg="red") if each.unfit else "note"
        typer.echo(f"  {mark}: {each.text}")
        typer.echo(f"     do: {each.remedy}")
    for name, old, new in changes.rows:
        say(f"  set     {name} {old} -> {new}, saved")
    say(f"{'fit' if outcome.passed else 'NOT fit'}; {path}.json, {path.name}.png")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(calibrate))(calibrate)
