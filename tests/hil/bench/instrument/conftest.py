"""The instrument's modules, flat as on its board, and the instrument itself on a virtual Pico."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.bench.instrument import lines
from sapper_host.files.checkout import ROOT

FIRMWARE = ROOT / "hil" / "bench" / "instrument"
# Behind all others: names like `report` are many people's.
sys.path += [str(Path(__file__).parent), str(FIRMWARE)]

import driver as _driver  # noqa: E402


@pytest.fixture(scope="session")
def instrument_uf2() -> Path:
    """The image, which `make test` builds."""
    path = ROOT / "build" / "instrument.uf2"
    assert path.exists(), "build/instrument.uf2 is not there: make instrument"
    return path


@pytest.fixture(scope="module")
def driver(instrument_uf2: Path) -> Iterator[_driver.Driver]:
    """An instrument with a converter, on its crystal's time; tests of a module share it, and leave it parked."""
    made = _driver.start(instrument_uf2, seed=5, crystal_ppm=0)
    yield made
    made.pico.close()


@pytest.fixture
def instrument(driver: _driver.Driver) -> Iterator[_driver.Driver]:
    """The shared one, with nothing told that was not told to this test."""
    driver.run(20)
    driver.forget()
    yield driver
    driver.park()
    for gpio in range(lines.WATCHED_FIRST, lines.WATCHED_FIRST + lines.WATCHED):
        driver.pico.pin(gpio).drive(0)
