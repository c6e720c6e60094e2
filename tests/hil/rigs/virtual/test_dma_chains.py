"""DMA channels that start each other: each word of a FIFO is stamped with the time; a timer sends frames to a bus."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico, link

pytestmark = pytest.mark.virtual
MS = 1_000_000
US = 1000
CYCLES_PER_US = 125
I2C0_DATA_CMD, I2C0_DMA_CR, I2C0_DMA_TDLR, I2C0_TAR, I2C0_ENABLE = (
    0x40044000 + at for at in (0x10, 0x88, 0x8C, 4, 0x6C)
)

RINGS = """
import array, uctypes
N = 64
def ring():
    b = bytearray(2 * N * 4); return b, (uctypes.addressof(b) + N * 4 - 1) & ~(N * 4 - 1)
def words(base): return [mem32[base + 4 * k] & 0xffffffff for k in range(N)]
"""
# A machine tells each change of pin 3; its words go into a ring, the time and a count of cycles into two others.
STAMP = (
    RINGS
    + """
@rp2.asm_pio()
def watch():
    label('start')
    mov(isr, null)
    in_(pins, 1)
    mov(x, isr)
    jmp(x_not_y, 'changed')
    jmp('start')
    label('changed')
    mov(y, x)
    push(noblock)
sm = rp2.StateMachine(4, watch, in_base=Pin(3))
SLICE = 0x40050000 + 0x14 * 7
mem32[SLICE + 4] = 16; mem32[SLICE + 16] = 0xffff; mem32[SLICE] = 1
P, p = ring(); T, t = ring(); C, c = ring()
A, B, D = ds = [rp2.DMA() for _ in range(3)]
def set_up(d, source, to, treq, then, go):
    ctrl = d.pack_ctrl(size=2, inc_read=False, ring_size=8, ring_sel=True, treq_sel=treq, chain_to=then.channel)
    d.config(read=source, write=to, count=1, ctrl=ctrl, trigger=go)
set_up(D, SLICE + 8, c, 63, A, False); set_up(B, 0x40054028, t, 63, D, False); set_up(A, 0x50300020, p, 12, B, True)
sm.exec('set(y, 0)'); sm.active(1)
"""
)
# A channel that is closed goes on; one that is aborted does not.
LET_GO = "for d in {}: mem32[0x50000444] = 1 << d.channel; d.close()\n"
SHOW = "print(*words(p)); print(*words(t)); print(*words(c)); print(A.write - p, B.write - t, D.write - c)"


@pytest.fixture
def stamped(repl):
    """Drives pin 3 at these times, ns from now; gives what came into the three rings, and where the channels are."""

    def run(times_ns):
        repl.pico.pin(3).drive(0)
        repl.execute(STAMP)
        start = repl.pico.now_ns + MS
        repl.pico.pin(3).drive_edges([start + t for t in times_ns], [(n + 1) % 2 for n in range(len(times_ns))])
        repl.pico.run(MS + times_ns[-1] + MS)
        lines = [[int(word) for word in line.split()] for line in repl.execute(SHOW).splitlines()]
        repl.execute(LET_GO.format("ds") + "sm.active(0)")
        return lines

    return run


def test_each_word_is_stamped_with_the_time_at_which_it_came(stamped):
    """By the timer and by cycles, from one edge to the next: what the machine takes for its turn, and no more."""
    times = [0]
    for n in range(39):
        times.append(times[-1] + 1_000 + 7_919 * n)
    words, micros, cycles, places = stamped(times)
    count = len(times)
    assert words[:count] == [(n + 1) % 2 for n in range(count)]
    assert places == [4 * count] * 3
    for n in range(1, count):
        elapsed = times[n] - times[n - 1]
        assert abs((micros[n] - micros[n - 1]) - elapsed / US) <= 1
        # the machine looks every five cycles
        assert abs(((cycles[n] - cycles[n - 1]) & 0xFFFF) - elapsed * CYCLES_PER_US / US % 65536) <= 5


def test_timer_and_count_are_read_at_the_same_instant_to_a_few_cycles(stamped):
    """Their difference is the same for each word, but for what the timer's microsecond leaves open."""
    times = [n * 33_333 for n in range(50)]
    _, micros, cycles, _ = stamped(times)
    ahead = [(c - t * CYCLES_PER_US) & 0xFFFF for t, c in zip(micros[:50], cycles[:50], strict=True)]
    spread = [(a - ahead[0] + 0x8000) & 0xFFFF for a in ahead]
    assert max(spread) - min(spread) < CYCLES_PER_US
    assert max(spread) - min(spread) > CYCLES_PER_US / 2  # the timer's steps are seen


