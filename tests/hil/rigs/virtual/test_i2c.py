"""I2C: MicroPython's own driver on a bus with devices, faults and time (RP2040 datasheet 4.3)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico, link

pytestmark = pytest.mark.virtual
US = 1000
MS = 1_000_000
ADDRESS = 0x50
OPEN = "from machine import I2C\ni = I2C({number}, sda=Pin({sda}), scl=Pin({scl}), freq={hz}{more})\n"
PINS = {0: (20, 21), 1: (14, 15)}
# Counts that pico-sdk sets at 125 MHz, and what the block adds to them (datasheet 4.3.14.1).
PERIOD_NS = {400_000: 8 * (126 + 11 + 7 + 187 + 1), 100_000: 8 * (500 + 46 + 7 + 750 + 1)}
CATCH = "try: print({what})\nexcept OSError as e: print('OSError', e.errno)\n"
EIO, ENODEV, ETIMEDOUT = "OSError 5", "OSError 19", "OSError 110"
I2C0 = 0x40044000
CON, TAR, DATA_CMD, RAW_INTR, CLR_TX_ABRT, CLR_STOP = 0x00, 0x04, 0x10, 0x34, 0x54, 0x60
ENABLE, STATUS, TXFLR, RXFLR, ABRT_SOURCE, DMA_CR, TDLR, RDLR = 0x6C, 0x70, 0x74, 0x78, 0x80, 0x88, 0x8C, 0x90
STOP_DET, TX_EMPTY, TX_ABRT = 1 << 9, 1 << 4, 1 << 6

SOURCES = Path(link.__file__).parent / "node"

Desk = Callable[..., Any]


@pytest.fixture
def desk(repl) -> Iterator[Desk]:
    """The buses outside."""
    yield lambda what, *args: repl.pico.call("i2c", what, *args)
    repl.pico.call("i2c", "clear")


@pytest.fixture
def bus(repl, desk: Desk) -> int:
    """A bus on I2C0's GPIO 20 and 21 with 256 bytes at an address, byte n being 255 - n."""
    number: int = desk("bus", *PINS[0])
    desk("registers", number, ADDRESS, [255 - n for n in range(256)])
    repl.execute(OPEN.format(number=0, sda=20, scl=21, hz=400_000, more=""))
    return number


def said(repl, what: str) -> str:
    out: str = repl.execute(CATCH.format(what=what))
    return out.strip()


@pytest.mark.parametrize("number", [0, 1])
def test_a_scan_finds_what_is_there(repl, desk: Desk, number: int):
    """MicroPython moves the pins itself for that: a hardware write has at least a byte."""
    sda, scl = PINS[number]
    on = desk("bus", sda, scl)
    repl.execute(OPEN.format(number=number, sda=sda, scl=scl, hz=400_000, more=""))
    assert said(repl, "i.scan()") == "[]"
    for address in (0x08, 0x50, 0x77):
        desk("registers", on, address, [])
    assert said(repl, "i.scan()") == "[8, 80, 119]"


def test_memory_is_read_and_written(repl, desk: Desk, bus: int):
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 4))") == "[252, 251, 250, 249]"
    assert said(repl, f"i.writeto({ADDRESS}, bytes([16, 1, 2, 3]))") == "4"
    assert said(repl, f"i.writeto_mem({ADDRESS}, 32, b'abc')") == "None"
    contents = desk("contents", bus, ADDRESS)
    assert contents[15:20] == [240, 1, 2, 3, 236] and bytes(contents[32:35]) == b"abc"
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 16, 40))[:3]") == "[1, 2, 3]"


def test_a_bus_moved_pin_by_pin_carries_the_same(repl, desk: Desk, bus: int):
    repl.execute("from machine import SoftI2C\ni = SoftI2C(sda=Pin(20), scl=Pin(21), freq=100_000)")
    assert said(repl, "i.scan()") == f"[{ADDRESS}]"
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 4))") == "[252, 251, 250, 249]"
    assert said(repl, f"i.writeto({ADDRESS}, bytes([16, 1, 2, 3]))") == "4"
    assert desk("contents", bus, ADDRESS)[15:20] == [240, 1, 2, 3, 236]
    assert said(repl, f"i.writeto({ADDRESS + 1}, b'a')") == ENODEV


