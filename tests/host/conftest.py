"""Settings of the host's tests, and what many of them need."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.host.fake_board import FakeBoard

# A busy machine is no failure: how long one example takes is not what these tests promise.
settings.register_profile("host", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("host")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own: no rigs that run here, no history."""
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def board() -> Iterator[FakeBoard]:
    """A board that answers in this process."""
    with FakeBoard() as made:
        yield made
