"""Putting keys into a board, over USB; a radio's key is kept on this laptop as well, the team's in a file of yours."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sapper.crypto.keys import KEY_BYTES, from_hex, key_id, to_hex
from sapper.crypto.line_mac import NONCE_BYTES
from sapper.crypto.team_proof import proof
from sapper_host.board.key_store import KeyStore, good_key
from sapper_host.board.link import Link
from sapper_host.board.signing import BRING_THE_KEY
from sapper_host.errors import BoardError, NoAnswerError, SapperError, Status

# The key is written to flash, which the data sheet allows 400 ms a sector.
_KEY_S = 10.0


def shown(line: str) -> str:
    """A line as it may be shown and kept: without the key that it holds."""
    word, *more = line.split() or [""]
    return f"{word} ..." if more and word in ("key", "teamkey") else line


@dataclass(frozen=True)
class Given:
    """A board's radio key, this laptop's now as well. how: in words; kept: where this laptop's older one is."""

    key_id: str
    how: str
    kept: Path | None = None


def give(link: Link, board: str, store: KeyStore, replace: bool = False) -> Given:
    """See to it that board and laptop share a radio key, over USB. Only `replace` gives a new one in place of another,
    which locks out all who hold that.

    A board that has none gets this laptop's again, or a new one; a laptop whose older key is the board's (a replacement
    was cut short) goes back to that. SapperError, with all as it was, where only another laptop can help.
    """
    if replace:
        return provision(link, board, store)
    held = link.command("key").values().get("key", "")
    here = good_key(store.path(board))
    if held == "none":
        return provision(link, board, store, here)
    if here is not None and key_id(here) == held:
        raise SapperError(
            f"board {board} and this laptop share radio key {held} already",
            "nothing is to be done. `sapper key --replace` makes a new one: all other laptops are locked out until "
            "they import it",
            Status.REFUSED,
        )
    older = store.kept_as(board, held)
    if older is not None:
        back = store.replace(board, good_key(older) or b"")
        return Given(held, f"the board's, as it was kept in {older}", back.kept)
    mine = key_id(here) if here is not None else "none"
    raise SapperError(
        f"board {board} has another radio key ({held}) than this laptop ({mine})",
        f"{BRING_THE_KEY}. `sapper key --replace` makes a new one: all laptops that hold the board's are locked out",
        Status.REFUSED,
    )


def provision(link: Link, board: str, store: KeyStore, key: bytes | None = None) -> Given:
    """Put a key (a new one, unless it is given) into the board over USB and keep it here.

    It is kept here first: a board that has a key nobody else has could not be driven over its radio. This laptop's
    older one stays beside it. SapperError when the board refuses: then all is as it was.
    """
    how = "new" if key is None else "put in"
    key = key or secrets.token_bytes(KEY_BYTES)
    replaced = store.replace(board, key)
    try:
        return Given(send_key(link, "key", key), how if replaced.new else "put in again", replaced.kept)
    except SapperError as error:
        if error.status == Status.REFUSED:
            replaced.undo()
        else:
            both = "which key the board has is not known; this laptop keeps new and older: `sapper key` finds out"
            error.remedy = f"{error.remedy}; {both}" if error.remedy else both
        raise


def send_team_key(link: Link, key: bytes, old: Sequence[bytes] = ()) -> str:
    """Put the team's key into the board, b'' to take it away; returns its id. old: keys that may be the one it holds
    now, which has to prove the change.

    SapperError when the board holds a key that is none of these, else as `send_key`.
    """
    held = link.command("teamkey").values().get("teamkey", "none")
    if held in ("none", "spoilt", key_id(key)):
        return send_key(link, "teamkey", key)
    right = next((each for each in old if key_id(each) == held), None)
    if right is None:
        raise SapperError(
            f"the board holds another team key ({held}), which has to prove the change",
            "name its file with --old-key; lost: docs/technician.md, 'A lost team key'",
            Status.REFUSED,
        )
    nonce = from_hex(link.command("nonce").values().get("nonce", ""), NONCE_BYTES)
    if nonce is None:
        raise SapperError("the board's answer to `nonce` makes no sense", "is its firmware of the same version?")
    return send_key(link, "teamkey", key, proof(right, nonce, _text(key)))


def _text(key: bytes) -> str:
    return to_hex(key) if key else "none"


def send_key(link: Link, command: str, key: bytes, proved: str = "") -> str:
    """Put a key in by the console's `command`, `key` or `teamkey`; returns its id, as the board told it back.

    BoardError or LinkError as for any command, but no error and no listener shows the key, which the line holds.
    """
    try:
        answer = link.command(f"{command} {_text(key)} {proved}".strip(), timeout_s=_KEY_S, check=False, quiet=True)
    except NoAnswerError:
        remedy = "is the board running? Then do it again"
        raise NoAnswerError(f"no answer to '{command} ...' within {_KEY_S:g} s", remedy) from None
    if not answer.ok:
        error = BoardError(f"{command} ...", answer.error_name, answer.text)
        if answer.error_name == "unsigned":
            error.remedy = "plug the board in over USB"
        raise error
    if answer.values().get(command) != key_id(key):
        raise SapperError("the board kept another key than it was given", "try again; `selftest` tests its flash")
    return str(key_id(key))
