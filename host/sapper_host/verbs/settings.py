"""`sapper settings`: a board's settings, as text that can be kept in git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption

if TYPE_CHECKING:
    from sapper_host.board.settings import Changes

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A settings file, as `dump` writes it.")]


def get(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One setting; without it all of them.")] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a setting with its bounds and meaning, or all settings with their values.

    \b
    Examples:
      sapper settings get
      sapper settings get sweep_mm_s
    """
    from sapper.shared.settings import SettingError, row_of
    from sapper_host.board import settings as board_settings
    from sapper_host.board.link import Link
    from sapper_host.connected.ports import find_port
    from sapper_host.errors import SapperError, Status

    try:
        row = row_of(name) if name else None
    except SettingError:
        raise SapperError(f"no setting '{name}'", "`sapper settings get` lists them all", Status.USAGE) from None
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
    pairs: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Settings and their new values.")],
    save: Annotated[bool, typer.Option(help="Keep them in flash, or only until the board's next start.")] = True,
    port: PortOption = None,
) -> None:
    """Change settings: all of them or, when the board refuses one, none.

    The rover has to be disarmed. What was set is read back; `--no-save` tries values until the next start.

    \b
    Examples:
      sapper settings set sweep_mm_s=250
      sapper settings set pulse_rate_hz=2500 pulse_us=80 --no-save
    """
    from sapper.shared.settings import SettingError, parse_value
    from sapper_host.errors import SapperError, Status

    wanted: dict[str, int] = {}
    for pair in pairs:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or not name or name in wanted:
            reason = "it stands there twice" if name in wanted else "write NAME=VALUE"
            raise SapperError(f"'{pair}'?", reason, Status.USAGE)
        try:
            wanted[name] = parse_value(name, text)
        except SettingError as error:
            what, _, remedy = str(error).replace("`get`", "`sapper settings get`").partition("; ")
            raise SapperError(what, remedy, Status.USAGE) from None
    _apply(port, wanted, save)


def dump(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write them; without it on the screen.")
    ] = None,
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
    from sapper_host.connected.ports import find_port
    from sapper_host.files.whole_file import write

    with Link.open(find_port(port)) as link:
        link.identify()
        text = text_of(board_settings.read(link))
    if file is None:
        typer.echo(text, nl=False)
    else:
        write(file, text)
        typer.echo(f"{len(text.splitlines())} settings in {file}", err=True)


def load(
    file: FileArgument,
    save: Annotated[bool, typer.Option("--save", help="Keep them in flash; else only until the next start.")] = False,
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
    from sapper_host.connected.ports import find_port
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
        _columns([("setting", "board", head), *((name, str(here), str(there)) for name, here, there in rows)])
    else:
        typer.echo(f"the board's settings are as in {file}" if file else "all settings are at their defaults")
    if rows and file:
        raise typer.Exit(Status.SHORTFALL)


def _apply(
    port: str | None, wanted: dict[str, int], save: bool, source: Path | None = None, dry_run: bool = False
) -> None:
    from sapper_host.board import settings as board_settings
    from sapper_host.board.link import Link
    from sapper_host.connected.ports import find_port
    from sapper_host.screen.progress import waiting

    with waiting("settings"), Link.open(find_port(port)) as link:
        link.identify()
        if dry_run:
            before = board_settings.read(link)
            goal = board_settings.check(before, wanted, source)
            changes = board_settings.Changes([(n, before[n], goal[n]) for n in wanted if before[n] != goal[n]])
        else:
            changes = board_settings.apply(link, wanted, save, source)
    _show(changes, dry_run)
    _warn({name: now for name, _, now in changes.rows})


def _warn(changed: dict[str, int]) -> None:
    """What of that weakens a protective stop."""
    from sapper.shared import weakened

    for name, low, high, what in weakened.TABLE:
        if name in changed and not low <= changed[name] <= high:
            typer.echo(f"weakened: {name}={changed[name]}: {what}", err=True)


def _show(changes: Changes, dry_run: bool) -> None:
    if changes.rows:
        _columns([("setting", "before", "now"), *((name, str(old), str(new)) for name, old, new in changes.rows)])
    count = len(changes.rows)
    what = f"{count} setting{'' if count == 1 else 's'} changed" if count else "the board has these settings already"
    if dry_run:
        ending = "; nothing was sent (--dry-run)"
        what = what.replace("changed", "would change")
    else:
        ending = ", saved" if changes.saved else ", until the board's next start"
    typer.echo(what + ending, err=True)


def _columns(rows: list[tuple[str, str, str]]) -> None:
    from sapper_host.screen.columns import line, padded

    for cells in padded(rows, right=(1, 2)):
        typer.echo(line(cells))


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        name="settings", help="Show, change, keep and compare a board's settings.", no_args_is_help=True
    )
    group.callback()(lambda: None)
    for name, verb in (("get", get), ("set", set_), ("dump", dump), ("load", load), ("diff", diff)):
        group.command(name, help=help_of(verb))(verb)
    app.add_typer(group)
