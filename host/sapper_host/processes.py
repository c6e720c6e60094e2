"""Nothing that these tools start goes on without them, however they end: by themselves, by a signal, or by `kill -9`.

- `start` and `run` start a program that the system ends with this process.
- `endings` turns SIGTERM and SIGHUP into an exception, so that everything is put away, and limits how long that takes.
- Where SAPPER_ENDS_WITH names a process (the Makefile names its `make`, the tests theirs), this one ends with that.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sapper_host import streams
from sapper_host.errors import SapperError, Status, of_system, report

VARIABLE = "SAPPER_ENDS_WITH"
_UNWIND_S = 1.2  # from a signal to the end, whatever is still to be put away
_FOLLOW_S = 0.4  # likewise, where it follows another's end: that may have taken its time
_LOOK_S = 0.05

_lifeline = -1  # the end of a pipe that nobody else holds: it closes with this process
_following = False


class Ended(SystemExit):
    """A signal told this process to end; `code` is the exit status, as a shell has it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


def start(command: Sequence[Any], *, ending: int = signal.SIGTERM, **how: Any) -> subprocess.Popen[Any]:
    """As subprocess.Popen; the program gets the signal `ending` when this process has ended. Linux only: elsewhere it
    has to notice that its input closed.

    Not the parent-death signal: that comes when the *thread* that started the program ends, and is missed by a child
    whose parent died before it asked for it.
    """
    follow()
    if sys.platform != "linux":
        return subprocess.Popen(command, **how)
    import fcntl

    line = _open_lifeline()
    try:
        process = subprocess.Popen(command, pass_fds=(line,), **how)
        fcntl.fcntl(line, fcntl.F_SETSIG, ending)
        fcntl.fcntl(line, fcntl.F_SETOWN, process.pid)
        fcntl.fcntl(line, fcntl.F_SETFL, os.O_ASYNC)
    finally:
        os.close(line)
    return process


def run(
    command: Sequence[Any],
    *,
    ending: int = signal.SIGTERM,
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **how: Any,
) -> subprocess.CompletedProcess[Any]:
    """As subprocess.run, of a program that ends with this process (see `start`)."""
    if capture_output:
        how |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start(command, ending=ending, **how) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.send_signal(ending)
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


@contextmanager
def endings(error: Callable[[int], BaseException] = Ended) -> Iterator[None]:
    """In the block SIGTERM and SIGHUP raise `error(number)`, once, and this process is over soon after; Ctrl-C is
    KeyboardInterrupt, also where a shell started us in the background, deaf to it. `nohup` keeps its meaning.

    Does nothing outside the main thread. The block also ends with whom the environment names.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}

    def end(number: int, _frame: object) -> None:
        for each in before:
            if each != signal.SIGINT:
                signal.signal(each, signal.SIG_IGN)
        threading.Thread(target=_limit, args=(_UNWIND_S, number), daemon=True).start()
        raise error(number)

    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is None or name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN:
            continue
        before[number] = signal.signal(number, signal.default_int_handler if name == "SIGINT" else end)
    follow()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def command(main: Callable[[], int | None]) -> int:
    """Run a command: its exit status. The one place where errors become words on stderr and a status: what was raised
    on purpose, what the system refuses, Ctrl-C and signals (the status is what a shell makes of those).

    It runs in its module by its real name: workers, to whom functions are sent by name, do not know it as `__main__`.
    """
    spec = sys.modules["__main__"].__spec__
    if main.__module__ == "__main__" and spec is not None:
        main = getattr(importlib.import_module(spec.name), main.__name__)
    streams.prepare()
    with endings():
        try:
            status = main() or 0
            sys.stdout.flush()
            return status
        except (KeyboardInterrupt, Ended) as end:
            return told(end)
        except BrokenPipeError:  # the reader of our output left (`| head`)
            streams.give_up_output()
            return Status.ERROR
        except SapperError as error:
            if isinstance(error, streams.NotPrintedError):
                streams.give_up_output()
            report(error)
            return error.status
        except OSError as error:  # that nobody expected: still of the system, not of ours
            report(of_system(error))
            return Status.ERROR


def told(end: KeyboardInterrupt | Ended) -> int:
    """Say on stderr what ended this command; returns its exit status."""
    print(f"\n{end}" if isinstance(end, Ended) else "\nstopped", file=sys.stderr)
    return 128 + (end.number if isinstance(end, Ended) else signal.SIGINT)


def follow() -> None:
    """End with the process that the environment names, if any; to be asked for again costs nothing."""
    global _following
    named = os.environ.get(VARIABLE, "")
    if not _following and named.isdecimal() and int(named) != os.getpid():
        _following = True
        threading.Thread(target=_end_with, args=(int(named),), daemon=True).start()


def _end_with(process_id: int) -> None:
    import psutil

    try:
        process = psutil.Process(process_id)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_LOOK_S)
    except psutil.NoSuchProcess:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    _limit(_FOLLOW_S, signal.SIGTERM)


def _limit(seconds: float, number: int) -> None:
    time.sleep(seconds)
    os.write(2, f"\n{Ended(number)}, without putting everything away\n".encode())
    os._exit(128 + number)


def _open_lifeline() -> int:
    """A new reading end. Each child needs one of its own: whom to signal belongs to a file as it was opened."""
    global _lifeline
    if _lifeline < 0:
        read, _lifeline = os.pipe()
        os.close(read)
    return os.open(f"/proc/self/fd/{_lifeline}", os.O_RDONLY | os.O_NONBLOCK)


def _forked() -> None:
    """In a fork: the parent's lifeline is not this process's, and must close with the parent."""
    global _lifeline, _following
    if _lifeline >= 0:
        os.close(_lifeline)
    _lifeline, _following = -1, False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
