"""Says what is being done and how long it took, and runs other programs while doing so."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from .errors import ToolchainError, remedy_for

_START_S = time.monotonic()
_PR_SET_PDEATHSIG = 1
_LOOK_S = 0.1
_UNWIND_S = 1.5
_TAIL_LINES = 15
_TAIL_WIDTH = 300


def say(text: str) -> None:
    """One line for the person, with the time since the command was started."""
    print(f"[{time.monotonic() - _START_S:6.1f} s] {text}", flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Announce `text`, and when it is done say how long it took."""
    say(f"{text} ...")
    began_s = time.monotonic()
    yield
    say(f"{text}: done in {time.monotonic() - began_s:.1f} s")


def _die_with(parent: int) -> None:
    """In the child: end when the parent ends, however it ends, so that a kill leaves nothing running."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before that
        os._exit(1)


def end_with_starter() -> None:
    """End, as by SIGTERM, with the process that SAPPER_ENDS_WITH names: `make`, of whose end nothing else would tell.

    The laptop tools do the same (host/sapper_host/processes.py); this runs before anything is installed.
    """
    named = os.environ.get("SAPPER_ENDS_WITH", "")

    def watch() -> None:
        while _state(named) not in ("", "Z"):
            time.sleep(_LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)

    if named.isdecimal() and int(named) != os.getpid():
        threading.Thread(target=watch, daemon=True).start()


def _state(process_id: str) -> str:
    """Its letter in the process table, '' when it is not there."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


def run(
    command: Sequence[str | Path],
    log: Path,
    otherwise: str,
    env: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    cwd: Path | None = None,
    interactive: bool = False,
) -> str:
    """Run `command`; its output goes to `log` and, on a terminal, its last line is shown as it comes.

    env: variables added to the present ones, of which those of `without` are left out. otherwise: the remedy if no
    known one fits. interactive: the program may ask on the terminal (sudo). Returns the output. Raises ToolchainError
    with the last lines and a remedy.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    live = sys.stdout.isatty() and not interactive
    lines: list[str] = []
    try:
        child = subprocess.Popen(
            words,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**inherited, "LC_ALL": "C.UTF-8", **(env or {})},
            cwd=cwd,
            text=True,
            errors="replace",
            close_fds=False,  # the build lock stays held as long as any program of ours runs
            preexec_fn=partial(_die_with, os.getpid()),
        )
    except FileNotFoundError as error:
        raise ToolchainError(f"{words[0]} is not installed", "run 'make setup', which installs it") from error
    try:
        assert child.stdout is not None
        with log.open("w") as log_file:
            log_file.write("$ " + " ".join(words) + "\n")
            for line in child.stdout:
                log_file.write(line)
                lines.append(line)
                if live:
                    print(f"\r\033[K  {line.rstrip()[:100]}", end="", flush=True)
        status = child.wait()
    except BaseException:
        for end in (child.terminate, child.kill):
            end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=_UNWIND_S)
                break
        raise
    finally:
        if live:
            print("\r\033[K", end="", flush=True)
    output = "".join(lines)
    if status != 0:
        tail = "\n".join(f"    {line.rstrip()[:_TAIL_WIDTH]}" for line in lines[-_TAIL_LINES:])
        raise ToolchainError(
            f"{Path(words[0]).name} failed with status {status}; its last lines (all of them in {log}):\n{tail}",
            remedy_for(output, otherwise),
        )
    return output
