"""Signing for the radio: lines signed without anyone asking for it.

What a signed line is stands in sapper/crypto/signing.py, whose code both ends run. A key belongs to one board. It
comes from the system's random source, is kept by a KeyStore, and goes to the board over USB (radio_key.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sapper.crypto.keys import from_hex, key_id
from sapper.crypto.line_mac import NONCE_BYTES
from sapper.crypto.signing import Signer
from sapper.shared.commands import ROWS, open_to_all
from sapper_host.board.answers import Answer
from sapper_host.board.counters import Counters
from sapper_host.board.key_store import KeyStore
from sapper_host.errors import SapperError
from sapper_host.files.whole_file import NotWrittenError

# What a board answers to a line signed for another boot, or with a counter another program has passed meanwhile.
STALE = ("mac", "counter")


def must_be_signed(line: str) -> bool:
    """Whether the radio takes this line only signed, or may: what the rover does now nobody here can know for sure.
    `stop` goes plain: it is everybody's, and goes before others."""
    words = line.split()
    row = ROWS.get(words[0]) if words else None
    return row is not None and not open_to_all(row, moves=True)


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
            try:
                self._left = iter(self._counters.reserve(self._nonce, self._last))
            except NotWrittenError:
                # A full disk silences no operator. Another program may take the same: then the board refuses one of
                # them, and the line is signed anew.
                self._left = iter((self._last + 1,))
            counter = next(self._left)
        self._last = counter
        signed: str = self._signer.sign(counter, line)
        return signed.encode("ascii") + b"\n"


Ask = Callable[[str], Answer]


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
