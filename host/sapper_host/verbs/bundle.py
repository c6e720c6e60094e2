"""`sapper bundle`: an update as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say
from sapper_host.verbs.update import KeyOption


def bundle(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The bundle. Without it: sapper-VERSION-REVISION.sapper.")
    ] = None,
    key: KeyOption = None,
    show: Annotated[bool, typer.Option("--show", help="Make nothing: check FILE and tell what is in it.")] = False,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make this user's team key first. Boards get it by `sapper provision`.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an update of the modules in firmware/: one file, signed with the team's key, that `sapper update` takes.

    It compiles them; the first time on a machine that fetches a toolchain.

    \b
    Examples:
      sapper bundle
      sapper bundle next.sapper --key team.key
      sapper bundle --show next.sapper
    """
    import json

    from sapper_host.errors import SapperError, Status
    from sapper_host.files.place import check_file, check_folder
    from sapper_host.update import bundle as bundles
    from sapper_host.update import team_key
    from sapper_host.update.compiling import compiled

    if show:
        if file is None:
            raise SapperError("--show tells of a file", "name it", Status.USAGE)
        made = bundles.read(file)
    else:
        check_file(file) if file else check_folder(Path())
        if new_key:
            team_key.create(team_key.default_path())
        sign_with = team_key.load(key) if key else team_key.load_default()
        made = bundles.make(compiled(), sign_with)
        file = file or Path(f"sapper-{made.values['version']}-{made.values['git']}{bundles.SUFFIX}")
        bundles.write(made, file)
    if as_json:
        rows = [{"name": row.name, "size": row.size, "sha256": made.sha256_of(row)} for row in made.files]
        typer.echo(json.dumps({"file": str(file)} | made.values | {"files": rows}, indent=1))
    else:
        say(f"{file}: {made.describe()}")
        if not made.signed:
            say("not signed: a board that was given a team key will not take it")
            say(f"to sign it: {team_key.NO_TEAM_KEY}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(bundle))(bundle)
