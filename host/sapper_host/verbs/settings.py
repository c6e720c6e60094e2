"""`sapper settings`: a board's settings, as text that can be kept in git."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say
from sapper_host.verbs.settings_changes import columns, show, warn


def _complete_name(incomplete: str) -> list[tuple[str, str]]:
    from sapper.shared.settings import TABLE

    return [(row[0], row[5]) for row in TABLE if row[0].startswith(incomplete)]


def _complete_pair(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """A name and, after one, its default: what to begin with."""
    from sapper.shared.settings import TABLE

    before = context.params.get("words") or []
    plain = [word for word in before if "=" not in word]
    row = next((row for row in TABLE if len(plain) % 2 and row[0] == plain[-1]), None)
    if row is None:
        return _complete_name(incomplete)
    return [(str(row[1]), f"the default; {row[2]}..{row[3]} {row[4]}".rstrip())]


SaveOption = Annotated[bool, typer.Option(help="Keep them in flash, or only until the board's next start.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A settings file, as `dump` writes it.")]


def get(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="One setting; without it all of them.", autocompletion=_complete_name),
    ] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a setting with its bounds and meaning, or all settings with their values.

    \b
    Examples:
      sapper settings get
      sapper settings get sweep_mm_s
    """
    from sapper.shared.settings import row_of
    from sapper_host.board import settings as board_settings
    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port

    row = row_of(_named(name)) if name else None
    with Link.open(find_port(port)) as link:
        link.identify()
        values = board_settings.read(link)
    if as_json:
        import json

        typer.echo(json.dumps({name: values[name]} if name else values, indent=1))
    elif row:
        _, default, low, high, unit, meaning = row
        typer.echo(f"{name} = {values[row[0]]} {unit}".rstrip())
        typer.echo(f"  {meaning}")
        typer.echo(f"  {low}..{high}, default {default}")
    else:
        width = max(map(len, values))
        for each, value in values.items():
            typer.echo(f"{each.ljust(width)}  {value}")


def set_(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME VALUE...",
            help="Settings and their new values; NAME=VALUE will do.",
            autocompletion=_complete_pair,
        ),
    ],
    save: SaveOption = True,
    port: PortOption = None,
) -> None:
    """Change settings: all of them or, when the board refuses one, none.

    The rover has to be disarmed. What was set is read back; `--no-save` tries values until the next start.

    \b
    Examples:
      sapper settings set sweep_mm_s 250
      sapper settings set pulse_rate_hz=2500 pulse_us=80 --no-save
    """
    from sapper.shared.settings import SettingError, parse_value
    from sapper_host.errors import SapperError, Status

    wanted: dict[str, int] = {}
    for name, text in _pairs(words):
        if name in wanted:
            raise SapperError(f"{name} stands there twice", "say it once", Status.USAGE)
        try:
            wanted[name] = parse_value(_named(name), text)
        except SettingError as error:
            raise SapperError(str(error), f"`sapper settings get {name}` tells what it takes", Status.USAGE) from None
    _apply(port, wanted, save)


