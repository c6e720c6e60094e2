"""Signing for the radio: keys made and kept on this laptop, and lines signed without anyone asking for it.

What a signed line is stands in sapper/crypto/signing.py, whose code both ends run. A key belongs to one board. It
comes from the system's random source, lies in the user's configuration folder (readable by the user alone), and goes to
the board over USB: `provision(link)`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sapper.crypto.keys import KEY_BYTES, from_hex, key_id, to_hex
from sapper.crypto.signing import COUNTER_MAX, NONCE_BYTES, Signer
from sapper.shared.commands import ROWS
from sapper_host.errors import BoardError, NoAnswerError, SapperError

if TYPE_CHECKING:
    from sapper_host.board.link import Answer, Link

# What a board answers to a line signed for another boot, or with a counter another program has passed meanwhile.
STALE = ("mac", "counter")
# Counters are taken from the file in blocks, so that it is written now and then only.
_BLOCK = 64
# The key is written to flash, which the data sheet allows 400 ms a sector.
_KEY_S = 10.0
_BOARD = re.compile(r"[0-9a-f]{16}")


def config_folder() -> Path:
    """Where keys lie."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "sapper" / "keys"


def state_folder() -> Path:
    """Where the counters lie."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "sapper" / "counters"


class KeyStore:
    """The keys of this user, one file a board, named for the board's number."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or config_folder()

    def _path(self, board: str) -> Path:
        if not _BOARD.fullmatch(board):
            raise SapperError(f"'{board}' is no board's number", "`version` gives it: 16 hexadecimal digits")
        return self.folder / f"{board}.key"

    def load(self, board: str) -> bytes | None:
        """The board's key, or None when there is none. SapperError for a file that holds none."""
        path = self._path(board)
        try:
            text = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SapperError(f"{path} cannot be read ({error})", "put in a new key over USB: `sapper key`") from None
        key = from_hex(text, KEY_BYTES)
        if key is None:
            raise SapperError(f"{path} holds no key", "put in a new key over USB: `sapper key`")
        return bytes(key)

    def save(self, board: str, key: bytes) -> Path:
        """Keep the key, readable by the user alone, in place of an older one."""
        path = self._path(board)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(to_hex(key) + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        return path


class Counters:
    """Counters that only rise, for all programs of this user: a file a board, with the nonce they belong to."""

    def __init__(self, board: str, folder: Path | None = None) -> None:
        self._path = (folder or state_folder()) / f"{board}.json"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def reserve(self, nonce: str, least: int, size: int = _BLOCK) -> range:
        """`size` counters above `least` and above all reserved before for this nonce."""
        with self._locked():
            try:
                kept = json.loads(self._path.read_text(encoding="ascii"))
                used = int(kept["counter"]) if kept["nonce"] == nonce else 0
            except (OSError, ValueError, KeyError, TypeError):
                used = 0  # lost or spoilt: the board's own counter is what counts
            first = max(used, least) + 1
            if first + size > COUNTER_MAX:
                raise SapperError("this boot's counters are used up", "restart the board")
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps({"nonce": nonce, "counter": first + size - 1}) + "\n", encoding="ascii")
            new.replace(self._path)
        return range(first, first + size)


def must_be_signed(line: str) -> bool:
    """Whether the radio takes this line only signed. `stop` goes plain: it is everybody's, and goes before others."""
    words = line.split()
    row = ROWS.get(words[0]) if words else None
    return row is not None and row[3] != "any"


class RadioEncoder:
    """Lines to bytes for one board's radio: signed where they must be. Not for several threads at once."""

    def __init__(self, key: bytes, board: str, counters: Counters | None = None) -> None:
        self._key = key
        self._counters = counters or Counters(board)
        self._signer: Signer | None = None
        self._nonce = ""
        self._left: Iterator[int] = iter(())
        self._last = 0

    def renew(self, answer: dict[str, str]) -> None:
        """Take the values that the board answers to `nonce`. SapperError when it holds another key, or none."""
        nonce = from_hex(answer.get("nonce", ""), NONCE_BYTES)
        if nonce is None or not answer.get("counter", "").isdigit():
            raise SapperError("the board's answer to `nonce` makes no sense", "is its firmware of the same version?")
        if answer.get("key") != key_id(self._key):
            what = "no radio key" if answer.get("key") == "none" else "another radio key"
            raise SapperError(f"the board has {what}", "put one in over USB: `sapper key`")
        self._nonce = answer["nonce"]
        self._signer = Signer(self._key, nonce)
        self._last = int(answer["counter"])
        self._left = iter(())

    def __call__(self, line: str) -> bytes:
        """The bytes of one line."""
        if self._signer is None or not must_be_signed(line):
            return line.encode("ascii") + b"\n"
        counter = next(self._left, 0)
        if not counter:
            self._left = iter(self._counters.reserve(self._nonce, self._last))
            counter = next(self._left)
        self._last = counter
        signed: str = self._signer.sign(counter, line)
        return signed.encode("ascii") + b"\n"


Ask = Callable[[str], "Answer"]


def encoder_for(board: str, ask: Ask, keys: KeyStore | None = None) -> RadioEncoder | None:
    """What to send lines with when this link is a board's radio; None: it is not, plain lines will do.

    ask: sends a plain line and returns its answer. SapperError when there is no key, or board and key do not fit.
    """
    answer = ask("nonce")
    if not answer.ok or answer.values().get("port") != "radio":
        return None
    key = (keys or KeyStore()).load(board)
    if key is None:
        raise SapperError(f"this laptop has no radio key for board {board}", "make one over USB: `sapper key`")
    encoder = RadioEncoder(key, board)
    encoder.renew(answer.values())
    return encoder


def provision(link: Link, board: str, keys: KeyStore | None = None, key: bytes | None = None) -> str:
    """Put a key (a new one, unless it is given) into the board over USB and keep it here; returns its id.

    It is kept here first: a board that has a key nobody else has could not be driven over its radio. SapperError when
    the board refuses: then the old one is kept.
    """
    store = keys or KeyStore()
    key = key or secrets.token_bytes(KEY_BYTES)
    old = store.load(board) if store.folder.exists() else None
    store.save(board, key)
    try:
        return send_key(link, "key", key)
    except BoardError:
        if old is not None:
            store.save(board, old)
        raise


def send_key(link: Link, command: str, key: bytes) -> str:
    """Put a key in by the console's `command`, `key` or `teamkey`; returns its id, as the board told it back.

    BoardError or LinkError as for any command, but no error and no listener shows the key, which the line holds.
    """
    try:
        answer = link.command(f"{command} {to_hex(key)}", timeout_s=_KEY_S, check=False, quiet=True)
    except NoAnswerError:
        remedy = "is the board running? Then do it again"
        raise NoAnswerError(f"no answer to '{command} ...' within {_KEY_S:g} s", remedy) from None
    if not answer.ok:
        error = BoardError(f"{command} ...", answer.error_name, answer.text)
        error.remedy = "plug it in over USB" if answer.error_name in ("link", "unsigned") else ""
        raise error
    if answer.values().get(command) != key_id(key):
        raise SapperError("the board kept another key than it was given", "try again; `selftest` tests its flash")
    return str(key_id(key))
