"""The pytest plugin: scenarios on any rig. `pytest -p hil.testing.plugin --rig virtual`, from any repository.

    import pytest

    @pytest.mark.needs("Power")
    def test_a_power_cut_ends_a_sweep(board):
        board.sweep()
        ...

Fixtures: `rig` (its board just restarted), `world` (a closed loop around it; `@pytest.mark.world("hard")` for another
than 'clean'), `operator`, `board` (booted, in SAFE). Marks: `needs(...)`, capabilities by name or class.

Imports nothing of ours before a rig is asked for: as an entry point it is loaded wherever pytest runs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hil.play.closed_loop import ClosedLoop
    from hil.play.operator import Operator
    from hil.testing.board import Board
    from hil.testing.running import Scenarios
    from hil.testing.watched import WatchedRig

_RUNNING = "sapper-scenarios"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sapper", "Sapper's rigs")
    group.addoption(
        "--rig", action="append", default=[], metavar="NAME", help="run on this rig: sil, virtual or bench; repeatable"
    )
    # pytest-repeat has an option of that name: where it is installed, ours is the long one alone.
    names = ("--rig-count",) if importlib.util.find_spec("pytest_repeat") else ("--rig-count", "--count")
    group.addoption(
        *names, dest="rig_count", type=int, default=1, metavar="N", help="run each scenario N times; each run counts"
    )
    group.addoption("--rig-config", type=Path, metavar="FILE", help="the bench's configuration")
    group.addoption("--rig-firmware", type=Path, metavar="FILE", help="the firmware under test (default: the build's)")
    group.addoption(
        "--rig-report",
        type=Path,
        default=Path("build/scenarios"),
        metavar="FOLDER",
        help="report.html and what failures leave go here (%(default)s)",
    )
    group.addoption("--rig-book", type=Path, metavar="FILE", help="the book of runs (default: this user's own)")
    group.addoption("--place", default="", metavar="NAME", help="the place of a farm whose bench is to be taken")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from hil.testing import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*capabilities): what the rig has to offer, else the scenario is skipped")
    config.addinivalue_line("markers", "world(name): the world that the board stands in; 'clean' without it")
    if not config.getoption("--rig"):
        return
    _check_options(config)
    from hil.testing.running import Scenarios

    config.pluginmanager.register(Scenarios(config), _RUNNING)


def _check_options(config: pytest.Config) -> None:
    """What cannot be, said before anything is started."""
    from hil.errors import HilError
    from hil.rigs.registry import entry

    try:
        for name in config.getoption("--rig"):
            entry(name)
    except HilError as error:
        raise pytest.UsageError(f"--rig: {error}") from None
    if config.getoption("rig_count") < 1:
        raise pytest.UsageError("--count: give 1 or more")
    for option in ("--rig-config", "--rig-firmware"):
        path = config.getoption(option)
        if path is not None and not path.is_file():
            raise pytest.UsageError(f"{option}: there is no file {path}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A scenario for each rig, and as often as was asked for."""
    if "rig_name" not in metafunc.fixturenames or not metafunc.config.getoption("--rig"):
        return
    count = metafunc.config.getoption("rig_count")
    runs = [(name, i) for name in dict.fromkeys(metafunc.config.getoption("--rig")) for i in range(1, count + 1)]
    ids = [name if count == 1 else f"{name}-{i}of{count}" for name, i in runs]
    metafunc.parametrize("rig_name", [name for name, _ in runs], ids=ids, indirect=True, scope="session")


# Fixtures


@pytest.fixture(scope="session")
def rig_name(request: pytest.FixtureRequest) -> str:
    """The rig that this run of the scenario is for."""
    if not hasattr(request, "param"):
        pytest.skip("for a rig, and none was chosen: --rig sil, --rig virtual or --rig bench")
    return str(request.param)


@pytest.fixture
def rig(request: pytest.FixtureRequest, rig_name: str) -> Iterator[WatchedRig]:
    """The rig: checked once a session (hil/testing/job.py), its board restarted for this test, and watched."""
    running: Scenarios | None = request.config.pluginmanager.get_plugin(_RUNNING)
    assert running is not None  # `rig_name` has skipped
    yield from running.lent(request.node, rig_name)


@pytest.fixture
def world(request: pytest.FixtureRequest, rig: WatchedRig) -> ClosedLoop:
    """A rover in a world around the board. Time passes through its `run`."""
    from hil.play.closed_loop import ClosedLoop
    from hil.world.world import load_world

    mark = request.node.get_closest_marker("world")
    return ClosedLoop(rig, load_world(mark.args[0] if mark else "clean"))


@pytest.fixture
def operator(rig: WatchedRig, world: ClosedLoop) -> Operator:
    """The operator at the board's USB, in that world."""
    from hil.play.operator import Operator

    return Operator(rig, world.run)


@pytest.fixture
def board(rig: WatchedRig, world: ClosedLoop, operator: Operator) -> Board:
    """The board with the firmware under test, booted, in SAFE, its loop closed, its key off."""
    from hil.testing.board import Board

    made = Board(rig, world, operator)
    made.boot()
    return made
