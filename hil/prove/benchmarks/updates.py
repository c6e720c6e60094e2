"""What an update takes: against mpremote copying the same files, with little and nothing changed, and of four boards.

mpremote and `sapper` run as a person starts them, on a board that keeps to real time: the time they take to start
counts for both. The other rows are the board's own time.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hil.errors import HilError
from hil.prove.benchmarks.row import Row, at_least, at_most
from hil.prove.updates.board import BOOT_NS, SimulatedBoard
from hil.prove.updates.versions import bundle
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_S
from hil.rigs.spread import FRESH, WORN
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.pty import SerialBridge, ptys
from sapper_host import processes
from sapper_host.files.temporary import temporary_folder
from sapper_host.update.bundle import Bundle, write
from sapper_host.update.several_boards import update_all
from sapper_host.update.update import update

_CHANGE = "sapper/link/status.py"
_COMMAND_S = 300
_PACE = 0.4  # of real time
# Of files that mpremote copies: a file system of 256 KB, in blocks, holds settings and logs beside them.
_BLOCK_B = 4096
_FITS_B = 140_000
_COUNTS = {2: "two", 4: "four"}  # of boards, in a row's name


def rows() -> list[Row]:
    """All of them, in about a minute."""
    with temporary_folder("bench") as name:
        folder = Path(name)
        first = bundle(folder / "first", {_CHANGE: "_FIRST = 1"})
        write(first, folder / "first.sapper")
        second = bundle(folder / "second", {_CHANGE: "_SECOND = 22"})
        third = bundle(folder / "third", {_CHANGE: "_THIRD = 333"})
        return [
            *_against_mpremote(folder, first),
            *_nothing_changed(first),
            *_one_changed((first, second, third)),
            *several(first),
        ]


def _against_mpremote(folder: Path, whole: Bundle) -> list[Row]:
    part, copied_b, all_b = _part(folder / "first/mpy/sapper", folder / "part/sapper")
    copy_s, copy_wall_s = _timed([sys.executable, "-m", "mpremote", "connect", "{port}", "cp", "-r", str(part), ":/"])
    copy_s *= all_b / copied_b
    update_s, update_wall_s = _timed(
        [sys.executable, "-m", "sapper_host", "update", str(folder / "first.sapper"), "--port", "{port}"]
    )
    note = f"{len(whole.files)} files, {len(whole.image)} bytes; wall {copy_wall_s:.1f} s against {update_wall_s:.1f} s"
    return [
        Row("mpremote cp -r of the application", copy_s, "s", "", note=f"by {copied_b} of {all_b} bytes"),
        Row("sapper update of the whole application, verified", update_s, "s", ""),
        Row("the first over the second", copy_s / update_s, "", at_least("UPDATE_SPEED"), note=note),
    ]


def _part(source: Path, target: Path) -> tuple[Path, int, int]:
    """Of an application, as many modules as a board's file system takes, in their folders; their bytes, and those of
    all."""
    files = sorted(path for path in source.rglob("*.mpy"))
    copied_b = taken_b = 0
    for path in files:
        size_b = path.stat().st_size
        taken_b += -(-size_b // _BLOCK_B) * _BLOCK_B
        if taken_b > _FITS_B:
            break
        copied_b += size_b
        (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / path.relative_to(source))
    return target, copied_b, sum(path.stat().st_size for path in files)


def _timed(command: list[str]) -> tuple[float, float]:
    """Run a command against a new board: (the board's seconds, wall seconds)."""
    took = [0.0, 0.0]
    failed: list[str] = []
    stop = threading.Event()
    with VirtualPico(default_uf2()) as pico, ptys(pico) as lines:
        pico.run(BOOT_NS)

        def run(lines: SerialBridge = lines) -> None:
            start_ns, start = pico.now_ns, time.monotonic()
            words = [word.format(port=lines.usb.path) for word in command]
            try:
                done = processes.run(words, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
                if done.returncode:
                    failed.append(done.stderr)
            except subprocess.TimeoutExpired as error:
                failed.append(str(error))
            took[:] = [(pico.now_ns - start_ns) / NS_PER_S, time.monotonic() - start]
            stop.set()

        thread = threading.Thread(target=run)
        thread.start()
        lines.run("real", stop=stop)
        thread.join()
    if failed:
        raise HilError(f"{' '.join(command[2:4])} failed: {failed[0]}")
    return took[0], took[1]


def _nothing_changed(first: Bundle) -> list[Row]:
    with VirtualPico(default_uf2()) as pico:
        pico.run(BOOT_NS)
        board = SimulatedBoard(pico)
        update(board, first)
        operations = pico.flash.operations
        nothing = update(board, first)
        written = pico.flash.operations - operations
    return [
        Row("update with nothing changed", nothing.seconds, "s", at_most("UPDATE_NOTHING_MS", 1000)),
        Row("flash operations of it", written, "", "<= 0"),
    ]


def _one_changed(versions: tuple[Bundle, Bundle, Bundle]) -> list[Row]:
    """Updates of one module. The usual one is into a slot that holds the version before last; into a blank one, once in
    a board's life, all that did not change is written too. In a worn flash the slower of the two.
    """
    blank_s, used_s, note = _module_s(versions, FRESH)
    *worn_s, worn_note = _module_s(versions, WORN)
    return [
        Row(
            "update of one module, until it has proved itself",
            used_s,
            "s",
            at_most("UPDATE_MODULE_MS", 1000),
            note=note,
        ),
        Row("update of one module into a blank slot", blank_s, "s", ""),
        Row(
            "update of one module in a flash as slow as it may be",
            max(worn_s),
            "s",
            at_most("UPDATE_MODULE_WORN_MS", 1000),
            note=worn_note,
        ),
    ]


def _module_s(versions: tuple[Bundle, Bundle, Bundle], wear: float) -> tuple[float, float, str]:
    """Seconds of an update of one module into a blank slot, and into a used one, and both in words."""
    first, second, third = versions
    with VirtualPico(default_uf2(), flash_wear=wear) as pico:
        pico.run(BOOT_NS)
        board = SimulatedBoard(pico)
        update(board, first)
        blank, used = update(board, second), update(board, third)
    note = f"into a used slot {used.seconds:.2f} s, {used.bytes} bytes sent; into a blank one"
    return blank.seconds, used.seconds, f"{note} {blank.seconds:.2f} s, {blank.bytes} bytes"


def several(chosen: Bundle, count: int = 4) -> list[Row]:
    """`sapper update --all`'s work, in the boards' own time."""
    one_s, all_s = (_longest_s(boards, chosen) for boards in (1, count))
    return [
        Row("one board updated by `update --all`", one_s, "s", ""),
        Row(
            f"{_COUNTS[count]} boards at once over one",
            all_s / one_s,
            "",
            at_most("UPDATE_FOUR_PERCENT", 100),
            note=f"the slowest {all_s:.1f} s",
        ),
    ]


def _longest_s(count: int, chosen: Bundle) -> float:
    """The most that passed on any of so many new boards until all were updated."""
    with ExitStack() as stack:
        boards = [stack.enter_context(_running()) for _ in range(count)]
        start_ns = [board.pico.now_ns for board in boards]
        outcomes = update_all([board.usb.path for board in boards], chosen)
        took_s = [(board.pico.now_ns - then) / NS_PER_S for board, then in zip(boards, start_ns, strict=True)]
    for outcome in outcomes:
        if outcome.result is None or outcome.result.outcome != "updated":
            raise HilError(f"updating {outcome.port}: {outcome.error or 'it had the update already'}")
    return max(took_s)


@contextmanager
def _running() -> Iterator[SerialBridge]:
    """A new board that runs in a thread, after its start. Slower than a real one: the laptop of the field does not
    emulate the boards that it updates, and has its cores for itself."""
    stop = threading.Event()
    with VirtualPico(default_uf2()) as pico, ptys(pico) as lines:
        pico.run(BOOT_NS)
        thread = threading.Thread(target=lines.run, args=("real", None, stop), kwargs={"seconds_a_second": _PACE})
        thread.start()
        try:
            yield lines
        finally:
            stop.set()
            thread.join()
