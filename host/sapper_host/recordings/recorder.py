"""Records what a board tells into an MCAP file that loses at most a second when the recorder is killed.

Log times are the board's clock, anchored to this machine's at the first message; publish times are this machine's.
What was taken goes to the disk as one chunk a little before its oldest message is a second old, or when it is 256 kB.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from sapper.shared.fields import FRAME_NAMES
from sapper_host.board.decoder import Event, Frame, Text
from sapper_host.board.link import Happening, Sent
from sapper_host.errors import SapperError
from sapper_host.recordings.mcap_file import McapTopics
from sapper_host.recordings.mcap_topics import FRAME_TOPIC
from sapper_host.recordings.session_facts import SESSION, session_facts
from sapper_host.recordings.truth import Truth

# A little less than the promise: what is left is the disk's.
_CHUNK_S = 0.9
_NS_PER_MS = 1_000_000


class BoardClock:
    """Board milliseconds -> nanoseconds since 1970. A STATUS tells what the board's clock says now: the first one, the
    first after a `boot` that was not told before, and one whose time falls back or whose boot number is another (the
    board restarted). Other times may be long past, as events are told again; until a STATUS has come, messages have
    the time at which they came.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._offset_ns = 0
        self._adrift = True
        self._status_ms = 0
        self._boot: tuple[int, int] | None = None
        self.last_ns = 0

    def at(self, t_ms: int) -> int:
        """The time of a message stamped `t_ms` by the board."""
        if self._adrift:
            return self._took(max(self._now_ns(), self.last_ns))
        # Never before 1970, whatever is told: a log time has no sign.
        return self._took(max(0, t_ms * _NS_PER_MS + self._offset_ns))

    def at_status(self, t_ms: int) -> int:
        """The same of a STATUS frame."""
        if self._adrift or t_ms < self._status_ms:
            self._adrift = False
            self._offset_ns = max(self._now_ns(), self.last_ns) - t_ms * _NS_PER_MS
        self._status_ms = t_ms
        return self.at(t_ms)

    def at_boot(self, number: int, t_ms: int) -> int:
        """The same of the event `boot` of that number."""
        if (number, t_ms) != self._boot:
            self._boot = (number, t_ms)
            self.lost()
        return self.at(t_ms)

    def lost(self) -> None:
        """The board has started anew: its next STATUS tells what its clock says."""
        self._adrift = True

    def _took(self, time_ns: int) -> int:
        self.last_ns = max(self.last_ns, time_ns)
        return time_ns

    def latest(self) -> int:
        """The time of a message without a stamp."""
        return self.last_ns or self._now_ns()


