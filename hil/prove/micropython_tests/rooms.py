"""Which of MicroPython's folders of tests are run, what a board needs for them, and which tests there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hil.errors import HilError
from sapper_host.files.checkout import toolchain

# The tests want GPIO 0, an output of PWM and UART 0, on GPIO 1.
LOOP = (0, 1)


@dataclass(frozen=True)
class Room:
    """folder: below MicroPython's tests/. wires: from which GPIO to which. data: a folder of the room that the tests
    read, put where they look for it. sample: of a short run, the first test and the step to the next. left: what lies
    there and is no test. timed: its tests measure what they take."""

    name: str
    folder: str = ""
    wires: tuple[tuple[int, int], ...] = ()
    data: str = ""
    sample: tuple[int, int] = (0, 30)
    left: frozenset[str] = frozenset()
    timed: bool = False


ROOMS = {
    room.name: room
    for room in (
        Room("basics"),
        Room("float"),
        Room("micropython"),
        Room("misc", sample=(3, 5)),
        Room("extmod"),
        Room("unicode", data="data", sample=(0, 5)),
        Room("stress", sample=(0, 6)),
        # The other folder of this room is another processor's.
        Room("inlineasm", "inlineasm/thumb", sample=(0, 6)),
        Room("ports/rp2", sample=(0, 3)),
        Room("extmod_hardware", wires=(LOOP,), sample=(1, 2)),
        Room("perf_bench", sample=(0, 8), left=frozenset({"benchrun"}), timed=True),
    )
}


@dataclass(frozen=True)
class Case:
    """One test: its room's name, and its file."""

    room: str
    path: Path

    @property
    def name(self) -> str:
        """Room and name, as in `basics/list1`."""
        return f"{self.room}/{self.path.stem}"


def tests_folder() -> Path:
    """tests/ of the sources the image was built from. HilError when they cannot be had."""
    answer = toolchain("where", capture_output=True)
    if answer.returncode != 0:
        raise HilError(f"no MicroPython sources: {answer.stderr.strip()}")
    return Path(answer.stdout.splitlines()[-1]) / "tests"


def cases(folder: Path, room: Room) -> list[Case]:
    """The tests of a room, sorted."""
    paths = sorted((folder / (room.folder or room.name)).glob("*.py"))
    return [Case(room.name, path) for path in paths if path.stem not in room.left]


def select(folder: Path, only: Sequence[str]) -> list[Case]:
    """The tests that `only` names (none: all): a room, `ROOM/TEST` or `TEST`, as shell patterns. HilError for a name
    that nothing has."""
    found = [case for room in ROOMS.values() for case in cases(folder, room)]
    for pattern in only:
        if not any(_is_meant(case, pattern) for case in found):
            raise HilError(f"no room or test is named {pattern}; the rooms are {', '.join(ROOMS)}")
    return [case for case in found if not only or any(_is_meant(case, pattern) for pattern in only)]


def _is_meant(case: Case, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (case.room, case.name, case.path.stem))


def sample(folder: Path, room: Room) -> list[Case]:
    """The tests that stand for all of the room's."""
    first, step = room.sample
    return cases(folder, room)[first::step]
