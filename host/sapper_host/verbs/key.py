"""`sapper key`: the radio key of a board and its laptops: given, shown, and brought from one laptop to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.pass_phrase import PassPhraseOption
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.board.key_store import KeyStore, Replaced

_STANDARD = Path("-")


def key(
    context: typer.Context,
    replace: Annotated[
        bool, typer.Option("--replace", help="A new key in place of the board's: all other laptops are locked out.")
    ] = False,
    port: PortOption = None,
) -> None:
    """See to it over USB that a board and this laptop share a radio key, so that this laptop can drive it by radio.

    A board without one gets a new one, or this laptop's again. A board with a key that this laptop lacks keeps it:
    bring that here with `sapper key export` and `sapper key import`. A key is never shown, and never lost: one that is
    replaced stays beside the new one.

    \b
    Examples:
      sapper key
      sapper key --port /dev/ttyACM0 --replace
      sapper key show
    """
    from sapper_host.board.key_store import KeyStore
    from sapper_host.board.link import Link
    from sapper_host.board.radio_key import give
    from sapper_host.connected.choice import find_port

    if context.invoked_subcommand is not None:
        return
    store = KeyStore()
    with Link.open(find_port(port)) as link:
        board = link.identify()["board"]
        given = give(link, board, store, replace)
    say(f"board {board} has radio key {given.key_id} ({given.how}), kept in {store.folder}")
    if given.kept is not None:
        say(f"this laptop's older key of it stays in {given.kept}")
    if replace:
        say("laptops with the board's older key can only watch, and `stop`, until they import the new one")


def show(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Show which keys this laptop has, and which one a connected board has: by their ids, never the keys.

    Two that show the same id are the same.

    \b
    Examples:
      sapper key show
      sapper key show --port /dev/ttyUSB0
    """
    import json

    from sapper_host.board.key_store import KeyStore
    from sapper_host.screen.columns import line, padded

    there = _on_board(port)
    rows = _held(KeyStore())
    if as_json:
        told = None if there is None else {"board": there[0], "id": there[1]}
        typer.echo(json.dumps({"keys": rows, "connected": told}, indent=1))
        return
    table = [("key of", "id", "where"), *((row["of"], row["id"], row["file"]) for row in rows)]
    for cells in padded(table if rows else [("this laptop has no keys",)]):
        say(line(cells))
    if there is not None:
        here = next((row["id"] for row in rows if row["of"] == there[0]), "none")
        agree = "the same" if here == there[1] else f"another than this laptop's ({here})"
        say(f"the board that is connected, {there[0]}, says it has {there[1]}: {agree}")


def _on_board(port: str | None) -> tuple[str, str] | None:
    """Board and id of its key; None: no port is named, and none is found."""
    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import LinkError

    try:
        found = find_port(port)
    except LinkError:
        return None
    with Link.open(found) as link:
        board = link.identify()["board"]
        return board, link.command("nonce").values().get("key", "none")


