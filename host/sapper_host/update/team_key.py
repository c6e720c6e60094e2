"""The team's key, with which updates are signed: a file on the laptops of those who may make updates.

HMAC, not ed25519: a board checks it in milliseconds with the SHA-256 it has, where a signature by elliptic curve takes
seconds and code of its own in MicroPython. The price is that the key lies on every board as well: who takes a board's
flash out has it. Such a person can put any firmware on that board anyway, over BOOTSEL.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from sapper.crypto.keys import KEY_BYTES, from_hex, to_hex
from sapper_host.board.key_store import keys_folder
from sapper_host.errors import SapperError, Status
from sapper_host.files import whole_file
from sapper_host.outside import bounded

_FILE_BYTES_MAX = 1000
# A second one would divide the team: each board takes what is signed with one of them.
NO_TEAM_KEY = (
    "name its file, or bring the team's: `sapper key export FILE --team-key` on a laptop that has it, "
    "`sapper key import FILE` on this one. Only for a team that has none: `sapper bundle --new-key` makes it"
)


def default_path() -> Path:
    """Where this user's team key lies, if there is one."""
    return keys_folder() / "team.key"


def load(path: Path, whose: str = "the team's key") -> bytes:
    """The key in a file. SapperError when it holds none; `whose` it was to be is told."""
    try:
        key = from_hex(bounded.read(path, _FILE_BYTES_MAX).decode("ascii").strip(), KEY_BYTES)
    except (OSError, ValueError) as error:
        raise SapperError(
            f"{path} cannot be read ({_reason(error)})", f"name the file of {whose}", Status.BAD_INPUT
        ) from None
    if key is None:
        raise SapperError(
            f"{path} holds no key", f"a key is {2 * KEY_BYTES} lower-case hex digits", status=Status.BAD_INPUT
        )
    return bytes(key)


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no text"


def load_default() -> bytes | None:
    """This user's team key, or None."""
    path = default_path()
    return load(path) if path.exists() else None


def candidates(files: Sequence[Path] | None) -> list[bytes]:
    """Keys that a board may hold: those in these files, and this user's own."""
    own = load_default()
    return [*map(load, files or ()), *([own] if own else [])]


def create(path: Path) -> bytes:
    """Make a key from the system's random source, in a file that only its owner can read. Never over another."""
    key = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        whole_file.create(path, f"{to_hex(key)}\n".encode("ascii"), whole_file.PRIVATE)
    except FileExistsError:
        raise SapperError(
            f"{path} is there already", "boards that hold it take no other: keep it, or move it away"
        ) from None
    return key
