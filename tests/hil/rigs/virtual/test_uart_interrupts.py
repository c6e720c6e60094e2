"""The UARTs' interrupts come at a FIFO's passing its level, not for as long as it is beyond it.

RP2040 datasheet 4.2.6.3 (UARTTXINTR: "based on a transition through a level, rather than on the level itself") and
4.2.8 (UARTIFLS). Linux's driver (drivers/tty/serial/amba-pl011.c) has to empty the FIFO for the same reason: "RXIS is
asserted only when the RX FIFO transitions from below to above the trigger threshold".
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
BYTE_NS = 10 * 1_000_000_000 / 57_600
OPEN = "u = machine.UART(1, 57600, tx=Pin(20), rx=Pin(21), txbuf=512)\n"
# UART1, its interrupts masked: what is raised is cleared at once, and told with the time since bytes were sent.
COUNTED = """
UART = 0x40038000
FLAGS, LCR, IFLS, MASK, RAW, CLEAR = (UART + n for n in (0x18, 0x2c, 0x34, 0x38, 0x3c, 0x44))
mem32[MASK] = 0
def count(bit, done):
    raised = []
    mem32[CLEAR] = bit
    while not done():
        if mem32[RAW] & bit:
            mem32[CLEAR] = bit
            raised.append(time.ticks_diff(time.ticks_us(), t))
    print(*raised)
def idle():
    return mem32[FLAGS] & 0x88 == 0x80
def send(n):
    global t
    t = time.ticks_us()
    for _ in range(n):
        mem32[UART] = 0x55
def sent():
    count(32, idle)
"""


def times(out: str) -> list[float]:
    """In bytes' times."""
    return [int(word) * 1000 / BYTE_NS for word in out.split()]


@pytest.fixture
def uart(repl):
    repl.execute(OPEN + COUNTED)
    return repl


@pytest.mark.parametrize(("select", "level"), [(0, 4), (1, 8), (2, 16), (3, 24), (4, 28)])
def test_the_transmit_interrupt_comes_once_on_the_way_down(uart, select, level):
    """Of 32 bytes one is on the wire at once, 31 wait."""
    (at,) = times(uart.execute(f"mem32[IFLS] = {select}; send(32); sent()"))
    assert 31 - level - 0.2 <= at <= 31 - level + 0.9


def test_below_the_level_there_is_none(uart):
    """When the FIFO was never above it, it does not pass it."""
    assert times(uart.execute("mem32[IFLS] = 2; send(17); sent()")) == []


def test_filled_up_above_the_level_it_comes_again(uart):
    assert len(times(uart.execute("mem32[IFLS] = 2; send(24); sent(); send(24); sent()"))) == 2


def test_filling_above_the_level_clears_it(uart):
    """And so does nothing else but clearing."""
    out = uart.execute(
        "mem32[IFLS] = 2; send(24); time.sleep_ms(4); print(mem32[RAW] >> 5 & 1)\n"
        "send(1); print(mem32[RAW] >> 5 & 1); send(24); print(mem32[RAW] >> 5 & 1)"
    )
    assert out.split() == ["1", "1", "0"]


def test_without_fifos_it_comes_at_each_byte_that_leaves_the_one_place(uart):
    out = uart.execute(
        "mem32[LCR] = mem32[LCR] & ~0x10; mem32[CLEAR] = 32; n = 0\n"
        "for _ in range(5):\n"
        "    print(mem32[RAW] >> 5 & 1); send(1)\n"
        "    while not idle(): pass\n"
        "    print(mem32[RAW] >> 5 & 1); mem32[CLEAR] = 32\n"
    )
    assert out.split() == ["0", "1"] * 5


def test_the_receive_interrupt_comes_once_on_the_way_up(uart):
    """24 bytes that nobody takes: at the 16th, and not again at each after it."""
    uart.pico.uart[1].write(bytes(24), at_ns=uart.pico.now_ns + 20 * MS)
    out = uart.execute(
        "mem32[IFLS] = 0x10; t = time.ticks_us()\ncount(16, lambda: time.ticks_diff(time.ticks_us(), t) > 40_000)"
    )
    assert len(times(out)) == 1


def test_the_interrupts_are_enough_for_a_long_write_without_gaps(repl):
    """MicroPython fills the FIFO up at each."""
    repl.execute(OPEN)
    repl.pico.uart[1].read()
    took_us = repl.execute(
        "t = time.ticks_us(); u.write(bytes(300)); u.flush(); print(time.ticks_diff(time.ticks_us(), t))"
    )
    assert len(b"".join(data for _, data in repl.pico.uart[1].read())) == 300
    assert int(took_us) * 1000 == pytest.approx(300 * BYTE_NS, rel=0.02)


def test_bytes_are_edges_on_the_pin(repl):
    """Start bit, eight of data from the lowest, even parity, two stop bits; between them the line is high."""
    repl.execute("u = machine.UART(1, 115200, bits=8, parity=0, stop=2, tx=Pin(20), rx=Pin(21))")
    pin = repl.pico.pin(20)
    pin.watch()
    repl.execute("time.sleep_us(1000); u.write(b'\\x55\\x07'); u.flush()")
    edges = pin.edges()
    fell = edges[0][0]
    bit_ns = 1e9 / 115200
    bits = [0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1] + [0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1]
    places = [n for n, (before, now) in enumerate(zip([1, *bits], bits, strict=False)) if before != now]
    assert [round((t - fell) / bit_ns, 1) for t, _ in edges] == places
    assert [level for _, level in edges] == [bits[n] for n in places]
