"""Order of the test run: what takes milliseconds first, so that a plain mistake shows at once. And its end: whatever
ends it, its workers and what tests have started end, too."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from sapper_host import processes

# Scenarios on any rig: `pytest hil/scenarios --rig virtual`. They do nothing where no rig is named.
pytest_plugins = ("hil.testing.plugin", "hil.farm.plugin")


def _stop(number: int) -> BaseException:
    for child in psutil.Process().children():
        child.send_signal(signal.SIGTERM)
    return pytest.exit.Exception(f"stopped by {signal.Signals(number).name}", 128 + number)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    with processes.endings(_stop):
        # What is started from here on ends with this process, as this one does with whoever was named before.
        os.environ[processes.VARIABLE] = str(os.getpid())
        return (yield)


def pytest_keyboard_interrupt() -> None:
    """Ctrl-C reached this process, not always its workers."""
    for child in psutil.Process().children():
        child.send_signal(signal.SIGTERM)


# The first marker that a test has decides; tests with none of them come between the pure ones and the slow.
RANKS = {"unit": 0, "micropython": 1, "sil": 3, "virtual": 4, "slow": 5, "bench": 6}
DEFAULT_RANK = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole", action="store_true", help="also what the default run has a sample of (`make test WHOLE=1`)"
    )


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried, and not a sample."""
    return bool(request.config.getoption("--whole"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort by the slowest kind of thing a test needs; within a rank the order stays."""
    if not config.getoption("--whole"):
        left = [item for item in items if item.get_closest_marker("whole")]
        items[:] = [item for item in items if not item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=left)
    items.sort(
        key=lambda item: max(
            (rank for marker, rank in RANKS.items() if item.get_closest_marker(marker)), default=DEFAULT_RANK
        )
    )