class Recorder:
    """An open recording; a context manager. `take` fits as a Link's listener and may be called from any thread.

    Raises SapperError when the file exists or cannot be written. A disk that fills up, or fails, ends the recording:
    `problem` says so from then on, `take` and `close` raise it, and the file is cut back to what was whole on the disk,
    which reads and repairs as that of a killed recorder does.
    """

    def __init__(
        self, path: Path, now_ns: Callable[[], int] = time.time_ns, operator: str = "", raw: bool = False
    ) -> None:
        """operator: who records; '' for the login name. raw: whoever opens the link is to ask for raw telemetry."""
        self.path = path
        self.raw = raw
        self.messages = 0
        self._now_ns = now_ns
        self._clock = BoardClock(now_ns)
        self._boot: dict[str, int] = {}  # {"boot": number} of the newest STATUS, {} while none is known
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._dirty = threading.Event()
        self._failed: OSError | None = None
        self._whole_bytes = 0  # of the file: as far as it was flushed
        self._closing = threading.Event()
        try:
            self._file = path.open("xb")
        except FileExistsError:
            raise SapperError(f"{path} exists already", "give another name, or remove it first") from None
        except OSError as error:
            raise SapperError(f"{path} cannot be written: {error.strerror}", "give another place") from None
        try:
            self._topics = McapTopics(self._file)
            self._topics.writer.add_metadata(SESSION, session_facts(now_ns(), operator))
            self._dirty.set()
            self._flush()  # a full disk is told now, not when the rover moves
        except OSError as error:
            self._end(error)
            path.unlink(missing_ok=True)
            raise SapperError(f"{path} cannot be written: {error.strerror}", "give another place") from None
        self._flusher = threading.Thread(target=self._keep_flushing, name="recorder", daemon=True)
        self._flusher.start()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # What ended the block is what its user has to hear of.
        with contextlib.suppress(SapperError) if error is not None else contextlib.nullcontext():
            self.close()
        if error is not None and not self.messages:
            self.path.unlink(missing_ok=True)  # nothing is lost, and the next try may use the name

    @property
    def problem(self) -> str:
        """Why the recording ended before its time; '' while it goes on, and when it was finished."""
        if self._failed is None:
            return ""
        return f"{self.path}: {self._failed.strerror or self._failed}; the recording ends here"

    def take(self, happening: Happening) -> None:
        """Record one thing that came from, or went to, a board."""
        with self._lock:
            if self._closing.is_set():
                return
            match happening:
                case Frame(name=name, fields=values):
                    if name in FRAME_TOPIC:
                        message = frame_message(happening)
                        at = self._clock.at
                        if name == "STATUS":
                            at = self._clock.at_status
                            boot = {"boot": values["boot"]} if "boot" in values else {}
                            if boot and self._boot and boot != self._boot:
                                self._clock.lost()
                            self._boot = boot
                        elif name == "DETECT":
                            message |= self._boot
                        self._write(FRAME_TOPIC[name], at(values["t_ms"]), message)
                case Event(kind="boot", number=number, t_ms=t_ms):
                    self._boot = {}
                    self._write("/event", self._clock.at_boot(number, t_ms), event_message(happening))
                case Event(t_ms=t_ms):
                    self._write("/event", self._clock.at(t_ms), event_message(happening) | self._boot)
                case Sent(line=line):
                    self._write("/console", self._clock.latest(), {"from": "operator", "line": line})
                case Text(line=line):
                    self._write("/console", self._clock.latest(), {"from": "board", "line": line})

    def note(self, line: str) -> None:
        """Record a line of the host's own on /console: 'the link was lost', or a provenance."""
        with self._lock:
            self._write("/console", self._clock.latest(), {"from": "host", "line": line})

    def describe(self, name: str, values: dict[str, str]) -> None:
        """Put in the metadata record `name`, beside the one on who records: session_facts.py has what goes into it."""
        with self._lock:
            self._raise_failure()
            try:
                self._topics.writer.add_metadata(name, values)
            except OSError as error:
                self._end(error)
                self._raise_failure()
            self._dirty.set()

    def truth(self, truth: Truth) -> None:
        """Record what is really in the ground."""
        with self._lock:
            self._write("/truth", self._clock.latest(), truth)

    def flush(self) -> None:
        """Have everything taken so far on the disk when this returns; SapperError when the recording has ended."""
        self._try_flush()
        self._raise_failure()

    def close(self) -> None:
        """Finish the file. Closing twice does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._dirty.set()  # wakes the flusher, which ends
        self._flusher.join()
        with self._lock:
            if self._failed is None:
                try:
                    self._topics.writer.finish()
                    self._file.flush()
                    os.fsync(self._file.fileno())
                    self._file.close()
                except OSError as error:
                    self._end(error)
        self._raise_failure()

    def _write(self, topic: str, log_time_ns: int, value: dict[str, Any]) -> None:
        self._raise_failure()
        try:
            self._topics.write_json(topic, log_time_ns, value, self._now_ns())
        except OSError as error:  # a chunk was full
            self._end(error)
            self._raise_failure()
        self.messages += 1
        self._dirty.set()

    def _keep_flushing(self) -> None:
        while self._failed is None:
            self._dirty.wait()
            if self._closing.wait(_CHUNK_S):
                return
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self._flush()
        except OSError as error:
            with self._lock:
                self._end(error)

    def _flush(self) -> None:
        with self._flushing:
            with self._lock:
                if not self._dirty.is_set() or self._failed is not None:
                    return
                self._topics.writer.flush()
                self._file.flush()
                self._dirty.clear()
                number, whole_bytes = self._file.fileno(), self._file.tell()
            os.fsync(number)  # without the lock: a disk may take seconds, and more is told meanwhile
            with self._lock:
                self._whole_bytes = whole_bytes

    def _end(self, error: OSError) -> None:
        """The disk does not take it: leave the file as far as it is whole, and nothing after that."""
        if self._failed is not None:
            return
        self._failed = error
        with contextlib.suppress(OSError):
            os.ftruncate(self._file.fileno(), self._whole_bytes)
        # Not the buffered file's own close: it would try once more to write what did not fit.
        with contextlib.suppress(OSError):
            self._file.raw.close()

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise SapperError(self.problem, "make room on the disk, and record into a new file")


def frame_message(frame: Frame) -> dict[str, Any]:
    """The message of a telemetry frame: its fields, and the names of those that have names."""
    message: dict[str, Any] = dict(frame.fields)
    for name in FRAME_NAMES:
        if name in message:
            message[f"{name}_name"] = frame.named(name)
    return message


def event_message(event: Event) -> dict[str, Any]:
    """The message of an event."""
    return {
        "number": event.number,
        "t_ms": event.t_ms,
        "kind": event.kind,
        "s_mm": event.s_mm,
        "text": event.line(),
        "args": dict(event.args),
    }
