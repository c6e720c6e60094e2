"""What one link signs, and what it does not send: over USB nothing is held back; on a radio the key at hand decides."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sapper_host.board.answers import Answer
from sapper_host.board.key_store import KeyStore
from sapper_host.board.signing import (
    STALE,
    Ask,
    RadioEncoder,
    WatchOnlyError,
    encoder_for,
    needs_key,
    needs_usb,
)
from sapper_host.errors import BoardError, LinkError, NoAnswerError, SapperError, Status

Encoder = Callable[[str], bytes]


def plain(line: str) -> bytes:
    """A line as it goes over USB. A radio's signer takes this one's place."""
    return line.encode("ascii") + b"\n"


class LineSigner:
    """One link's. encode: how a line becomes bytes, for now; one that is not `plain` stays.

    ask: sends a line that no listener hears of, and returns its answer. sending: held while a line is made into bytes.
    """

    def __init__(self, encode: Encoder, ask: Ask, sending: threading.Lock) -> None:
        self.encode = encode
        # Why nothing can be signed on this radio; None where it can, and where it need not.
        self.watches_only: WatchOnlyError | None = None
        self._ask = ask
        self._sending = sending
        self._board = ""
        self._unasked = False  # whether it is not known yet what is at the other end: the question was lost

    def begin(self, board: str) -> None:
        """On a radio whose key this user has, lines are signed from now on; on all other links this does nothing.

        Without a key that fits one can still watch, and `stop`; why no more is told when it is tried.
        """
        self._board = board
        if self.encode is plain:
            self._look()

    def ready_for(self, line: str) -> None:
        """A lost or a forged answer must not end signing for good, nor a key that came later be of no use."""
        if needs_key(line) and (self._unasked or self.watches_only is not None and KeyStore().has(self._board)):
            self._look()

    def refuse_in_vain(self, line: str) -> None:
        """SapperError for what this radio would refuse: it is not sent. A `key` that was would lie open to all who
        listen."""
        radio = self.watches_only is not None or isinstance(self.encode, RadioEncoder)
        word = line.split()[0] if line.split() else ""
        if radio and needs_usb(line):
            raise SapperError(f"'{word}' is not sent: it is taken over USB only", "plug it in over USB", Status.REFUSED)
        if self.watches_only is not None and needs_key(line):
            why = self.watches_only
            raise WatchOnlyError(f"'{word}' is not sent: it has to be signed, and {why.message}", why.remedy)

    def out_of_step(self, answer: Answer) -> bool:
        """Whether a line was refused because the board has started anew, or another program went on counting. What it
        refused it has not done: the line may go again, after `renew`."""
        return answer.error_name in STALE and isinstance(self.encode, RadioEncoder)

    def renew(self, answer: Answer) -> None:
        """Sign from now on as the board has just said, in its answer to `question()`. Raises as RadioEncoder.renew."""
        with self._sending:
            if isinstance(self.encode, RadioEncoder):
                self.encode.renew(answer)

    def advise(self, error: BoardError) -> BoardError:
        """The board's refusal, with what helps against it on this link."""
        if error.name == "unsigned" and self.watches_only is not None:
            error.remedy = f"wait until it stands, or {self.watches_only.remedy}"
        return error

    def _look(self) -> None:
        self._unasked = False
        try:
            encode = encoder_for(self._board, self._ask)
        except WatchOnlyError as error:
            self.watches_only = error
        except NoAnswerError:
            self._unasked = True
        except LinkError:
            pass  # gone: whatever is said next tells
        else:
            with self._sending:
                self.encode = encode or plain
            self.watches_only = None
