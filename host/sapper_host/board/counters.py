"""The counters of signed lines: each is used once, whichever of this user's programs signs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from sapper.crypto.line_mac import COUNTER_MAX
from sapper_host.errors import SapperError
from sapper_host.files import folders
from sapper_host.files.whole_file import NotWrittenError, write
from sapper_host.outside import json_text

# Counters are taken from the file in blocks, so that it is written now and then only.
_BLOCK = 64
# How often a taken lock is tried again; whoever holds it writes a line, and an operator's line is waiting.
_POLL_S = 0.002
_MOST_BYTES = 1000


class Counters:
    """Counters that only rise, for all programs of this user: a file a board, with the nonce they belong to."""

    def __init__(self, board: str, folder: Path | None = None) -> None:
        self._path = (folder or folders.state() / "counters") / f"{board}.json"

    def reserve(self, nonce: str, least: int, size: int = _BLOCK) -> range:
        """`size` counters above `least` and above all reserved before for this nonce."""
        with self._locked():
            try:
                kept = json_text.read(self._path, _MOST_BYTES)
                used = kept["counter"] if kept["nonce"] == nonce else 0
                if type(used) is not int or not 0 <= used <= COUNTER_MAX:
                    raise ValueError("no counter")
            except (OSError, ValueError, KeyError, TypeError):
                used = 0  # lost or spoilt: the board's own counter is what counts
            first = max(used, least) + 1
            if first + size > COUNTER_MAX:
                raise SapperError("this boot's counters are used up", "restart the board")
            # Not waiting for the disk: an operator's line is waiting, and a spoilt file costs nothing (above).
            write(self._path, json.dumps({"nonce": nonce, "counter": first + size - 1}) + "\n", sync=False)
        return range(first, first + size)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """No other thread or program of this user reserves while the block runs."""
        lock = FileLock(self._path.with_suffix(".lock"))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(poll_interval=_POLL_S)
        except OSError as error:
            raise NotWrittenError(self._path, error) from None
        try:
            yield
        finally:
            lock.release()