def _named(name: str) -> str:
    """The name of a setting; SapperError, with those that may be meant, when there is none of this name."""
    from sapper_host.board.setting_names import did_you_mean, not_there
    from sapper_host.errors import SapperError, Status

    if not_there(name):
        raise SapperError(not_there(name), did_you_mean(name), Status.USAGE)
    return name


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Names and values of `NAME VALUE`, `NAME=VALUE` and `NAME = VALUE`, in any mixture."""
    from sapper_host.errors import SapperError, Status

    left = deque(" ".join(words).replace("=", " = ").split())
    while left:
        name = left.popleft()
        if name.startswith("--"):
            raise SapperError(f"there is no option {name}", "`sapper settings set --help` lists them", Status.USAGE)
        if left and left[0] == "=":
            left.popleft()
        if name == "=" or not left or left[0] == "=":
            raise SapperError(f"'{name}'?", "write NAME VALUE, or NAME=VALUE", Status.USAGE)
        yield name, left.popleft()


def dump(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write them; without it on the screen.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also over a file that is there.")] = False,
    port: PortOption = None,
) -> None:
    """Write all settings as text, to be kept in git, compared, and loaded into other boards.

    \b
    Examples:
      sapper settings dump rover-7.txt
      sapper settings dump | sha256sum
    """
    from sapper_host.board import settings as board_settings
    from sapper_host.board.link import Link
    from sapper_host.board.settings_text import text_of
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import SapperError
    from sapper_host.files.place import check_file
    from sapper_host.files.whole_file import write

    check_file(file)
    if file is not None and file.is_file() and not force:
        raise SapperError(f"{file} is there already", "name another file, or overwrite it with --force")
    with Link.open(find_port(port)) as link:
        link.identify()
        text = text_of(board_settings.read(link))
    if file is None:
        typer.echo(text, nl=False)
    else:
        write(file, text)
        say(f"{len(text.splitlines())} settings in {file}", err=True)


def load(
    file: FileArgument,
    save: SaveOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    port: PortOption = None,
) -> None:
    """Bring a board to the settings in a file: all of them or, when it refuses one, none.

    Settings that the file does not name stay as they are. The file is checked before anything is sent: exit status 5
    and the line and column when it is malformed.

    \b
    Examples:
      sapper settings load rover-7.txt --dry-run
      sapper settings load rover-7.txt --save
    """
    from sapper_host.board.settings_text import read

    _apply(port, read(file).values, save, file, dry_run)


def diff(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A settings file; without it the defaults.")
    ] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the settings in which a board differs from a file, or from the defaults.

    Only settings that the file names are compared. With a FILE: exit status 3 when the board differs.

    \b
    Examples:
      sapper settings diff
      sapper settings diff rover-7.txt --json
    """
    from sapper.shared.settings import TABLE
    from sapper_host.board import settings as board_settings
    from sapper_host.board.link import Link
    from sapper_host.board.settings_text import read
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import Status

    other = read(file).values if file else {row[0]: row[1] for row in TABLE}
    with Link.open(find_port(port)) as link:
        link.identify()
        values = board_settings.read(link)
    rows = [(name, values[name], there) for name, there in other.items() if values[name] != there]
    head = "file" if file else "default"
    if as_json:
        import json

        typer.echo(json.dumps([{"name": name, "board": here, head: there} for name, here, there in rows], indent=1))
    elif rows:
        columns([("setting", "board", head), *((name, str(here), str(there)) for name, here, there in rows)])
    else:
        say(f"the board's settings are as in {file}" if file else "all settings are at their defaults")
    if rows and file:
        raise typer.Exit(Status.SHORTFALL)


def _apply(
    port: str | None, wanted: dict[str, int], save: bool, source: Path | None = None, dry_run: bool = False
) -> None:
    from sapper_host.board import settings as board_settings
    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port
    from sapper_host.screen.progress import waiting

    with waiting("settings"), Link.open(find_port(port)) as link:
        link.identify()
        if dry_run:
            before = board_settings.read(link)
            goal = board_settings.check(before, wanted, source)
            changes = board_settings.Changes([(n, before[n], goal[n]) for n in wanted if before[n] != goal[n]])
        else:
            changes = board_settings.apply(link, wanted, save, source)
    show(changes, dry_run)
    warn({name: now for name, _, now in changes.rows})


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        name="settings", help="Show, change, keep and compare a board's settings.", no_args_is_help=True
    )
    group.callback()(lambda: None)
    for name, verb in (("get", get), ("set", set_), ("dump", dump), ("load", load), ("diff", diff)):
        # A value may be below zero, and that is no option.
        group.command(name, help=help_of(verb), context_settings={"ignore_unknown_options": verb is set_})(verb)
    app.add_typer(group)
