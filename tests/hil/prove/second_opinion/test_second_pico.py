"""rp2040py with what stands around it: each fault that is worked round is there without, and is not with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from rp2040py.rp2040 import RP2040
from rp2040py.utils.logging import ConsoleLogger, LogLevel

from hil.prove.second_opinion.canaries import CANARIES
from hil.prove.second_opinion.second_pico import SecondPico

pytestmark = pytest.mark.unit

IO_BANK0, PADS, SIO, PIO0 = 0x40014000, 0x4001C000, 0xD0000000, 0x50200000
ADC, UART0, TIMER, PSM, WATCHDOG = 0x4004C000, 0x40034000, 0x40054000, 0x40010000, 0x40058000
IMSC, ICR, MIS, DR = 0x38, 0x44, 0x40, 0x00
TX = 1 << 5
PIO_FUNCTION, SIO_FUNCTION = 6, 5


@pytest.fixture
def pico() -> Iterator[SecondPico]:
    """A board with an empty flash, its core asleep: only its other parts do something."""
    board = SecondPico(b"")
    board.chip.core.waiting = True
    yield board
    board.close()


def bare() -> RP2040:
    chip = RP2040()
    chip.logger = ConsoleLogger(LogLevel.ERROR)
    return chip


def room_to_send_after_a_clear(chip: RP2040) -> int:
    chip.write_uint32(UART0 + IMSC, TX)
    chip.write_uint32(UART0 + ICR, TX)
    return chip.read_uint32(UART0 + MIS) & TX


def test_a_cleared_room_to_send_stays_cleared_until_a_byte_has_gone(pico: SecondPico) -> None:
    assert room_to_send_after_a_clear(bare()), "mended in the package: uart_line.py may go"
    assert not room_to_send_after_a_clear(pico.chip)
    pico.chip.write_uint32(UART0 + DR, 0x55)
    assert pico.chip.read_uint32(UART0 + MIS) & TX
    assert [data for _, data in pico.uart[0].read()] == [b"\x55"]


def test_bytes_for_a_uart_come_one_after_the_other_in_their_time(pico: SecondPico) -> None:
    pico.chip.write_uint32(UART0 + 0x24, 67)  # 125 MHz / 16 / (67 + 52/64): 115,200 baud
    pico.chip.write_uint32(UART0 + 0x28, 52)
    pico.uart[0].write(b"abc")
    came = []
    for _ in range(3):
        pico.run(86_900)
        came.append(pico.chip.uart[0].rx_fifo.item_count)
    assert came == [1, 2, 3]


def round_robin(chip: RP2040, inputs: int) -> list[int]:
    for channel in range(5):
        chip.adc.channel_values[channel] = 100 + channel
    chip.write_uint32(ADC + 0x08, 1)  # into the FIFO
    chip.write_uint32(ADC, 0b11 | 1 << 3 | inputs << 16)
    seen = []
    for _ in range(8):
        chip.clock.tick(2000)
        seen.append(chip.read_uint32(ADC + 0x0C) - 100)
    return seen


def test_the_round_robin_goes_round(pico: SecondPico) -> None:
    assert round_robin(bare(), 0b11111) == [0] * 8, "mended in the package: converter.py may go"
    assert round_robin(pico.chip, 0b11111) == [0, 1, 2, 3, 4, 0, 1, 2]


def test_the_round_robin_leaves_out_what_is_not_asked_for(pico: SecondPico) -> None:
    assert round_robin(pico.chip, 0b10101) == [0, 2, 4, 0, 2, 4, 0, 2]


def test_voltages_are_codes_of_twelve_bits(pico: SecondPico) -> None:
    for millivolts, code in ((0, 0), (1650, 2048), (3300, 4095), (5000, 4095), (-1, 0)):
        pico.adc.set(2, millivolts)
        assert pico.chip.adc.channel_values[2] == code


def open_input(chip: RP2040, gpio: int) -> None:
    chip.write_uint32(PADS + 4 + 4 * gpio, 0x56)


def raise_output(chip: RP2040, gpio: int) -> int:
    open_input(chip, gpio)
    chip.write_uint32(IO_BANK0 + 8 * gpio + 4, SIO_FUNCTION)
    chip.write_uint32(SIO + 0x24, 1 << gpio)
    chip.write_uint32(SIO + 0x14, 1 << gpio)
    return chip.gpio_values >> gpio & 1


def test_an_output_is_read_back_and_its_edges_are_kept(pico: SecondPico) -> None:
    assert not raise_output(bare(), 6), "mended in the package: wire.py may go"
    pico.pin(6).watch()
    assert raise_output(pico.chip, 6) and pico.pin(6).level
    assert [level for _, level in pico.pin(6).edges()] == [1]


def test_a_pin_is_driven_at_its_time_and_the_chip_reads_it(pico: SecondPico) -> None:
    open_input(pico.chip, 17)
    pico.pin(17).watch()
    pico.pin(17).drive(1, 10_000)
    pico.run(9_000)
    assert not pico.chip.gpio_values >> 17 & 1
    pico.run(2_000)
    assert pico.chip.gpio_values >> 17 & 1
    assert pico.pin(17).edges() == [(10_000, 1)]


def start_square(chip: RP2040, divider: int) -> None:
    """GPIO 0 turned over by each instruction of state machine 0."""
    chip.write_uint32(IO_BANK0 + 4, PIO_FUNCTION)
    for i, instruction in enumerate((0xE001, 0xE000)):  # set pins, 1; set pins, 0
        chip.write_uint32(PIO0 + 0x48 + 4 * i, instruction)
    chip.write_uint32(PIO0 + 0xC8, divider << 16)
    chip.write_uint32(PIO0 + 0xCC, 1 << 12)  # wraps after the second
    chip.write_uint32(PIO0 + 0xDC, 1 << 26)  # one pin to set
    chip.write_uint32(PIO0 + 0xD8, 0xE081)  # set pindirs, 1
    chip.write_uint32(PIO0, 1)


def test_state_machines_keep_their_time_while_the_core_sleeps(pico: SecondPico) -> None:
    pico.pin(0).watch()
    start_square(pico.chip, 100)
    pico.run(100_000)
    times = [t_ns for t_ns, _ in pico.pin(0).edges()]
    assert len(times) >= 120
    # The very first instruction is one clock late.
    assert {later - earlier for earlier, later in pairwise(times[1:])} == {800}


def test_a_lost_divider_shows(pico: SecondPico) -> None:
    CANARIES["divider"].spoil(pico)
    pico.pin(0).watch()
    start_square(pico.chip, 100)
    pico.run(10_000)
    assert len(pico.pin(0).edges()) > 1000


def test_a_fast_timer_shows(pico: SecondPico) -> None:
    CANARIES["timer"].spoil(pico)
    pico.run(1_000_000)
    assert pico.chip.read_uint32(TIMER + 0x28) == 1010


def test_a_reset_by_the_watchdog_lets_the_pins_go_and_shows_it(pico: SecondPico) -> None:
    raise_output(pico.chip, 6)
    pico.pin(6).watch()
    pico.chip.write_uint32(PSM + 0x08, 0x1FFFC)  # everything but the oscillators (PSM, WDSEL)
    pico.chip.write_uint32(WATCHDOG, 1 << 31)
    assert [level for _, level in pico.pin(6).edges()] == [0]
