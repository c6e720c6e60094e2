"""PWM slices keep their phase and duty without an event a wrap; the ADC sees the voltage of the instant."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
US = 1000
# Noise, and codes that stand up to 4.5 LSB away (test_converter.py).
CONVERTER_LSB = 10
CONVERTER_MV = CONVERTER_LSB * 3300 / 4096


def test_duty_and_frequency_are_those_programmed(repl):
    pico = repl.pico
    repl.execute("p = machine.PWM(Pin(12), freq=20_000, duty_u16=16384)")
    assert pico.pwm(12).duty == pytest.approx(0.25, abs=1e-3)
    assert pico.pwm(12).freq_hz == pytest.approx(20_000, rel=1e-3)
    repl.execute("Pin(12, Pin.OUT, value=0)")
    assert pico.pwm(12).duty == 0.0 and pico.pwm(12).freq_hz == 0
    repl.execute("Pin(12)(1)")
    assert pico.pwm(12).duty == 1.0


def test_edges_of_a_watched_pwm_pin_have_the_duty(repl):
    pico = repl.pico
    repl.execute("p = machine.PWM(Pin(2), freq=1000, duty_ns=200_000)")
    pico.run(2 * MS)
    pico.pin(2).watch()
    pico.run(10 * MS)
    edges = pico.pin(2).edges()
    highs = [b[0] - a[0] for a, b in zip(edges, edges[1:], strict=False) if a[1] == 1]
    periods = np.diff([t for t, level in edges if level == 1])
    assert len(highs) >= 9
    assert np.allclose(highs, 200_000, atol=60)
    assert np.allclose(periods, 1_000_000, atol=60)


def test_a_change_of_duty_takes_effect_at_the_wrap(repl):
    pico = repl.pico
    repl.execute("p = machine.PWM(Pin(2), freq=100, duty_u16=0)")
    pico.run(20 * MS)
    pico.pwm(2).watch()
    pico.pin(2).watch()
    repl.execute("p.duty_u16(32768)")
    pico.run(30 * MS)
    ((changed, duty),) = pico.pwm(2).changes()
    assert duty == pytest.approx(0.5, abs=1e-3)
    assert changed == next(t for t, level in pico.pin(2).edges() if level == 1)


def test_slices_started_together_stay_together(repl):
    """PWM EN (0x400500a0) starts slices 4 and 5 at once: their falling edges keep their distance to the cycle."""
    pico = repl.pico
    repl.execute(
        "for n in (8, 10): machine.PWM(Pin(n), freq=2000, duty_ns=100_000)\n"
        "mem32[0x400500a0] = mem32[0x400500a0] & ~0x30\n"
        "for s in (4, 5): mem32[0x40050000 + s * 0x14 + 8] = 0\n"
        "mem32[0x40050000 + 4 * 0x14 + 12] = 1000\nmem32[0x40050000 + 5 * 0x14 + 12] = 1015\n"
        "mem32[0x400500a0] = mem32[0x400500a0] | 0x30"
    )
    ticks = int(repl.execute("print(mem32[0x40050054] >> 4)"))
    pico.pin(8).watch()
    pico.pin(10).watch()
    pico.run(20 * MS)
    falls = [[t for t, level in pico.pin(n).edges() if level == 0] for n in (8, 10)]
    distance = {b - a for a, b in zip(*falls, strict=True)}
    assert len(falls[0]) >= 39
    assert max(distance) - min(distance) <= 1 and round(np.mean(list(distance))) == 15 * 8 * ticks


def test_wrap_interrupts_come_at_every_wrap(repl):
    """INTR latches a wrap although no event is made for it; with INTE set every wrap interrupts."""
    repl.execute("p = machine.PWM(Pin(2), freq=1000, duty_u16=1)\ntime.sleep_ms(3)")
    assert repl.execute("print(mem32[0x400500a4] >> 1 & 1)").strip() == "1"
    # Right behind a wrap, so that none comes between clearing it and looking.
    program = "mem32[0x400500a4] = 2\nwhile not mem32[0x400500a4] & 2: pass\nmem32[0x400500a4] = 2\n"
    assert repl.execute(f"{program}print(mem32[0x400500a4] >> 1 & 1)").strip() == "0"


def test_a_conversion_sees_the_voltage_of_its_instant(repl):
    pico = repl.pico
    start = pico.now_ns
    times = start + np.arange(0, 400, 1) * MS
    volts = 1650 + 1000 * np.sin(2 * np.pi * np.arange(400) / 100)
    pico.adc.play(0, times, volts, interpolate="linear")
    pico.adc.play(1, [start, start + 200 * MS], [500, 2500], interpolate="hold")
    timer_zero = pico.now_ns - pico.cpu.timer_us * 1000
    out = repl.execute(
        "a = machine.ADC(26); b = machine.ADC(27)\n"
        "for _ in range(30):\n"
        "    print(time.ticks_us(), a.read_u16(), time.ticks_us(), b.read_u16(), time.ticks_us()); time.sleep_ms(10)"
    )
    rows = [tuple(int(each) for each in line.split()) for line in out.splitlines()]
    levels_mv = set()
    for before_us, first, between_us, second, after_us in rows:
        at = timer_zero + (before_us + 40) * 1000  # the conversion begins some 40 us after the time was taken
        expected = np.interp(at, times, volts)
        assert first / 65535 * 3300 == pytest.approx(expected, abs=6 + CONVERTER_MV)
        # Where the step falls between the two looks at the clock, either level is that of the conversion's instant.
        around = {500 if timer_zero + micros * 1000 < start + 200 * MS else 2500 for micros in (between_us, after_us)}
        assert any(second / 65535 * 3300 == pytest.approx(level, abs=CONVERTER_MV) for level in around)
        levels_mv |= around
    assert levels_mv == {500, 2500}


ACQUIRE = """
import array, uctypes
buf = array.array('H', bytearray(2 * {count}))
ADC = 0x4004c000
mem32[ADC] = 1 | 2
for n in (26, 27, 28, 29): machine.ADC(n)
while not mem32[ADC + 8] & 0x100: mem32[ADC + 12]
mem32[ADC + 8] = 1 << 24 | 8 | 1 | 3 << 10
mem32[ADC + 0x10] = (4800 - 1) << 8
dma = rp2.DMA()
dma.config(read=ADC + 12, write=buf, count={count},
           ctrl=dma.pack_ctrl(size=1, inc_read=False, treq_sel=36, irq_quiet=False), trigger=True)
