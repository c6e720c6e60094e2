"""DMA at the pace it is given, and time at the system clock the firmware sets."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual

COPY = """
import array
source = array.array('I', range(1000)); target = array.array('I', bytearray(4000))
dma = rp2.DMA()
dma.config(read=source, write=target, count=1000, ctrl=dma.pack_ctrl(size=2, treq_sel={treq}), trigger=True)
t = time.ticks_us()
while dma.active(): pass
t = time.ticks_diff(time.ticks_us(), t)
print(t, target == source, dma.count)
dma.close()
"""


def copied(repl, treq: int) -> int:
    micros, same, left = repl.execute(COPY.format(treq=treq)).split()
    assert (same, left) == ("True", "0")
    return int(micros)


def test_an_unpaced_copy_takes_two_cycles_an_item(repl):
    """From RAM to RAM a read and a write; MicroPython's own test on boards has 16 kB take 70 to 125 us."""
    assert 16 <= copied(repl, 63) <= 120
    out = repl.execute(
        "source, target = bytes(i & 255 for i in range(16384)), bytearray(16384)\n"
        "dma = rp2.DMA(); dma.read = source; dma.write = target; dma.count = 4096; dma.ctrl = dma.pack_ctrl()\n"
        "ticks_us = time.ticks_us\n"
        "def copy():\n"
        "    masked = machine.disable_irq(); t = ticks_us(); dma.active(True)\n"
        "    while dma.active(): pass\n"
        "    u = ticks_us(); machine.enable_irq(masked); return time.ticks_diff(u, t)\n"
        "print(copy(), source == target); dma.close()"
    )
    took, same = out.split()
    assert 70 <= int(took) <= 125 and same == "True"


def test_a_pacing_timer_sets_the_rate(repl):
    repl.execute("mem32[0x50000420] = 1 << 16 | 1250")  # TIMER0: 1/1250 of 125 MHz
    assert copied(repl, 59) == pytest.approx(1000 * 10, rel=0.02)


def test_pwm_wraps_pace_transfers(repl):
    repl.execute("p = machine.PWM(Pin(2), freq=50_000, duty_u16=100)")
    assert copied(repl, 24 + 1) == pytest.approx(1000 * 20, rel=0.02)


def test_an_aborted_channel_has_nothing_left_to_do(repl):
    """Its count reads 0 then on boards (raspberrypi/pico-feedback 446), and MicroPython's driver goes by that."""
    out = repl.execute(
        "mem32[0x50000420] = 1\n"  # TIMER0 never asks
        "dma = rp2.DMA(); b = bytearray(64)\n"
        "dma.config(read=b, write=b, count=16, ctrl=dma.pack_ctrl(size=2, treq_sel=59), trigger=True)\n"
        "before = dma.count; mem32[0x50000444] = 1 << dma.channel; print(before, dma.count, dma.active()); dma.close()"
    )
    assert out.split() == ["16", "0", "False"]


def test_a_finished_channel_interrupts(repl):
    out = repl.execute(
        "done = []\ndma = rp2.DMA()\ndma.irq(lambda d: done.append(time.ticks_us()), hard=False)\n"
        "b = bytearray(64)\ndma.config(read=b, write=bytearray(64), count=16,"
        " ctrl=dma.pack_ctrl(size=2, irq_quiet=False), trigger=True)\n"
        "time.sleep_ms(2)\nprint(len(done))\ndma.close()"
    )
    assert out.strip() == "1"


def test_the_timer_keeps_time_when_the_system_clock_changes_and_code_slows_down(repl):
    count = "t = time.ticks_us()\nfor _ in range(2000): pass\nprint(time.ticks_diff(time.ticks_us(), t))"
    fast = int(repl.execute(count))
    repl.execute("machine.freq(62_500_000)")
    slow = int(repl.execute(count))
    started = repl.pico.now_ns
    repl.execute("time.sleep_ms(100)")
    assert repl.pico.now_ns - started == pytest.approx(100e6, rel=0.05)
    repl.execute("machine.freq(125_000_000)")
    assert slow == pytest.approx(2 * fast, rel=0.03)
    assert int(repl.execute(count)) == pytest.approx(fast, rel=0.02)


COUNT_WHILE = """
import array
@micropython.asm_thumb
def turns(r0):
    mov(r1, 0x20)
    lsl(r1, r1, 24)
    label(LOOP)
    ldr(r2, [r1, 0])
    sub(r0, 1)
    bne(LOOP)
dma = rp2.DMA()
word = array.array('I', [0, 0])
masked = machine.disable_irq()
dma.config(read=word, write=word, count={count},
           ctrl=dma.pack_ctrl(size=2, inc_read=False, inc_write=False), trigger={copies})
t = time.ticks_us(); turns(20000); t = time.ticks_diff(time.ticks_us(), t)
busy = dma.active()
machine.enable_irq(masked)
while dma.active(): pass
print(t, busy); dma.close()
"""


def test_an_unpaced_copy_and_a_core_that_is_awake_slow_each_other_down(repl):
    """20,000 turns of 5 cycles are 800 us; a copy of 40,000 words, 640 us, meets one in eight of its cycles."""
    alone, _ = repl.execute(COUNT_WHILE.format(count=40_000, copies=False)).split()
    beside, busy = repl.execute(COUNT_WHILE.format(count=40_000, copies=True)).split()
    assert 800 <= int(alone) < 850 and busy == "False"  # with the way into the loop and out
    assert int(beside) - int(alone) == pytest.approx(640 / 16, abs=8)
