"""SPI: bytes take their time on the wire, by the processor and by DMA (RP2040 datasheet 4.4.3)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
SETUP = "from machine import SPI\ns = SPI({number}, {hz}, sck=Pin({sck}), mosi=Pin({mosi}), miso=Pin({miso}))\n"
TIMED = "t = time.ticks_us(); {what}; print(time.ticks_diff(time.ticks_us(), t))"
# With SPH 0, chip select is high between two frames (datasheet 4.4.3.10): on a Pico 1.5 clocks beside the eight
# (raspberrypi.stackexchange.com, question 132758; issue 285 of pico-examples saw the clock low for two).
BYTE_BITS = 9.5
WIRES = {0: dict(number=0, sck=18, mosi=19, miso=16), 1: dict(number=1, sck=10, mosi=11, miso=12)}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("length", [1, 10, 31, 32, 64, 1000])
def test_a_write_ends_when_its_bits_have_gone(repl, number, length):
    """MicroPython has DMA carry 20 bytes and more."""
    repl.execute(SETUP.format(hz=1_000_000, **WIRES[number]))
    took = int(repl.execute(TIMED.format(what=f"s.write(bytes({length}))")))
    assert BYTE_BITS * length <= took + 1 and took <= BYTE_BITS * length * 1.02 + 300


def test_the_rate_is_the_one_that_was_asked_for(repl):
    repl.execute(SETUP.format(hz=100_000, **WIRES[0]))
    assert 9499 <= int(repl.execute(TIMED.format(what="s.write(bytes(100))"))) <= 9800


def test_with_the_other_phase_bytes_follow_each_other(repl):
    """Chip select stays low between frames (datasheet 4.4.3.11)."""
    repl.execute(SETUP.format(hz=100_000, **WIRES[0]).replace("miso=", "phase=1, miso="))
    assert 7999 <= int(repl.execute(TIMED.format(what="s.write(bytes(100))"))) <= 8300


@pytest.mark.parametrize("level", [0, 1])
def test_what_is_read_is_what_the_wire_has(repl, level):
    repl.pico.pin(16).drive(level)
    repl.execute(SETUP.format(hz=1_000_000, **WIRES[0]))
    assert repl.execute("print(set(s.read(5)), set(s.read(50)))").split() == 2 * [f"{{{255 * level}}}"]


def test_after_a_reset_it_goes_on(repl):
    """The block's requests to DMA are as after power-up."""
    repl.execute(SETUP.format(hz=1_000_000, **WIRES[0]) + "s.deinit()\n" + SETUP.format(hz=1_000_000, **WIRES[0]))
    assert 600 <= int(repl.execute(TIMED.format(what="s.write(bytes(64))"))) <= 800


# Registers of SPI0; the block is out of reset and at 100 kHz: a byte takes 95 us.
BY_HAND = SETUP.format(hz=100_000, **WIRES[0]) + (
    "import array\n"
    "SPI0 = 0x4003c000\n"
    "data = array.array('B', bytes(range(100))); into = array.array('B', bytes(100))\n"
    "def dma(to, n=100):\n"
    "    d = rp2.DMA()\n"
    "    read, write, treq = (data, SPI0 + 8, 16) if to else (SPI0 + 8, into, 17)\n"
    "    ctrl = d.pack_ctrl(size=0, inc_read=to, inc_write=not to, treq_sel=treq)\n"
    "    d.config(read=read, write=write, count=n, ctrl=ctrl, trigger=True)\n"
    "    return d\n"
    "def status(): return mem32[SPI0 + 12] & 31\n"
)


