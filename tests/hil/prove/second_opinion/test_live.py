"""Both emulators run the image. One unit always, with the canaries; all by --whole, or `make second-opinion`."""

from __future__ import annotations

import os

import pytest

from hil.prove.second_opinion.__main__ import run_all, unused_reasons
from hil.prove.second_opinion.boards import prepared_flash
from hil.prove.second_opinion.canaries import CANARIES
from hil.prove.second_opinion.compare import rows
from hil.prove.second_opinion.units import UNITS, Heard, run
from hil.rigs.firmware import default_uf2

pytestmark = pytest.mark.virtual


@pytest.fixture(scope="module")
def flash() -> bytes:
    return prepared_flash(default_uf2())


def wrong(heard: Heard) -> list[str]:
    return [row.wrong for row in rows(heard.ours, heard.theirs) if row.wrong]


def test_both_agree_on_pio(flash: bytes) -> None:
    heard = run("pio", flash)
    assert wrong(heard) == []
    edges = next(figure.value for figure in heard.theirs if figure.name == "pio: GPIO 6 edges")
    assert isinstance(edges, tuple) and len(edges) > 100


def test_a_pio_without_its_dividers_is_noticed(flash: bytes) -> None:
    assert wrong(run("pio", flash, "divider"))


@pytest.mark.slow
@pytest.mark.whole
def test_both_agree_on_everything() -> None:
    heard = run_all(list(UNITS), default_uf2(), os.cpu_count() or 1)
    judged = [row for each in heard for row in rows(each.ours, each.theirs)]
    assert [row.wrong for row in judged if row.wrong] == []
    assert unused_reasons(list(UNITS), judged) == []


@pytest.mark.slow
@pytest.mark.parametrize("canary", [name for name in CANARIES if name != "divider"])
def test_a_canary_is_noticed(flash: bytes, canary: str) -> None:
    assert wrong(run(CANARIES[canary].noticed_in, flash, canary))