@pytest.mark.parametrize("hz", [100_000, 400_000])
@pytest.mark.parametrize("length", [1, 2, 16, 17, 100])
def test_a_transfer_takes_its_bits(repl, bus: int, hz: int, length: int):
    """START, address and bytes of 9 bits, STOP, at the counts that are set; the SDK waits for each byte by polling."""
    repl.execute(OPEN.format(number=0, sda=20, scl=21, hz=hz, more=""))
    took = repl.execute(
        f"b = bytes({length})\n"
        "def once():\n"
        f"    t = time.ticks_us(); i.writeto({ADDRESS}, b); return time.ticks_diff(time.ticks_us(), t)\n"
        "print(min(once() for _ in range(3)))"  # the first comes through an empty cache
    )
    bits = 9 * (length + 1) + 2
    least = bits * PERIOD_NS[hz] / US
    assert least - 2 <= int(took) <= least + 4 * length + 100


def test_the_lines_show_start_bits_acknowledge_and_stop(repl, bus: int):
    """A write of two bytes: SDA is taken at each rise of SCL, as a logic analyser does."""
    sda, scl = (repl.pico.pin(pin) for pin in PINS[0])
    sda.watch()
    scl.watch()
    repl.execute(f"i.writeto({ADDRESS}, bytes([0xa5, 0x3c]))")
    moves = sorted([(t, 0, level) for t, level in sda.edges()] + [(t, 1, level) for t, level in scl.edges()])
    level, bits, marks = [1, 1], [], []
    for t, line, value in moves:
        if line == 0 and level[1]:
            marks.append(("stop" if value else "start", len(bits)))
        if line == 1 and value:
            bits.append((level[0], t))
        level[line] = value
    text = "".join(str(bit) for bit, _ in bits)
    # the last rise is the STOP's
    assert text == f"{ADDRESS << 1:08b}0" + f"{0xA5:08b}0" + f"{0x3C:08b}0" + "0"
    assert marks == [("start", 0), ("stop", 28)]
    rises = [t for _, t in bits]
    within = [b - a for a, b in zip(rises[:9], rises[1:9], strict=False)]
    assert set(within) == {PERIOD_NS[400_000]}


def test_nobody_there_is_told_and_the_bus_is_free_again(repl, bus: int):
    for what in (
        f"i.writeto({ADDRESS + 1}, b'ab')",
        f"i.readfrom({ADDRESS + 1}, 3)",
        f"i.readfrom_mem({ADDRESS + 1}, 0, 1)",
    ):
        assert said(repl, what) == EIO
        assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 1))") == "[252]"


def test_a_byte_that_is_not_taken_ends_the_write(repl, desk: Desk, bus: int):
    desk("registers", bus, ADDRESS, [], {"takes": 3})
    assert said(repl, f"i.writeto({ADDRESS}, bytes([0, 1, 2, 3, 4, 5]))") == "3"
    assert desk("contents", bus, ADDRESS)[:4] == [1, 2, 0, 0]


@pytest.mark.parametrize("fault", ["sdaOpen", "sclOpen"])
def test_a_broken_wire_reads_as_nobody(repl, desk: Desk, bus: int, fault: str):
    desk("fault", bus, fault, True)
    assert said(repl, f"i.writeto({ADDRESS}, b'ab')") == EIO
    assert said(repl, "i.scan()") == "[]"
    desk("fault", bus, fault, False)
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 1))") == "[252]"


def test_a_clock_held_low_times_out_and_the_transfer_goes_on_when_it_is_let_go(repl, desk: Desk, bus: int):
    desk("fault", bus, "sclLow", True)
    started = repl.pico.now_ns
    assert said(repl, f"i.writeto({ADDRESS}, b'ab')") == ETIMEDOUT
    assert repl.pico.now_ns - started > 50 * MS
    assert said(repl, f"i.readfrom({ADDRESS}, 1)") == ETIMEDOUT
    desk("fault", bus, "sclLow", False)
    repl.pico.run(5 * MS)
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 1))") == "[252]"


def test_data_held_low_is_no_bus(repl, desk: Desk, bus: int):
    desk("fault", bus, "sdaLow", True)
    assert said(repl, f"i.writeto({ADDRESS}, b'ab')") in (EIO, ETIMEDOUT)
    desk("fault", bus, "sdaLow", False)
    repl.pico.run(5 * MS)
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 1))") == "[252]"


