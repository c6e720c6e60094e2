"""Signing for the radio: lines signed without anyone asking for it.

What a signed line is stands in sapper/crypto/signing.py, whose code both ends run. A key belongs to one board. It
comes from the system's random source, is kept by a KeyStore, and goes to the board over USB (radio_key.py).
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable

from sapper.crypto.keys import from_hex, key_id
from sapper.crypto.line_mac import NONCE_BYTES
from sapper.crypto.signing import CHALLENGE_DIGITS, Signer
from sapper.shared.commands import ROWS, open_to_all
from sapper_host.board.answers import Answer
from sapper_host.board.counters import Counters
from sapper_host.board.key_store import KeyStore
from sapper_host.errors import SapperError, Status
from sapper_host.files.whole_file import NotWrittenError

# What a board answers to a line signed for another boot, or with a counter another program has passed meanwhile.
STALE = ("mac", "counter")
_COUNTER = re.compile(r"[0-9]{1,9}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
# To make a new key instead would lock out all who drive this board.
BRING_THE_KEY = (
    "bring the team's key: `sapper key export FILE` on a laptop that drives this board, `sapper key import FILE` on "
    "this one; "
    "`sapper key show` compares them"
)


class WatchOnlyError(SapperError):
    """This is a board's radio, and nothing can be signed for it: why, and what to do. One can watch, and `stop`."""

    status = Status.REFUSED


def watching_only(why: SapperError) -> str:
    """What to tell those who cannot sign: that, what they can do, and how to change it."""
    remedy = f"; {why.remedy}" if why.remedy else ""
    return f"WATCHING ONLY: {why.message}. Events, `status`, `version` and, standing, `log` come; `stop` works{remedy}"


def must_be_signed(line: str) -> bool:
    """Whether the radio takes this line only signed, or may: what the rover does now nobody here can know for sure.
    `stop` goes plain: it is everybody's, and goes before others."""
    row = _row_of(line)
    return row is not None and not open_to_all(row, moves=True)


def needs_key(line: str) -> bool:
    """Whether a radio never takes this line unsigned, whatever the rover does."""
    row = _row_of(line)
    return row is not None and row[3] in ("link", "signed")


def needs_usb(line: str) -> bool:
    """Whether no radio takes this line, signed or not."""
    row = _row_of(line)
    return row is not None and row[3] == "usb"


def _row_of(line: str) -> tuple[str, ...] | None:
    words = line.split()
    return ROWS.get(words[0]) if words else None


class RadioEncoder:
    """Lines to bytes for one board's radio: signed where they must be. Not for several threads at once."""

    def __init__(self, key: bytes, board: str, counters: Counters | None = None) -> None:
        self._key = key
        self._counters = counters or Counters(board)
        self._signer: Signer | None = None
        self._nonce = ""
        self._left = range(0)
        self._last = 0

    def renew(self, answer: Answer) -> None:
        """Take what the board answered to `question()`. WatchOnlyError when it has another key, or none, or when these
        are not its words: anybody can speak on a radio, and a made-up counter would use up this boot's.
        """
        values = answer.values()
        nonce = from_hex(values.get("nonce", ""), NONCE_BYTES)
        counter = values.get("counter", "")
        held, here = values.get("key", ""), key_id(self._key)
        if held == "none":
            raise WatchOnlyError("the board has no radio key", "put this laptop's in again over USB: `sapper key`")
        if nonce is None or not _COUNTER.fullmatch(counter) or not _KEY_ID.fullmatch(held):
            raise WatchOnlyError("the board's answer to `nonce` makes no sense", "is its firmware of the same version?")
        if held != here:
            raise WatchOnlyError(f"the board has another radio key ({held}) than this laptop ({here})", BRING_THE_KEY)
        signer = Signer(self._key, nonce)
        told = signer.answer_mac(answer.command.partition(" ")[2], int(counter))
        if not hmac.compare_digest(told, values.get("mac", "")):
            raise WatchOnlyError(
                "the answer to `nonce` is not signed with the board's key",
                "try again: somebody else may speak on the radio; or its firmware is an older one: update it over USB",
            )
        if values["nonce"] != self._nonce:
            self._left = range(0)
        self._nonce = values["nonce"]
        self._signer = signer
        self._last = int(counter)
        # What is reserved already and still good is used first: asking again and again uses no counters up.
        self._left = range(max(self._left.start, self._last + 1), self._left.stop)

    def __call__(self, line: str) -> bytes:
        """The bytes of one line."""
        if self._signer is None or not must_be_signed(line):
            return line.encode("ascii") + b"\n"
        if not self._left:
            try:
                self._left = self._counters.reserve(self._nonce, self._last)
            except NotWrittenError:
                # A full disk silences no operator. Another program may take the same: then the board refuses one of
                # them, and the line is signed anew.
                self._left = range(self._last + 1, self._last + 2)
        counter = self._last = self._left[0]
        self._left = self._left[1:]
        signed: str = self._signer.sign(counter, line)
        return signed.encode("ascii") + b"\n"


def question() -> str:
    """The line that asks a board what it takes to sign for it: new each time, so that no old answer fits."""
    return "nonce " + secrets.token_hex(CHALLENGE_DIGITS // 2)


Ask = Callable[[str], Answer]


def encoder_for(board: str, ask: Ask, keys: KeyStore | None = None) -> RadioEncoder | None:
    """What to send lines with when this link is a board's radio; None: it is not, plain lines will do.

    ask: sends a plain line and returns its answer. WatchOnlyError when there is no key, or board and key do not fit;
    else LinkError alone.
    """
    answer = ask(question())
    if answer.error_name == "usage":
        answer = ask("nonce")  # firmware older than this: over its radio it can be watched, and stopped
    if not answer.ok or answer.values().get("port") != "radio":
        return None
    try:
        key = (keys or KeyStore()).load(board)
    except SapperError as error:
        raise WatchOnlyError(error.message, error.remedy) from None
    if key is None:
        raise WatchOnlyError(f"this laptop has no radio key for board {board}", BRING_THE_KEY)
    encoder = RadioEncoder(key, board)
    encoder.renew(answer)
    return encoder
