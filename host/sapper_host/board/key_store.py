"""The keys of this laptop's user: one file a board, in the user's configuration folder, readable by the user alone."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from sapper.crypto.keys import KEY_BYTES, from_hex, to_hex
from sapper_host.errors import SapperError
from sapper_host.files import folders
from sapper_host.files.whole_file import PRIVATE, write
from sapper_host.outside import bounded

# A new key would lock out all other laptops.
_AGAIN = "`sapper key import` it again: `sapper key export` on a laptop that drives this board gives the file"
_FILE_BYTES_MAX = 1000
BOARD_NUMBER = re.compile(r"[0-9a-f]{16}")


def keys_folder() -> Path:
    """Where keys lie."""
    return folders.config() / "keys"


class KeyStore:
    """The keys of this user, one file a board, named for the board's number."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or keys_folder()

    def _path(self, board: str) -> Path:
        if not BOARD_NUMBER.fullmatch(board):
            raise SapperError(f"'{board}' is no board's number", "`version` gives it: 16 hexadecimal digits")
        return self.folder / f"{board}.key"

    def load(self, board: str) -> bytes | None:
        """The board's key, or None when there is none. SapperError for a file that holds none."""
        path = self._path(board)
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

    def has(self, board: str) -> bool:
        """Whether there is a key of the board here."""
        with suppress(SapperError):
            return self.load(board) is not None
        return False

    def save(self, board: str, key: bytes) -> Path:
        """Keep the key, readable by the user alone, in place of an older one."""
        path = self._path(board)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(path, to_hex(key) + "\n", PRIVATE)
        return path
