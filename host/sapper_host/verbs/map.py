"""`sapper map`: where a session went, what was searched and what it found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say


def draw_map(
    path: Annotated[Path, typer.Argument(metavar="SESSION.mcap", help="The recorded session.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PNG", help="The picture. Without it: SESSION.png.")
    ] = None,
    as_json: JsonOption = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE|-", help="The list of finds into a new file, or to standard output."),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="F.truth.json", help="What was in the ground, if not in the recording.")
    ] = None,
) -> None:
    """Draw the ground searched and not, the detector's strength, the finds by number, and the targets where known.

    Places are of the coil, in metres from where the board was at its boot. What was recorded from two starts of a board
    cannot be joined: each is a map of its own in the picture, and a part of its own in lists.

    \b
    Examples:
      sapper map build/demo/session.mcap
      sapper map lane4.mcap --csv lane4.finds.csv
      sapper map lane4.mcap --json
      sapper map lane4.mcap --truth lane4.truth.json -o lane4.png
    """
    from sapper_host.files.place import check_file
    from sapper_host.pictures.map_plot import plot_map
    from sapper_host.pictures.style import check_picture
    from sapper_host.recordings.session import read_session
    from sapper_host.recordings.survey import survey_of
    from sapper_host.recordings.truth import read_truth
    from sapper_host.screen.progress import waiting

    to_stdout = str(csv) == "-"
    if as_json and to_stdout:
        raise typer.BadParameter("--json and --csv - both go to standard output; give --csv a file")
    target = out or path.with_suffix(".png")
    check_picture(target)
    if csv is not None and not to_stdout:
        if csv.exists():
            raise _taken(csv)
        check_file(csv)
    with waiting(f"drawing {path.name}"):
        session = read_session(path)
        if truth is not None:
            session.truth = read_truth(truth)
        survey = survey_of(session)
        if csv is not None and not to_stdout:
            _write_csv(survey, csv)
        plot_map(survey, target)
    if session.problem:
        say(f"note: the recording ended early ({session.problem}); the map shows what is there", err=True)
    for part in survey.parts:
        if part.apart:
            say(f"note: {part.name} cannot be joined with what was before it: {part.apart}", err=True)
    if as_json:
        import json

        typer.echo(json.dumps({"map": str(target), **survey.as_dict()}, indent=1))
    elif to_stdout:
        from sapper_host.recordings.contacts_csv import contacts_csv

        typer.echo(contacts_csv(survey.joined.contacts), nl=False)
    else:
        _tell(survey, target)


def _write_csv(survey: Any, csv: Path) -> None:
    """A new file: nobody's notes in an older list, and no recording of that name, are lost."""
    from sapper_host.files.whole_file import create
    from sapper_host.recordings.contacts_csv import contacts_csv

    try:
        create(csv, contacts_csv(survey.joined.contacts).encode("utf-8"))
    except FileExistsError:
        raise _taken(csv) from None


def _taken(csv: Path) -> Exception:
    from sapper_host.errors import SapperError

    return SapperError(f"{csv} exists already", "give another name, or remove it first")


def _tell(survey: Any, target: Path) -> None:
    from sapper_host.pictures.map_list import list_lines

    if survey.score is not None:
        say(
            f"{len(survey.score.found)} of {survey.score.targets} targets found, {len(survey.score.missed)} missed, "
            f"{len(survey.score.false_alarms)} false alarms"
        )
    for line in list_lines(survey.joined.contacts):
        say(line)
    say(str(target))


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("map", help=help_of(draw_map))(draw_map)
