"""The keys of this laptop's user: one file a board, in the user's configuration folder, readable by the user alone.

No key is ever written over: an older one stays beside the new one, as BOARD.key.1, BOARD.key.2, ...
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sapper.crypto.keys import KEY_BYTES, from_hex, key_id, to_hex
from sapper_host.errors import SapperError
from sapper_host.files import folders
from sapper_host.files.whole_file import PRIVATE, NotWrittenError, create, write
from sapper_host.outside import bounded

# A new key would lock out all other laptops.
_AGAIN = "`sapper key import FILE` it again: `sapper key export FILE` on a laptop that drives this board gives it"
_FILE_BYTES_MAX = 1000
BOARD_NUMBER = re.compile(r"[0-9a-f]{16}")


def keys_folder() -> Path:
    """Where keys lie."""
    return folders.config() / "keys"


@dataclass(frozen=True)
class Replaced:
    """A key that was put into its file. kept: where the older one is now; new: whether there is another one at all."""

    path: Path
    kept: Path | None
    new: bool

    def undo(self) -> None:
        """As it was before. The new one is gone: nobody has it."""
        if not self.new:
            return
        if self.kept is not None:
            self.kept.replace(self.path)
        else:
            self.path.unlink()


class KeyStore:
    """The keys of this user, one file a board, named for the board's number."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or keys_folder()

    def path(self, board: str) -> Path:
        """Where the board's key is, if there is one."""
        if not BOARD_NUMBER.fullmatch(board):
            raise SapperError(f"'{board}' is no board's number", "`version` gives it: 16 hexadecimal digits")
        return self.folder / f"{board}.key"

    def boards(self) -> list[str]:
        """The boards of which there is a key here."""
        return sorted(path.stem for path in self.folder.glob("*.key") if BOARD_NUMBER.fullmatch(path.stem))

    def load(self, board: str) -> bytes | None:
        """The board's key, or None when there is none. SapperError for a file that holds none."""
        return read_key(self.path(board))

    def has(self, board: str) -> bool:
        """Whether there is a key of the board here."""
        return BOARD_NUMBER.fullmatch(board) is not None and good_key(self.path(board)) is not None

    def save(self, board: str, key: bytes) -> Path:
        """Keep the key, readable by the user alone. An older one stays beside it."""
        return self.replace(board, key).path

    def replace(self, board: str, key: bytes) -> Replaced:
        """As `save`, and how to undo it."""
        return replace_key(self.path(board), key)

    def kept(self, board: str) -> list[Path]:
        """Where the board's older keys are, oldest first."""
        found = self.folder.glob(f"{self.path(board).name}.*")
        return sorted((each for each in found if each.suffix[1:].isdecimal()), key=lambda each: int(each.suffix[1:]))

    def kept_as(self, board: str, wanted: str) -> Path | None:
        """Where the older key with this id is."""
        return next((path for path in self.kept(board)[::-1] if key_id(good_key(path) or b"") == wanted), None)


def replace_key(path: Path, key: bytes) -> Replaced:
    """Put the key into its file, readable by the user alone; another one that is there stays beside it.

    NotWrittenError: then all is as it was.
    """
    if good_key(path) == key:
        return Replaced(path, None, False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NotWrittenError(path, error) from None
    kept = _set_aside(path)
    try:
        write(path, to_hex(key) + "\n", PRIVATE)
    except NotWrittenError:
        if kept is not None:
            kept.unlink()
        raise
    return Replaced(path, kept, True)


def _set_aside(path: Path) -> Path | None:
    """Copy a key's file, whatever it holds, to the next free number beside it; where that is, None: there is none.

    NotWrittenError when that fails: nothing may take its place then.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotWrittenError(path, error) from None
    for number in count(1):
        kept = path.with_name(f"{path.name}.{number}")
        with suppress(FileExistsError):
            create(kept, data, PRIVATE)
            return kept
    raise AssertionError


def good_key(path: Path) -> bytes | None:
    """The key in a file; None: there is no such file, or none in it."""
    with suppress(SapperError):
        return read_key(path)
    return None


def read_key(path: Path) -> bytes | None:
    """The key in a file; None: there is no such file. SapperError for a file that holds none."""
    try:
        text = bounded.read(path, _FILE_BYTES_MAX).decode("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SapperError(f"{path} cannot be read ({error})", _AGAIN) from None
    key = from_hex(text, KEY_BYTES)
    if key is None:
        raise SapperError(f"{path} holds no key", _AGAIN)
    return bytes(key)