def test_a_device_pulled_out_in_mid_transfer_ends_it(repl, desk: Desk, bus: int):
    """In mid-write the next byte is not acknowledged; in mid-read ones arrive from there on."""
    scl = repl.pico.pin(21)
    scl.watch()

    def pull_out_of(what: str) -> str:
        scl.edges()
        repl.start(CATCH.format(what=what))
        while len(scl.edges()) < 2:
            repl.pico.run(MS // 10)
        repl.pico.run(2 * MS)
        desk("unplug", bus, ADDRESS)
        out: str = repl.finish()
        return out

    assert 20 < int(pull_out_of(f"i.writeto({ADDRESS}, bytes(200))")) < 150
    desk("plug", bus, ADDRESS)
    assert said(repl, f"i.writeto({ADDRESS}, bytes(200))") == "200"
    assert 20 < len(eval(pull_out_of(f"i.readfrom_mem({ADDRESS}, 1, 200)")).rstrip(b"\xff")) < 150
    assert said(repl, f"i.readfrom({ADDRESS}, 1)") == EIO


# By registers: the block of an open bus at 400 kHz: 23.9 us a byte.
BY_HAND = (
    f"I = {I2C0}\n"
    "def reg(offset): return mem32[I + offset] & 0xffffffff\n"
    "def set(offset, value): mem32[I + offset] = value\n"
    f"def to(address): set({ENABLE}, 0); set({TAR}, address); set({ENABLE}, 1)\n"
    f"to({ADDRESS})\n"
)


def numbers(out: str) -> list[int]:
    return [int(word) for word in out.split()]


def test_the_bus_is_held_while_there_is_nothing_to_say(repl, bus: int):
    """A byte without STOP, and no other: SCL stays low, ACTIVITY on, until the next one comes."""
    scl = repl.pico.pin(21)
    repl.execute(BY_HAND)
    scl.watch()
    out = repl.execute(
        f"set({DATA_CMD}, 7); time.sleep_ms(3); print(reg({STATUS}) & 0x21, reg({RAW_INTR}) & {STOP_DET})"
    )
    assert numbers(out) == [0x21, 0]
    assert scl.level == 0
    out = repl.execute(
        f"set({DATA_CMD}, 0x209); time.sleep_ms(3); print(reg({STATUS}) & 0x21, reg({RAW_INTR}) & {STOP_DET})"
    )
    assert numbers(out) == [0, STOP_DET]
    assert scl.level == 1


def test_fifos_have_sixteen_places(repl, bus: int):
    """Of 20 commands for a block that is blocked, 16 are kept and the overflow told; of 20 read bytes, 16."""
    out = repl.execute(
        BY_HAND + f"set({ENABLE}, 5)\n"
        f"for n in range(20): set({DATA_CMD}, 0x100 if n < 19 else 0x300)\n"
        f"print(reg({TXFLR}), reg({RAW_INTR}) & 8)\n"
        f"set({ENABLE}, 1); time.sleep_ms(2); print(reg({TXFLR}), reg({RXFLR}))\n"
        f"for n in range(8): set({DATA_CMD}, 0x100)\n"
        f"time.sleep_ms(2); print(reg({RXFLR}), reg({RAW_INTR}) & 2)\n"
        f"print(*[reg({DATA_CMD}) for _ in range(3)])\n"
    )
    lines = [numbers(line) for line in out.splitlines()]
    assert lines[0] == [16, 8] and lines[1] == [0, 16] and lines[2] == [16, 2]
    assert lines[3] == [0x800 | 255, 254, 253]


def test_an_abort_tells_its_source_and_takes_nothing_until_it_is_seen(repl, desk: Desk, bus: int):
    desk("registers", bus, ADDRESS, [], {"takes": 2})
    words = f"for n in range(5): set({DATA_CMD}, n | (0x200 if n == 4 else 0))\n"
    send = f"set({ENABLE}, 5)\n{words}set({ENABLE}, 1); time.sleep_ms(2)\n"
    source = f"reg({ABRT_SOURCE}) & 0xffff, reg({ABRT_SOURCE}) >> 23"
    look = f"print({source}, reg({RAW_INTR}) & {TX_ABRT | STOP_DET}, reg({TXFLR}))\n"
    out = repl.execute(BY_HAND + send + look + send + look + f"reg({CLR_TX_ABRT}); reg({CLR_STOP})\n" + look)
    refused, ignored, seen = (numbers(line) for line in out.splitlines())
    assert refused == [8, 2, TX_ABRT | STOP_DET, 0]  # the third byte; two more were thrown away
    assert ignored == refused
    assert seen == [0, 0, 0, 0]
    out = repl.execute(f"to({ADDRESS + 1})\n" + send + look)
    assert numbers(out) == [1, 4, TX_ABRT | STOP_DET, 0]


def test_a_restart_turns_the_bus_round_without_a_stop(repl, bus: int):
    sda, scl = (repl.pico.pin(pin) for pin in PINS[0])
    for pin in (sda, scl):
        pin.watch()
    repl.execute(f"i.readfrom_mem({ADDRESS}, 3, 2)")
    moves = sorted([(t, 0, level) for t, level in sda.edges()] + [(t, 1, level) for t, level in scl.edges()])
    level, marks = [1, 1], []
    for _, line, value in moves:
        if line == 0 and level[1]:
            marks.append("stop" if value else "start")
        level[line] = value
    assert marks == ["start", "start", "stop"]


def test_interrupts_follow_the_mask(repl, bus: int):
    """STOP_DET at the processor's interrupt 23."""
    pending = "(mem32[0xe000e200] >> 23) & 1"
    out = repl.execute(
        BY_HAND + f"set(0x30, 0); print({pending})\n"
        f"set(0x30, {STOP_DET}); set({DATA_CMD}, 0x207); time.sleep_us(1000); print({pending}, reg(0x2c))\n"
        f"reg({CLR_STOP}); print(reg(0x2c)); set(0x30, 0); mem32[0xe000e280] = 1 << 23\n"
    )
    assert numbers(out) == [0, 1, STOP_DET, 0]


DMA = (
    "import array\n"
    "def dma(source, to, count, treq, ctrl={}):\n"
    "    d = rp2.DMA(); a = d.pack_ctrl(treq_sel=treq, **ctrl)\n"
    "    d.config(read=source, write=to, count=count, ctrl=a, trigger=True); return d\n"
)


def test_dma_writes_at_the_pace_of_the_bus(repl, desk: Desk, bus: int):
    """Words with the STOP on the last, DREQ 32: the FIFO fills to its level, then one for each byte that leaves."""
    out = repl.execute(
        BY_HAND + DMA + f"set({TDLR}, 8); set({DMA_CR}, 2)\n"
        "w = array.array('I', [16] + list(range(1, 99)) + [0x200 | 99])\n"
        f"d = dma(w, I + {DATA_CMD}, 100, 32, dict(size=2, inc_write=False)); n = d.count; t = time.ticks_us()\n"
        "left = []\n"
        "while d.active(): left.append((time.ticks_diff(time.ticks_us(), t), 100 - d.count)); time.sleep_us(100)\n"
        f"while not reg({RAW_INTR}) & {STOP_DET}: pass\n"
        "print(100 - n, time.ticks_diff(time.ticks_us(), t)); d.close(); print(left)\n"
    )
    first, rest = out.splitlines()
    moved, took = numbers(first)
    assert 9 <= moved <= 11
    byte_us = 9 * PERIOD_NS[400_000] / US
    assert 99 * byte_us <= took <= 101 * byte_us + 300  # the loop of Python's
    for at_us, count in eval(rest):
        assert abs(count - moved - at_us / byte_us) <= 2
    assert desk("contents", bus, ADDRESS)[15:116] == [240, *range(1, 100), 140]


def test_dma_reads_at_the_pace_of_the_bus(repl, bus: int):
    """Commands by one channel, DREQ 32, bytes by another, DREQ 33."""
    out = repl.execute(
        BY_HAND + DMA + f"set({TDLR}, 8); set({DMA_CR}, 3)\n"
        "w = array.array('I', [5, 0x500] + [0x100] * 48 + [0x300]); b = bytearray(50)\n"
        f"r = dma(I + {DATA_CMD}, b, 50, 33, dict(size=0, inc_read=False))\n"
        f"d = dma(w, I + {DATA_CMD}, 51, 32, dict(size=2, inc_write=False))\n"
        "time.sleep_ms(3); print(d.count, r.count, *b); d.close(); r.close()\n"
    )
    assert numbers(out) == [0, 0, *range(250, 200, -1)]


def test_a_reset_of_the_chip_in_mid_transfer_leaves_a_bus_that_works(repl, desk: Desk, bus: int):
    repl.start(f"i.writeto({ADDRESS}, bytes(200))")
    repl.pico.run(2 * MS)
    repl.pico.call("reset", "run")
    repl.pico.run(600 * MS)
    repl.enter()
    repl.execute(OPEN.format(number=0, sda=20, scl=21, hz=400_000, more=""))
    assert said(repl, f"list(i.readfrom_mem({ADDRESS}, 3, 1))") == "[0]"


# What a bus with one device, and then none, says and how long it takes, in one go: each of these is told by it.
SESSION = (
    f"d = {ADDRESS}\n"
    "b = bytes(16)\n"
    "def once():\n"
    "    t = time.ticks_us(); i.writeto(d, b); return time.ticks_diff(time.ticks_us(), t)\n"
    "print(i.scan(), list(i.readfrom_mem(d, 3, 4)))\n"
    "print(min(once() for _ in range(3)))\n"
    + "".join(
        CATCH.format(what=f"i.writeto({ADDRESS + 1}, b'ab')") + "print(list(i.readfrom_mem(d, 3, 1)))\n" for _ in "12"
    )
    + BY_HAND
    + f"set({DATA_CMD}, 7); time.sleep_us(1000); print(reg({STATUS}) & 0x21)\n"
    f"set({DATA_CMD}, 0x209); time.sleep_us(1000)\n"
    f"print(reg({STATUS}) & 0x21, reg({RAW_INTR}) & {STOP_DET})\n"
    + DMA
    + "w = array.array('I', [64] + list(range(1, 30)) + [0x200 | 30])\n"
    f"set({TDLR}, 8); set({DMA_CR}, 2)\n"
    f"e = dma(w, I + {DATA_CMD}, 31, 32, dict(size=2, inc_write=False)); n = e.count\n"
    "time.sleep_ms(3); print(31 - n in (9, 10, 11), e.count); e.close(); print(list(i.readfrom_mem(d, 64, 31)))\n"
)
BLOCK, BITS = "serial/i2c.mjs", "outside/i2c_bits.mjs"
WRONG = {
    "bytes without time": (BLOCK, "this.phase('byte', 9 * (this.lowNanos + this.highNanos)", "this.phase('byte', 8"),
    "the spike filter left out": (BLOCK, "count + registers.at(R.FS_SPKLEN) + HIGH", "count + HIGH"),
    "nobody's silence taken for an acknowledge": (
        BLOCK,
        "if (acked) {\n        this.carryOut",
        "if (true) {\n        this.carryOut",
    ),
    "an abort without a STOP": (BLOCK, "    this.flush(source);\n    this.stop();", "    this.flush(source);"),
    "a bus let go of when there is nothing to say": (BLOCK, "this.hold(this.goOn);", "this.stop();"),
    "no restart": (BLOCK, "    if (restarts) {", "    if (false) {"),
    "a request while the FIFO has room": (
        BLOCK,
        "this.tx.length <= registers.at(R.DMA_TDLR)",
        "this.tx.length < DEPTH",
    ),
    "no acknowledge where software moves the pins": (BITS, "this.mode === RECEIVING && bus.acks(this.byte)", "false"),
}


@pytest.fixture
def session(repl, uf2: Path, tmp_path: Path, monkeypatch) -> Callable[..., str]:
    """What SESSION prints on an emulation with one text of its sources replaced by another."""

    def run(file: str = BLOCK, text: str = "", other: str = "") -> str:
        sources = shutil.copytree(SOURCES, tmp_path / f"{len(list(tmp_path.iterdir()))}" / "node")
        (sources.parent / "node_modules").symlink_to(SOURCES.parent / "node_modules")
        before = (sources / file).read_text()
        assert text == "" or before.count(text) == 1
        (sources / file).write_text(before.replace(text, other) if text else before)
        monkeypatch.setattr(link, "_BRIDGE", sources / "bridge.mjs")
        with VirtualPico(uf2, seed=7, crystal_ppm=0) as pico:
            pico.run(FIRST_START_MS * MS)
            prompt = type(repl)(pico)
            prompt.enter()
            pico.call("i2c", "registers", pico.call("i2c", "bus", *PINS[0]), ADDRESS, [255 - n for n in range(256)])
            prompt.execute(OPEN.format(number=0, sda=20, scl=21, hz=400_000, more=""))
            try:
                return str(prompt.execute(SESSION))
            except AssertionError as error:
                return str(error)

    return run


@pytest.mark.slow
def test_a_bus_that_is_wrong_in_one_line_is_told(session: Callable[..., str]):
    """The session is the same each time, to the microsecond it measures."""
    right = session()
    assert right.startswith("[80] [252, 251, 250, 249]") and right.count(EIO) == 2, right
    assert session() == right
    assert {wrong: session(*change) != right for wrong, change in WRONG.items()} == dict.fromkeys(WRONG, True)