def _held(store: KeyStore) -> list[dict[str, str]]:
    """Each key here: whose, its id, its file."""
    from sapper.crypto.keys import key_id
    from sapper_host.board.key_store import good_key
    from sapper_host.update import team_key

    files = [(board, path) for board in store.boards() for path in (store.path(board), *store.kept(board)[::-1])]
    if team_key.default_path().exists():
        files.append(("team", team_key.default_path()))
    rows = []
    for whose, path in files:
        held = good_key(path)
        older = "" if path.suffix == ".key" else " (older)"
        rows.append({"of": whose + older, "id": key_id(held) if held else "spoilt", "file": str(path)})
    return rows


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="The new file; `-`: standard output.")],
    boards: Annotated[
        list[str] | None,
        typer.Option("--board", metavar="NUMBER", help="Only this board's key (repeatable). Without it: all."),
    ] = None,
    with_team_key: Annotated[
        bool, typer.Option("--team-key", help="The team's key, with which updates are signed, as well.")
    ] = False,
    pass_phrase_file: PassPhraseOption = None,
) -> None:
    """Put this laptop's radio keys into a file that a pass phrase opens, for `sapper key import` on another laptop.

    Hand file and pass phrase over by two different ways.

    \b
    Examples:
      sapper key export team.keys
      sapper key export rover-7.keys --board e6614c775b000001
      sapper key export - --pass-phrase-file phrase.txt > team.keys
    """
    from sapper.crypto.keys import key_id
    from sapper_host.board.key_store import KeyStore
    from sapper_host.board.sealed_keys import PASS_PHRASE_LEAST, TEAM, seal
    from sapper_host.errors import SapperError
    from sapper_host.files.place import check_file
    from sapper_host.files.whole_file import PRIVATE, create
    from sapper_host.update import team_key
    from sapper_host.verbs import pass_phrase

    if file != _STANDARD:
        if file.exists():
            raise _taken(file)
        check_file(file)
    store = KeyStore()
    keys = {}
    for board in boards or store.boards():
        held = store.load(board)
        if held is None:
            raise SapperError(f"this laptop has no radio key for board {board}", "`sapper key show` lists what it has")
        keys[board] = held
    if with_team_key:
        team = team_key.load_default()
        if team is None:
            raise SapperError("you have no team key", "leave --team-key away, or export on a laptop that has it")
        keys[TEAM] = team
    if not keys:
        raise SapperError("this laptop has no radio key to export", "export on a laptop that drives the boards")
    text = seal(keys, pass_phrase.new(pass_phrase_file, PASS_PHRASE_LEAST))
    if file == _STANDARD:
        typer.echo(text, nl=False)
    else:
        try:
            create(file, text.encode("ascii"), PRIVATE)
        except FileExistsError:
            raise _taken(file) from None
    for name, held in keys.items():
        say(f"{name}: key {key_id(held)}", err=True)


def _taken(file: Path) -> Exception:
    from sapper_host.errors import SapperError

    return SapperError(f"{file} is there already", "name another file: this one may be all there is of a key")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="What `sapper key export` made; `-`: standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also in place of another key of the same board, which stays beside it.")
    ] = False,
    pass_phrase_file: PassPhraseOption = None,
) -> None:
    """Take the keys in a file of `sapper key export`: this laptop can then drive these boards by radio.

    All of them or, when one would take the place of another key, none. Exit status 5 when the file is spoilt.

    \b
    Examples:
      sapper key import team.keys
    """
    from sapper.crypto.keys import key_id
    from sapper_host.board import sealed_keys
    from sapper_host.board.key_store import KeyStore, good_key, replace_key
    from sapper_host.errors import SapperError, Status
    from sapper_host.update import team_key
    from sapper_host.verbs import pass_phrase

    if file == _STANDARD == pass_phrase_file:
        raise SapperError("standard input cannot be file and pass phrase", "name one of them", Status.USAGE)
    text = sealed_keys.read(None if file == _STANDARD else file)
    sealed_keys.check(text)  # before anybody types a pass phrase
    keys = sealed_keys.unseal(text, pass_phrase.known(pass_phrase_file))
    store = KeyStore()
    places = {n: team_key.default_path() if n == sealed_keys.TEAM else store.path(n) for n in keys}
    others = [name for name, path in places.items() if good_key(path) not in (None, keys[name])]
    if others and not replace:
        raise SapperError(
            f"this laptop has another key of {', '.join(others)}",
            "nothing was changed. `sapper key show` tells them apart; --replace takes the file's, and keeps the other",
            Status.REFUSED,
        )
    done: dict[str, Replaced] = {}
    try:
        for name, path in places.items():
            done[name] = replace_key(path, keys[name])
    except SapperError:
        for each in done.values():
            each.undo()
        raise
    for name, each in done.items():
        say(f"{name}: key {key_id(keys[name])}{'' if each.new else ', as it was'}")
        if each.kept is not None:
            say(f"  the other one stays in {each.kept}")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(name="key", help=help_of(key), invoke_without_command=True)
    group.callback()(key)
    for name, verb in (("show", show), ("export", export), ("import", import_)):
        group.command(name, help=help_of(verb))(verb)
    app.add_typer(group)