def test_a_ring_goes_round_and_the_fifo_takes_what_comes_meanwhile(stamped):
    """Four edges in 0.4 us, again and again: the chain takes each, 150 of them, into 64 places."""
    times = [n * 100 + (n // 4) * 20_000 for n in range(150)]
    words, _, cycles, places = stamped(times)
    assert places == [4 * (150 % 64)] * 3
    last = [cycles[(150 - 8 + n) % 64] for n in range(8)]
    gaps = [(b - a) & 0xFFFF for a, b in zip(last, last[1:], strict=False)]
    wanted = [(b - a) * CYCLES_PER_US / US for a, b in zip(times[-8:], times[-7:], strict=False)]
    assert all(abs(gap - want) <= 10 for gap, want in zip(gaps, wanted, strict=True))
    assert words[150 % 64 - 1] == 150 % 2


def test_a_free_running_slice_counts_cycles_whoever_reads_it(repl):
    """Without a pin, an interrupt or a channel paced by it, its count moves on: by DMA as by the processor."""
    out = repl.execute(
        "S = 0x40050000 + 0x14 * 6\nmem32[S + 4] = 16; mem32[S + 16] = 0xffff; mem32[S] = 1\n"
        "import array\nw = array.array('I', [0, 0, 0]); d = rp2.DMA()\n"
        "d.config(read=S + 8, write=w, count=3, ctrl=d.pack_ctrl(size=2, inc_read=False, treq_sel=59), trigger=False)\n"
        "mem32[0x50000420] = 1 << 16 | 6250\n"
        "d.active(1); time.sleep_us(1000); print(w[1] - w[0] & 0xffff, w[2] - w[1] & 0xffff, d.count); d.close()"
    )
    assert out.split() == ["6250", "6250", "0"]


# Frames of eight bytes to the converter, STOP on the last; a timer of 1/62500 of the clock starts each of them.
FRAMES = f"""
from machine import I2C
import array, uctypes
i = I2C(0, sda=Pin(20), scl=Pin(21), freq=400_000)
i.writeto(0x60, b'\\x80')
def frame(*codes): return [b for c in codes for b in (c >> 8, c & 255)]
b = bytearray(512); base = (uctypes.addressof(b) + 255) & ~255
for k in range(8):
    for n, byte in enumerate(frame(*[100 + 400 * k + 37 * o for o in range(4)])):
        mem32[base + 32 * k + 4 * n] = byte | (0x200 if n == 7 else 0)
mem32[{I2C0_ENABLE}] = 0; mem32[{I2C0_TAR}] = 0x60; mem32[{I2C0_ENABLE}] = 1
mem32[{I2C0_DMA_TDLR}] = 8; mem32[{I2C0_DMA_CR}] = 2
mem32[0x50000420] = 1 << 16 | 62500
data, control = rp2.DMA(), rp2.DMA()
data.config(read=base, write={I2C0_DATA_CMD}, count=8, trigger=False,
            ctrl=data.pack_ctrl(size=2, inc_write=False, ring_size=8, ring_sel=False, treq_sel=32))
eight = array.array('I', [8])
control.config(read=eight, write=0x50000000 + 0x40 * data.channel + 0x1c, count=1000, trigger=True,
               ctrl=control.pack_ctrl(size=2, inc_read=False, inc_write=False, treq_sel=59))
"""


def test_a_timer_sends_a_frame_to_the_bus_every_half_millisecond(repl):
    """Without the processor. Each output changes 500 us after it did before, the next one 45 us behind it."""
    pico = repl.pico
    bus = pico.call("i2c", "bus", 20, 21)
    pico.call("i2c", "mcp4728", bus, 0x60, 1, {})
    try:
        repl.execute(FRAMES)
        pico.call("i2c", "taken")
        pico.run(100 * MS)
        steps = pico.call("i2c", "taken")
        left = int(repl.execute("print(control.count)\n" + LET_GO.format("(control, data)")))
    finally:
        pico.call("i2c", "clear")
    assert 1000 - left == pytest.approx(200, abs=20)
    byte_ns = 9 * 332 * 8
    for output in range(4):
        times = [t for t, each, _ in steps if each == output]
        assert len(times) in (199, 200, 201)
        assert {round(b - a) for a, b in zip(times, times[1:], strict=False)} == {500_000}
        begun = [t for t, each, _ in steps if each == 0][0]
        assert (times[0] - begun) % 500_000 == pytest.approx(output * 2 * byte_ns, abs=1)
        levels = [mv for _, each, mv in steps if each == output]
        assert levels[:8] == levels[8:16] and len(set(levels)) == 8


COUNT = "return this.counterOf(this.ticks(this.clock.nanos));"
AHEAD = "clock.alarmNanos = clock.nanos + "
CHAIN = "dma.channels[this.chainTo]?.start();"
WRONG = {
    "a count that stands": ("analogue/pwm.mjs", COUNT, "return this.startTicks;"),
    "stamps of long ago": ("system/dma.mjs", AHEAD, "clock.alarmNanos = Math.floor(clock.nanos / 1e5) * 1e5 + "),
    "a chain of one link": ("system/dma.mjs", CHAIN, f"if (this.treqValue < 59) {CHAIN}"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_stamps_that_are_wrong_in_one_line_are_told(wrong, repl, uf2: Path, tmp_path: Path, monkeypatch):
    """The first three places of each ring after three edges 40 us apart."""
    assert stamps_of(type(repl), uf2, link._BRIDGE.parent, monkeypatch)
    file, text, other = WRONG[wrong]
    sources = shutil.copytree(link._BRIDGE.parent, tmp_path / "node")
    (tmp_path / "node_modules").symlink_to(link._BRIDGE.parent.parent / "node_modules")
    before = (sources / file).read_text()
    assert before.count(text) == 1
    (sources / file).write_text(before.replace(text, other))
    assert not stamps_of(type(repl), uf2, sources, monkeypatch)


def stamps_of(repl_type, uf2: Path, sources: Path, monkeypatch) -> bool:
    """Whether three edges are stamped as they came, by the emulation in this folder."""
    monkeypatch.setattr(link, "_BRIDGE", sources / "bridge.mjs")
    with VirtualPico(uf2, seed=7, crystal_ppm=0) as pico:
        pico.run(FIRST_START_MS * MS)
        repl = repl_type(pico)
        repl.enter()
        pico.pin(3).drive(0)
        repl.execute(STAMP)
        start = pico.now_ns + MS
        pico.pin(3).drive_edges([start, start + 40_000, start + 80_000], [1, 0, 1])
        pico.run(3 * MS)
        words, micros, cycles, _ = ([int(word) for word in line.split()] for line in repl.execute(SHOW).splitlines())
    gaps = [b - a for a, b in zip(micros[:3], micros[1:3], strict=False)]
    counts = [(b - a) & 0xFFFF for a, b in zip(cycles[:3], cycles[1:3], strict=False)]
    return words[:3] == [1, 0, 1] and all(abs(g - 40) <= 1 for g in gaps) and all(abs(n - 5000) <= 5 for n in counts)
