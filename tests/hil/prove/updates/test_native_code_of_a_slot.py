"""An application from a slot puts its native code where the factory's was, and the factory's comes back whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from hil.prove.updates.board import BOOT_NS, SimulatedBoard
from hil.prove.updates.versions import bundle
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_S
from hil.rigs.virtual import VirtualPico, VirtualPicoError
from sapper_host.errors import SapperError
from sapper_host.update.update import update

pytestmark = pytest.mark.virtual

_SOFT_RESET_TO_THE_FACTORY = b"import slots; slots.point_to('factory')\r\x04"


@pytest.fixture(scope="module")
def flash_with_a_slot(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Of a board whose application comes from a slot."""
    with VirtualPico(default_uf2()) as pico:
        pico.run(BOOT_NS)
        update(
            SimulatedBoard(pico),
            bundle(tmp_path_factory.mktemp("slot") / "one", {"sapper/link/status.py": "_OTHER = 1"}),
        )
        pico.run(2 * NS_PER_S)
        return pico.flash.image()


@pytest.fixture
def board(flash_with_a_slot: bytes) -> Iterator[SimulatedBoard]:
    with VirtualPico(default_uf2(), flash_image=flash_with_a_slot) as pico:
        pico.run(BOOT_NS)
        yield SimulatedBoard(pico)


def source(board: SimulatedBoard) -> str:
    return str(board.dialog.ask("version", wait_s=5).values()["source"])


def soft_reset_to_the_factory(board: SimulatedBoard) -> None:
    """By the prompt, as no reset of the chip copies the hot set anew then."""
    board.pico.run(NS_PER_S)
    board.pico.usb.write(b"\x03")
    board.pico.run(NS_PER_S)
    board.pico.usb.write(_SOFT_RESET_TO_THE_FACTORY)
    board.pico.run(2 * NS_PER_S)
    board.reopen(0)


def test_after_a_soft_reset_from_a_slot_the_factorys_application_works(board: SimulatedBoard) -> None:
    assert source(board).startswith("slot")
    soft_reset_to_the_factory(board)
    assert source(board) == "factory"
    answer = board.dialog.ask("selftest", wait_s=5, check=False)
    assert "flash: pass" in [*answer.lines]


def test_without_its_code_there_the_factorys_application_does_not_get_on(board: SimulatedBoard) -> None:
    """The proof that the one above proves something."""
    soft_reset_to_the_factory(board)
    with default_uf2().with_suffix(".sections.csv").open() as rows:
        places = [row for row in csv.DictReader(rows) if row["output"] == ".hot_app"]
    assert places
    for row in places:
        board.pico.memory.write(int(row["address"], 16), b"\x00\xde" * (int(row["bytes"]) // 2))  # udf
    with pytest.raises((VirtualPicoError, SapperError)):
        source(board)
