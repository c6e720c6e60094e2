"""A link that comes back: opens the port, tells what comes, and opens it again when the board vanished and returned."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType

from sapper.shared.limits import PROMPT_LEFT_MS
from sapper_host.board.link import Link, Tap
from sapper_host.board.serial_stream import DEFAULT_BAUD, SerialStream
from sapper_host.connected.ports import port_now
from sapper_host.errors import AtPromptError, LinkError, SapperError

_RETRY_S = 0.5
# With telemetry asked for, STATUS comes at least each second; a link silent for longer is asked again.
_SILENT_S = 2.0
# A prompt that is not talked to has given way to Sapper by then.
_PROMPT_S = PROMPT_LEFT_MS / 1000 + 5.0


class SteadyLink:
    """Keeps a link to `port` alive from a thread of its own; a context manager.

    The first opening happens in the constructor, so that a wrong port is an error at once (LinkError). After that:
    `tap` is called by the thread that reads, and waits for nothing (see Hearers);
    `on_found(version values)` each time a Sapper answers (the first time too), `on_lost(reason)` when it goes.
    `setup(link)` is run after each opening, and again when nothing came for two seconds.
    A board at MicroPython's prompt comes back by itself if it is not talked to, so it is asked again only when that is
    due, when it has been away, or when another program had its port.
    """

    def __init__(
        self,
        port: str,
        tap: Tap,
        on_found: Callable[[dict[str, str]], None],
        on_lost: Callable[[str], None],
        setup: Callable[[Link], None],
        baud: int = DEFAULT_BAUD,
    ) -> None:
        self._port = port
        self._baud = baud
        self._tap = tap
        self._on_found = on_found
        self._on_lost = on_lost
        self._setup = setup
        self._closing = threading.Event()
        self._board = ""
        self._silent_until: float | None = None  # a prompt is there, to be left alone
        self.link: Link | None = None
        self._open()
        self._thread = threading.Thread(target=self._watch, name="steady link", daemon=True)
        self._thread.start()

    def __enter__(self) -> SteadyLink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self, goodbye: Callable[[Link], None] | None = None) -> None:
        """Stop watching and let go of the port, after `goodbye(link)` when there is a link."""
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        link, self.link = self.link, None
        if link is not None:
            try:
                if goodbye is not None and link.gone is None:
                    goodbye(link)
            except SapperError:
                pass  # leaving anyway
            finally:
                link.close()

    def _open(self) -> None:
        link = Link.open(self._port, self._baud)
        try:
            version = link.identify()
            link.tap(self._tap)
            self._setup(link)
        except BaseException:
            link.close()
            raise
        self.link = link
        self._board = version.get("board", "")
        self._on_found(version)

    def _watch(self) -> None:
        seen, seen_at = -1, time.monotonic()
        while not self._closing.wait(_RETRY_S):
            link = self.link
            if link is None:
                self._try_open()
                seen_at = time.monotonic()
            elif link.gone is not None:
                self.link = None
                link.close()
                self._on_lost(link.gone.message)
            elif link.decoder.counts.bytes != seen:
                seen, seen_at = link.decoder.counts.bytes, time.monotonic()
            elif time.monotonic() - seen_at > _SILENT_S:
                seen_at = time.monotonic()
                self._ask_again(link)

    def _try_open(self) -> None:
        try:
            self._port = port_now(self._port, self._board)
            if self._at_prompt_still():
                return
            self._open()
        except AtPromptError as error:
            self._silent_until = time.monotonic() + _PROMPT_S
            self._on_lost(f"{error.message}; {error.remedy}")
        except LinkError as error:
            self._on_lost(error.message)
        except SapperError as error:
            self._on_lost(str(error))

    def _at_prompt_still(self) -> bool:
        """Whether the prompt that was found need not be asked again yet. Opening the port says nothing to it."""
        if self._silent_until is None:
            return False
        try:
            SerialStream(self._port, self._baud).close()
        except LinkError:
            self._silent_until = None
            raise
        if time.monotonic() >= self._silent_until:
            self._silent_until = None
        return self._silent_until is not None

    def _ask_again(self, link: Link) -> None:
        # Refused or unanswered: the screen shows the silence, and the next round asks once more.
        with contextlib.suppress(SapperError):
            self._setup(link)
