"""SPI: bytes take their time on the wire, by the processor and by DMA."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
SETUP = "from machine import SPI\ns = SPI({number}, {hz}, sck=Pin({sck}), mosi=Pin({mosi}), miso=Pin({miso}))\n"
TIMED = "t = time.ticks_us(); {what}; print(time.ticks_diff(time.ticks_us(), t))"
WIRES = {0: dict(number=0, sck=18, mosi=19, miso=16), 1: dict(number=1, sck=10, mosi=11, miso=12)}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("length", [1, 10, 31, 32, 64, 1000])
def test_a_write_ends_when_its_bits_have_gone(repl, number, length):
    """MicroPython has DMA carry 20 bytes and more."""
    repl.execute(SETUP.format(hz=1_000_000, **WIRES[number]))
    took = int(repl.execute(TIMED.format(what=f"s.write(bytes({length}))")))
    assert 8 * length <= took <= 8 * length * 1.02 + 150


def test_the_rate_is_the_one_that_was_asked_for(repl):
    repl.execute(SETUP.format(hz=100_000, **WIRES[0]))
    assert 8000 <= int(repl.execute(TIMED.format(what="s.write(bytes(100))"))) <= 8300


@pytest.mark.parametrize("level", [0, 1])
def test_what_is_read_is_what_the_wire_has(repl, level):
    repl.pico.pin(16).drive(level)
    repl.execute(SETUP.format(hz=1_000_000, **WIRES[0]))
    assert repl.execute("print(set(s.read(5)), set(s.read(50)))").split() == 2 * [f"{{{255 * level}}}"]


def test_after_a_reset_it_goes_on(repl):
    """The block's requests to DMA are as after power-up."""
    repl.execute(SETUP.format(hz=1_000_000, **WIRES[0]) + "s.deinit()\n" + SETUP.format(hz=1_000_000, **WIRES[0]))
    assert 500 <= int(repl.execute(TIMED.format(what="s.write(bytes(64))"))) <= 700
