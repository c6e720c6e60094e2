"""Order of the test run: what takes milliseconds first, so that a plain mistake shows at once."""

import signal

import pytest

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program that they start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The first marker that a test has decides; tests with none of them come between the pure ones and the slow.
RANKS = {"unit": 0, "micropython": 1, "sil": 3, "virtual": 4, "slow": 5, "bench": 6}
DEFAULT_RANK = 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by the slowest kind of thing a test needs; within a rank the order stays."""
    items.sort(
        key=lambda item: max(
            (rank for marker, rank in RANKS.items() if item.get_closest_marker(marker)), default=DEFAULT_RANK
        )
    )
