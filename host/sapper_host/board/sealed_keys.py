"""Keys in a file that a pass phrase opens: how a team brings its keys from one laptop to another.

    sapper keys 1
    scrypt LOG2_N R P SALT
    aes-256-gcm NONCE
    sealed CIPHERTEXT
    sha256 HEX

ASCII lines, each ended by LF; SALT, NONCE and CIPHERTEXT in base64. Scrypt makes the key of AES-256-GCM (both of the
package cryptography) from the pass phrase, in NFC and UTF-8. What is sealed are lines of `NAME HEX`: a board's number,
or `team` for the team's key; the lines above `sealed` are authenticated with it. The sum, of all lines above it, tells
damage from a wrong pass phrase; it protects from nobody who means harm, which is what the seal is for.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sapper.crypto.keys import KEY_BYTES, from_hex, to_hex
from sapper_host.errors import SapperError, Status

# The team's key among those of boards, which have their numbers.
TEAM = "team"
# 600 boards' keys are 66 kB.
MOST_BYTES = 100_000
PASS_PHRASE_LEAST = 12
_VERSION = 1
_SALT_BYTES = 16
_NONCE_BYTES = 12
# 128 MB and a third of a second. A file may ask for less than that, and for no more.
_LOG2_N = 17
_LOG2_N_LEAST, _LOG2_N_MOST = 14, 17
_R = 8
_P = 1
_B64 = "([A-Za-z0-9+/]+={0,2})"
_SUM = re.compile(r"(sapper keys ([1-9][0-9]{0,3})\n.*)sha256 ([0-9a-f]{64})\n", re.DOTALL)
_BODY = re.compile(
    rf"(sapper keys {_VERSION}\nscrypt ([0-9]{{1,2}}) {_R} {_P} {_B64}\naes-256-gcm {_B64}\n)sealed {_B64}\n"
)
_ROW = re.compile(rf"([0-9a-f]{{16}}|{TEAM}) ([0-9a-f]{{{2 * KEY_BYTES}}})")

Keys = dict[str, bytes]


class KeysFileError(SapperError):
    """A file of keys that is not whole, or none."""

    status = Status.BAD_INPUT

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"the file of keys is spoilt: {reason}", remedy or "fetch it again, or export it again")


class WrongPassPhraseError(SapperError):
    """The file is whole, and this pass phrase does not open it."""

    def __init__(self) -> None:
        super().__init__("that is not the file's pass phrase", "type it again; nothing was changed")


def seal(keys: Keys, pass_phrase: str) -> str:
    """The file that holds these keys."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    head = f"sapper keys {_VERSION}\nscrypt {_LOG2_N} {_R} {_P} {_b64(salt)}\naes-256-gcm {_b64(nonce)}\n"
    rows = "".join(f"{name} {to_hex(key)}\n" for name, key in sorted(keys.items()))
    sealed = AESGCM(_stretched(pass_phrase, salt, _LOG2_N)).encrypt(nonce, rows.encode(), head.encode())
    body = f"{head}sealed {_b64(sealed)}\n"
    text = f"{body}sha256 {hashlib.sha256(body.encode()).hexdigest()}\n"
    if len(text) > MOST_BYTES:
        raise SapperError(f"{len(keys)} keys are too many for one file", "choose some with --board", Status.USAGE)
    return text


def read(path: Path | None) -> str:
    """The text of a file of keys; None: standard input. KeysFileError when it cannot be one."""
    try:
        with open(path or 0, "rb", closefd=path is not None) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise KeysFileError(f"{path or 'standard input'} cannot be read ({error.strerror})", "name the file") from None
    if len(data) > MOST_BYTES or not data.isascii():
        raise KeysFileError("it is none of `sapper key export`")
    return data.decode("ascii")


@dataclass(frozen=True)
class _Parts:
    head: str
    log2_n: int
    salt: bytes
    nonce: bytes
    sealed: bytes


def unseal(text: str, pass_phrase: str) -> Keys:
    """The keys in a file's text. KeysFileError, WrongPassPhraseError."""
    parts = _parts(text)
    key = _stretched(pass_phrase, parts.salt, parts.log2_n)
    try:
        rows = AESGCM(key).decrypt(parts.nonce, parts.sealed, parts.head.encode())
    except InvalidTag:
        raise WrongPassPhraseError from None
    return dict(map(_row, rows.decode("ascii", "replace").splitlines()))


def check(text: str) -> None:
    """KeysFileError unless the file is whole, as far as can be said without its pass phrase."""
    _parts(text)


def _parts(text: str) -> _Parts:
    whole = _SUM.fullmatch(text)
    if whole is None:
        raise KeysFileError("it is none of `sapper key export`, or not all of it")
    if hashlib.sha256(whole[1].encode()).hexdigest() != whole[3]:
        raise KeysFileError("its sum is wrong")
    if int(whole[2]) > _VERSION:
        raise KeysFileError(f"its format, {whole[2]}, is not known here", "a newer `sapper` made it: update this one")
    body = _BODY.fullmatch(whole[1])
    if body is None or not _LOG2_N_LEAST <= int(body[2]) <= _LOG2_N_MOST:
        raise KeysFileError("it asks for what no `sapper` does")
    salt, nonce, sealed = (_unb64(body[i]) for i in (3, 4, 5))
    if len(salt) != _SALT_BYTES or len(nonce) != _NONCE_BYTES:
        raise KeysFileError("its salt or nonce has another length")
    return _Parts(body[1], int(body[2]), salt, nonce, sealed)


def _row(line: str) -> tuple[str, bytes]:
    row = _ROW.fullmatch(line)
    if row is None:
        raise KeysFileError("it holds something else than keys")
    return row[1], bytes(from_hex(row[2], KEY_BYTES))


def _stretched(pass_phrase: str, salt: bytes, log2_n: int) -> bytes:
    said = unicodedata.normalize("NFC", pass_phrase).encode("utf-8", "surrogateescape")
    return Scrypt(salt=salt, length=32, n=1 << log2_n, r=_R, p=_P).derive(said)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise KeysFileError("a line of it is no base64") from None
