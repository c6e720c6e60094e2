"""What stands behind a bench's exporter while somebody has the bench: `python -m hil.farm.server --rig NAME`.

Holds one rig and lets sessions call it (members.py says what). A session of a run is alone; sessions by hand (labgrid's
drivers) may be several, none beside a run. Prints one line of JSON when it listens, with its port. The token comes by
the environment, so that no list of processes shows it. Ends with who started it, by SIGTERM, and then tells its
sessions. Whatever ends a run's session: the rig is closed, which takes the board's power where the rig can.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import queue
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.farm import wire
from hil.farm.members import plain, reach
from hil.farm.session import HAND, RUN
from hil.rigs.firmware import default_uf2
from hil.rigs.registry import RIGS, open_rig
from hil.rigs.rig import Rig
from hil.testing.job import Flashable
from hil.testing.kernel_log import KernelLog, errors_at
from sapper_host import processes

TOKEN_VARIABLE = "SAPPER_BENCH_TOKEN"
HELLO_S = 5.0
LEAVING_S = 2.0  # the one before may be about to leave
_DONE = "its server was told to end"


class Bench:
    """The rig, made when it is first asked for. All of this in one thread."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self._name = name
        self._options = options
        self._rig: Rig | None = None
        self._log: KernelLog | None = None
        self._places: tuple[str, ...] = ()  # of USB, where the rig has real ports
        self._folder = tempfile.TemporaryDirectory(prefix="sapper-farm-")
        self._firmware: Path | None = None

    def open(self, uf2: bytes | None, options: dict[str, Any]) -> dict[str, str]:
        """A rig with this firmware: the board is flashed, has power and is at its reset. What is told of the rig."""
        self.close_rig()
        if uf2 is not None:
            firmware = Path(self._folder.name) / "firmware.uf2"
            firmware.write_bytes(uf2)
            self._firmware = None  # until it was taken
        else:
            firmware = self._firmware or default_uf2()
        self._rig = self._made(firmware, {**self._options, **options})
        self._firmware = firmware
        self._places = tuple(getattr(self._rig, "usb_places", ()))
        self._log = KernelLog() if self._places else None
        return {"instrument_id": str(getattr(self._rig, "instrument_id", ""))}

    def _made(self, firmware: Path, options: dict[str, Any]) -> Rig:
        """A rig of hardware is flashed once it is there, others are made with their firmware."""
        if "config" not in options:
            return open_rig(self._name, firmware, **options)
        rig = open_rig(self._name, None, **options)
        try:
            if not isinstance(rig, Flashable):
                raise HilError(f"the rig {self._name} cannot flash its board; bring the bench's checkout up to date")
            rig.flash_uf2(firmware)
        except BaseException:
            rig.close()
            raise
        return rig

    @property
    def now_ns(self) -> int:
        """The rig's, as far as it can still tell; 0 where there is none."""
        with suppress(HilError):
            return self._rig.now_ns if self._rig is not None else 0
        return 0

    def call(self, path: list[Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """One call of a session."""
        if path == ["open"]:
            return self.open(*arguments, **named)
        if self._rig is None:
            self.open(None, {})
        found, member = reach(self._rig, RIGS[self._name].offers, path)
        if member.kind == "there":
            return None
        if member.kind == "ports":
            return len(getattr(found, member.name))
        if path == ["run"]:
            self._check_usb()
        value = getattr(found, member.name)
        result = value if member.kind == "value" else value(*arguments, **named)
        return None if member.result is None else plain(result)

    def _check_usb(self) -> None:
        """Of this machine's ports: who runs elsewhere cannot see its kernel's messages."""
        if self._log is not None and (lines := errors_at(self._log.news(), self._places)):
            raise HilError(
                f"the kernel of the bench's host tells of USB errors ({'; '.join(lines)}), so no result stands; "
                "look at cables, hub and supply there, and run it again"
            )

    def close_rig(self) -> None:
        """As nobody left it."""
        log, self._log = self._log, None
        if log is not None:
            log.close()
        rig, self._rig = self._rig, None
        if rig is not None:
            rig.close()

    def close(self) -> None:
        """All of it."""
        self.close_rig()
        self._folder.cleanup()


class CallError(HilError):
    """A call that the rig has no words for: of what was asked, or a mistake of the rig's."""


Work = Callable[[Bench], Any]


def _all(calls: list[Any], bench: Bench) -> list[Any]:
    done = []
    for path, arguments, named in calls:
        try:
            done.append(bench.call(path, arguments, named))
        except HilError:
            raise
        except Exception as error:  # what one session asks for does not take the bench from the others
            raise CallError(f"{'.'.join(map(str, path))}: {type(error).__name__}: {error}") from error
    return done


class Server:
    """Sessions in threads of their own; what they ask for goes through one queue to the thread of the rig."""

    def __init__(self, listener: socket.socket, token: str, rig: str) -> None:
        self._listener = listener
        self._token = token
        self._welcome = {"rig": rig, "offers": [each.__name__ for each in RIGS[rig].offers]}
        self._work: queue.Queue[tuple[Work, queue.Queue[dict[str, Any]]]] = queue.Queue()
        self._changed = threading.Condition()
        self._here: dict[wire.Channel, tuple[str, str]] = {}  # kind and who

    def serve(self, bench: Bench) -> None:
        """Until a signal."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            while True:
                work, answers = self._work.get()
                answers.put(self._done(work, bench))
        finally:
            for channel in list(self._here):
                try:
                    channel.send({"ended": _DONE})
                except wire.GoneError:
                    continue

    @staticmethod
    def _done(work: Work, bench: Bench) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = {"done": work(bench)}
        except HilError as error:
            answer = {"error": [type(error).__name__, str(error)]}
        except Exception as error:
            answer = {"error": [type(error).__name__, f"{type(error).__name__}: {error}"]}
        return answer | {"now_ns": bench.now_ns}

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._session, args=(wire.Channel(connection),), daemon=True).start()

    def _session(self, channel: wire.Channel) -> None:
        try:
            hello = channel.receive(HELLO_S)
            if refusal := self._refusal(channel, hello):
                channel.send({"refused": refusal})
                return
            channel.send(self._welcome)
            while True:
                calls = channel.receive()["calls"]
                self._carried_out(channel, partial(_all, calls))
        except (wire.GoneError, KeyError, TypeError, AttributeError):
            pass  # it has left, or is no session of ours
        finally:
            self._left(channel)
            channel.close()

    def _refusal(self, channel: wire.Channel, hello: dict[str, Any]) -> str:
        """Why not; '' when it is let in."""
        if hello.get("version") != wire.VERSION:
            return "this checkout and that of the bench differ too much; bring both to one revision"
        if not hmac.compare_digest(str(hello.get("token")), self._token):
            return "the place is not yours any more; acquire it again"
        kind, who = hello.get("kind"), str(hello.get("who"))
        if kind not in (RUN, HAND):
            return f"there is no session '{kind}'"
        with self._changed:
            if not self._changed.wait_for(lambda: not self._in_the_way(kind), LEAVING_S):
                return f"in use by {self._in_the_way(kind)[0]}; wait for its end"
            self._here[channel] = (kind, who)
        return ""

    def _in_the_way(self, kind: str) -> list[str]:
        """Who is here that such a session is not let in beside."""
        return [who for other, who in self._here.values() if RUN in (kind, other)]

    def _carried_out(self, channel: wire.Channel, work: Work) -> None:
        """In the rig's thread; meanwhile the session hears that it is not forgotten."""
        answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._work.put((work, answers))
        while True:
            try:
                answer = answers.get(timeout=wire.BUSY_S)
            except queue.Empty:
                channel.send({"busy": 1})
                continue
            try:
                channel.send(answer)
            except TypeError as error:  # a result that nobody foresaw
                channel.send({"error": ["TypeError", str(error)], "now_ns": answer["now_ns"]})
            return

    def _left(self, channel: wire.Channel) -> None:
        """What a run leaves behind is put away before the next one comes in."""
        kind, _ = self._here.get(channel, ("", ""))
        if kind == RUN:
            done: queue.Queue[dict[str, Any]] = queue.Queue()
            self._work.put((lambda bench: bench.close_rig(), done))
            done.get()
        with self._changed:
            self._here.pop(channel, None)
            self._changed.notify_all()


def main() -> int:
    """Listen, say where, serve."""
    parser = argparse.ArgumentParser(prog="python -m hil.farm.server", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rig", required=True, choices=sorted(RIGS))
    parser.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS")
    parser.add_argument("--options", default="{}", metavar="JSON", help="of the rig, as its class takes them")
    options = parser.parse_args()
    with socket.create_server((options.listen, 0)) as listener:
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        bench = Bench(options.rig, json.loads(options.options))
        try:
            Server(listener, os.environ.pop(TOKEN_VARIABLE), options.rig).serve(bench)
        finally:
            bench.close()
    return 0


if __name__ == "__main__":
    sys.exit(processes.command(main))