def test_dma_fills_the_fifo_and_then_goes_at_the_pace_of_the_wire(repl):
    """Eight into the FIFO of a block that is not on; with it on, one for each frame that leaves."""
    out = repl.execute(
        BY_HAND + "mem32[SPI0 + 4] = 0; mem32[SPI0 + 0x24] = 2\n"
        "d = dma(True); print(100 - d.count, status())\n"
        "mem32[SPI0 + 4] = 2; t = time.ticks_us()\n"
        "left = [(d.count, time.ticks_diff(time.ticks_us(), t)) for _ in range(40) if not time.sleep_us(50)]\n"
        "while status() & 16: pass\n"
        "print(time.ticks_diff(time.ticks_us(), t)); d.close()\n"
        "print(*left, sep=';')"
    )
    before, took, left = out.splitlines()
    moved, status = (int(word) for word in before.split())
    assert (moved, status) == (8, 0b10000)  # busy: there is something to send; full
    assert 9450 <= int(took) <= 9650
    for count, at_us in (eval(pair) for pair in left.split(";")):
        assert -0.3 <= at_us / 95 + 9 - (100 - count) <= 1.5


def test_without_leave_dma_gets_nothing(repl):
    """SSPDMACR gives the requests; there are none without it, and none from a receive FIFO that is empty."""
    out = repl.execute(
        BY_HAND + "mem32[SPI0 + 4] = 2; mem32[SPI0 + 0x24] = 0\n"
        "t = dma(True); r = dma(False); time.sleep_us(1000); print(t.count, r.count)\n"
        "mem32[SPI0 + 0x24] = 1; time.sleep_us(1000); print(t.count, r.count)\n"
        "mem32[SPI0 + 0x24] = 3; time.sleep_ms(12); print(t.count, r.count); t.close(); r.close()"
    )
    assert out.split() == ["100", "100", "100", "100", "0", "0"]


def test_what_nobody_takes_overruns_after_eight(repl):
    """Looped back: what was sent comes in, the first eight of it."""
    out = repl.execute(
        BY_HAND + "mem32[SPI0 + 4] = 3; mem32[SPI0 + 0x24] = 2\n"
        "d = dma(True, 20); time.sleep_ms(4); print(mem32[SPI0 + 0x18] & 1, status())\n"
        "r = dma(False, 8); mem32[SPI0 + 0x24] = 1; time.sleep_us(1000); print(list(into[:8]), status())\n"
        "mem32[SPI0 + 0x20] = 1; print(mem32[SPI0 + 0x18] & 1); d.close(); r.close()"
    )
    assert [line.strip() for line in out.splitlines()] == ["1 15", "[0, 1, 2, 3, 4, 5, 6, 7] 3", "0"]


@pytest.mark.parametrize(("polarity", "phase"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_frames_are_edges_on_the_pins(repl, polarity, phase):
    """Read back as a slave would: data at the first edge of the clock, or the second, while chip select is low."""
    pico = repl.pico
    wires = {name: pico.pin(gpio) for name, gpio in (("cs", 17), ("clock", 18), ("data", 19))}
    repl.execute(
        SETUP.format(hz=1_000_000, **WIRES[0]).replace("miso=", f"polarity={polarity}, phase={phase}, miso=")
        + "mem32[0x40014000 + 8 * 17 + 4] = 1"
    )
    for pin in wires.values():
        pin.watch()
    repl.execute("s.write(b'\\xa5\\x0f\\x81')")
    edges = {name: pin.edges() for name, pin in wires.items()}
    captured = 1 - polarity if phase == 0 else polarity

    def level_at(name, at):
        return next(
            (level for t, level in reversed(edges[name]) if t < at), {"cs": 1, "clock": polarity, "data": 0}[name]
        )

    bits = [level_at("data", t) for t, level in edges["clock"] if level == captured]
    assert int("".join(map(str, bits)), 2) == 0xA50F81
    assert all(level_at("cs", t) == 0 for t, level in edges["clock"] if level == captured)
    assert len([level for _, level in edges["cs"] if level == 0]) == (3 if phase == 0 else 1)
    times = [t for t, level in edges["clock"] if level == captured]
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    bit_ns = min(gaps)
    assert abs(bit_ns - 1000) < 20
    between = 2.5 if phase == 0 else 1
    assert [round(gap / bit_ns, 2) for gap in gaps] == 2 * ([1.0] * 7 + [between]) + [1.0] * 7
