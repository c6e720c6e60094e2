"""Both boards, alike: the same flash, the same voltages, the loop closed, and nothing left to chance."""

from __future__ import annotations

from pathlib import Path

from hil.prove.second_opinion.second_pico import SecondPico
from hil.rigs.rig import NS_PER_S
from hil.rigs.virtual.pico import VirtualPico
from sapper.shared.pins import GPIO

OURS, THEIRS = "virtual", "rp2040py"
Board = VirtualPico | SecondPico

# mV at the inputs: gates 0 to 2, a third of the supply, the chip's sensor at 27 degrees. Off the steps of erratum E11.
_INPUTS_MV = (1640, 1650, 1660, 1667, 706)


def prepared_flash(uf2: Path) -> bytes:
    """The flash of a board that has started once: its file system is made."""
    with VirtualPico(uf2, xip_miss_clk=0) as board:
        board.run(NS_PER_S)
        return board.flash.image()


def opened(side: str, flash: bytes) -> Board:
    """A board with that flash, just powered. Ours without what rp2040py has not: a flash cache, the tolerance of a
    crystal, noise, the clocks of exceptions and of return addresses on the stack."""
    board: Board
    if side == OURS:
        board = VirtualPico(None, flash_image=flash, xip_miss_clk=0, charges_left_out=True, crystal_ppm=0)
        board.adc.noise(0)
    else:
        board = SecondPico(flash)
    for channel, millivolts in enumerate(_INPUTS_MV):
        board.adc.set(channel, millivolts)
    board.pin(GPIO["ESTOP_OK"]).drive(1)
    return board
