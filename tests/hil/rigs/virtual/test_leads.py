"""A wire from one GPIO to another carries levels, PWM's edges, and what a UART sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.rigs.virtual import VirtualPico, VirtualPicoError

pytestmark = pytest.mark.virtual
BOOT_NS = 600_000_000
BYTE_NS = 10 * 1_000_000_000 / 9600


@pytest.fixture(scope="module")
def wired(uf2: Path) -> Iterator[VirtualPico]:
    """A board with wires from GPIO 0 to 1 and from 4 to 13: a UART to itself, and to the other."""
    with VirtualPico(uf2, seed=7) as pico:
        pico.run(BOOT_NS)
        pico.pin(0).lead_to(pico.pin(1))
        pico.pin(4).lead_to(pico.pin(13))
        yield pico


@pytest.fixture
def board(wired: VirtualPico, repl):
    """Its prompt, of a fresh interpreter."""
    prompt = type(repl)(wired)
    prompt.enter()
    return prompt


def test_what_a_pin_has_the_other_has_and_an_output_there_wins(board) -> None:
    board.execute("a, b = Pin(0, Pin.OUT), Pin(1, Pin.IN, Pin.PULL_UP)")
    assert board.execute("for level in (0, 1, 0): a(level); print(b(), end='')") == "010"
    assert board.execute("a(1); b.init(Pin.OUT, value=0); print(a(), b())").strip() == "1 0"
    assert board.execute("b.init(Pin.IN); a.init(Pin.IN, Pin.PULL_UP); print(b())").strip() == "1"


def test_the_edges_of_pwm_arrive_one_by_one(board) -> None:
    printed = board.execute(
        "p, b = machine.PWM(Pin(0), freq=500, duty_u16=16384), Pin(1, Pin.IN)\n"
        "def high():\n machine.time_pulse_us(b, 1)\n return machine.time_pulse_us(b, 1)\n"  # the first may be cut
        "short = high(); p.duty_u16(49152); print(short, high())"
    )
    short_us, long_us = (int(word) for word in printed.split())
    assert abs(short_us - 500) <= 4 and abs(long_us - 1500) <= 4


def test_a_byte_arrives_when_its_stop_bit_has_been_sent(board) -> None:
    board.execute("u = machine.UART(0, 9600, tx=Pin(0), rx=Pin(1)); u.write(b'A')")
    began_ns = board.pico.now_ns
    printed = board.execute("t = time.ticks_us()\nwhile not u.any(): pass\nprint(u.read(), end='')")
    assert printed == "b'A'"
    sent_ns = board.pico.uart[0].read()[-1][0]
    assert sent_ns - began_ns < BYTE_NS


def test_one_uart_is_heard_by_the_other(board) -> None:
    printed = board.execute(
        "one = machine.UART(1, 9600, tx=Pin(4), rx=Pin(5)); other = machine.UART(0, 9600, tx=Pin(12), rx=Pin(13))\n"
        "one.write(b'over here'); one.flush(); time.sleep_ms(10); print(other.read(), one.read())"
    )
    assert printed.strip() == "b'over here' None"


def test_a_wire_to_itself_is_refused(wired: VirtualPico) -> None:
    with pytest.raises(VirtualPicoError, match="a wire from GPIO 3 to itself leads nowhere"):
        wired.pin(3).lead_to(wired.pin(3))


BREAKS = """
mem = machine.mem32
FR, LCR, CR, RIS, ICR = (0x40034000 + at for at in (0x18, 0x2c, 0x30, 0x3c, 0x44))
u = machine.UART(0, 9600, tx=Pin(0), rx=Pin(1))
irq = machine.disable_irq()
mem[ICR] = 0x7ff
mem[LCR] |= 1
time.sleep_us({low_us})
raised = mem[RIS]
mem[LCR] &= ~1
time.sleep_us(3000)
characters = []
while not mem[FR] & 0x10:
    characters.append(hex(mem[0x40034000]))
machine.enable_irq(irq)
print(hex(raised & 0x280), characters)
"""


@pytest.mark.parametrize(("low_us", "told"), [(1200, "0x280 ['0x500']"), (5000, "0x280 ['0x500']"), (700, "0x0 []")])
def test_a_line_that_is_low_for_a_frame_is_one_break_and_a_shorter_one_is_none(board, low_us: int, told: str) -> None:
    """PL011: break and framing error are raised, and one character 0 carries both, however long it lasts."""
    assert board.execute(BREAKS.format(low_us=low_us)).strip() == told