t = time.ticks_us()
mem32[ADC] = 1 | 2 | 8 | 0x1f << 16
while dma.active(): pass
t = time.ticks_diff(time.ticks_us(), t)
mem32[ADC] = 1 | 2
print(t, mem32[ADC + 8] >> 10 & 3)
print(*buf)
"""


def test_round_robin_through_the_fifo_and_dma_is_paced_and_in_order(repl):
    pico = repl.pico
    for channel, millivolts in enumerate((100, 200, 300, 400, 706)):
        pico.adc.set(channel, millivolts)
    status, samples = repl.execute(ACQUIRE.format(count=100)).splitlines()
    micros, flags = (int(each) for each in status.split())
    assert micros == pytest.approx(99 * 100 + 2, abs=60)
    assert flags == 0  # neither overflow nor underflow
    expected = [int(mv * 4096 / 3300) for mv in (100, 200, 300, 400, 706)]
    assert np.abs(np.array(samples.split(), dtype=int) - expected * 20).max() <= CONVERTER_LSB


def test_a_fifo_nobody_empties_sets_the_overflow_flag(repl):
    out = repl.execute(
        "ADC = 0x4004c000\nmachine.ADC(26)\nmem32[ADC] = 1\nmem32[ADC + 8] = 1 | 3 << 10\n"
        "mem32[ADC + 0x10] = 959 << 8\nmem32[ADC] = 1 | 8\ntime.sleep_us(1000)\nmem32[ADC] = 1\n"
        "print(mem32[ADC + 8] >> 11 & 1, mem32[ADC + 8] >> 16 & 15)"
    )
    assert out.split() == ["1", "4"]
