"""PIO runs in step with the clock: hand-counted programs come out to the cycle."""

from __future__ import annotations

import random
import signal

import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
US = 1000
NS_PER_CYCLE = 8
SYNCHRONISER_NS = 16  # two flip-flops
PIO1 = 0x50300000
SM0_CLKDIV = 0xC8


def gaps(edges):
    times = [t for t, _ in edges]
    return [b - a for a, b in zip(times, times[1:], strict=False)]


def test_delay_cycles_and_clock_divider_count(repl):
    pin = repl.pico.pin(2)
    repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    set(pins, 1) [3]\n"
        "    nop() [1]\n"
        "    set(pins, 0) [6]\n"
        "    nop()\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000, set_base=Pin(2))"
    )
    pin.watch()
    repl.execute("sm.active(1); time.sleep_us(1000); sm.active(0)")
    # high for 4 + 2 cycles, low for 7 + 1, of 1 us
    measured = gaps(pin.edges())
    assert len(measured) > 100
    assert set(measured[0::2]) == {6 * US} and set(measured[1::2]) == {8 * US}


def test_a_fractional_divider_keeps_its_mean_rate(repl):
    pin = repl.pico.pin(2)
    repl.execute(
        "@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    nop().side(1)\n"
        "    nop().side(0)\n"
        "sm = rp2.StateMachine(4, prog, freq=300_000, sideset_base=Pin(2))"
    )
    pin.watch()
    repl.execute("sm.active(1); time.sleep_us(10_000); sm.active(0)")
    edges = pin.edges()
    divider = round(125e6 / 300_000 * 256) / 256
    assert (edges[-1][0] - edges[0][0]) / (len(edges) - 1) == pytest.approx(divider * 8, rel=1e-4)


@pytest.mark.parametrize("divider_256ths", [256 + 1, 256 + 128, 2 * 256 + 85, 7 * 256 + 200, 416 * 256 + 171])
def test_a_fractional_divider_skips_whole_clocks_so_that_no_edge_is_late_by_one(repl, divider_256ths):
    """16.8 bits, first-order delta-sigma (RP2040 datasheet 3.5.5): each period is a whole number of clocks."""
    pin = repl.pico.pin(2)
    repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    set(pins, 1)\n"
        "    set(pins, 0)\n"
        "sm = rp2.StateMachine(4, prog, set_base=Pin(2))\n"
        f"mem32[{PIO1 + SM0_CLKDIV}] = {divider_256ths << 8}"
    )
    pin.watch()
    repl.execute("sm.active(1); time.sleep_us(200); sm.active(0)")
    first, *later = [t / NS_PER_CYCLE for t, _ in pin.edges()]
    assert len(later) > 50
    since = [t - first for t in later]
    assert since == [round(clocks) for clocks in since]
    late = [clocks - n * divider_256ths / 256 for n, clocks in enumerate(since, 1)]
    assert max(late) - min([0, *late]) < 1


def test_a_bit_of_what_is_shifted_out_says_whether_it_is_written(repl):
    """INLINE_OUT_EN with OUT_EN_SEL (RP2040 datasheet 3.7, SMx_EXECCTRL)."""
    repl.execute(
        "@rp2.asm_pio(out_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_RIGHT)\n"
        "def prog():\n"
        "    pull(block)\n"
        "    out(pins, 8)\n"
        "sm = rp2.StateMachine(4, prog, out_base=Pin(2))\n"
        f"mem32[{PIO1 + SM0_CLKDIV + 4}] |= {1 << 18 | 7 << 19}\n"
        "sm.active(1)\n"
        "def seen(word):\n"
        "    sm.put(word); time.sleep_us(10); print(Pin(2).value())\n"
    )
    seen = repl.execute("for word in (0x01, 0x81, 0x00, 0x80): seen(word)\nsm.active(0)")
    assert [int(word) for word in seen.split()] == [0, 1, 1, 0]


def test_a_machine_waiting_for_a_pin_answers_at_its_next_cycle(repl):
    pico = repl.pico
    pico.pin(3).drive(0)
    repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    wait(1, pin, 0)\n"
        "    set(pins, 1)\n"
        "    wait(0, pin, 0)\n"
        "    set(pins, 0)\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000, set_base=Pin(2), in_base=Pin(3))\n"
        "sm.active(1)"
    )
    pico.pin(2).watch()
    start = pico.now_ns + MS
    times = [start, start + 123_456, start + 300_001, start + 777_777]
    pico.pin(3).drive_edges(times, [1, 0, 1, 0])
    pico.run(3 * MS)
    edges = pico.pin(2).edges()
    assert [level for _, level in edges] == [1, 0, 1, 0]
    for (answered, _), asked in zip(edges, times, strict=True):
        # the wait completes at the first cycle at or after the edge, the set follows one cycle later
        assert US < answered - asked <= 2 * US + SYNCHRONISER_NS + 1
    grid = {round(t - edges[0][0]) % US for t, _ in edges}
    assert grid == {0}


def test_stalled_pull_goes_on_when_there_is_data_and_shifts_it_out(repl):
    pico = repl.pico
    repl.execute(
        "@rp2.asm_pio(out_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_RIGHT)\n"
        "def prog():\n"
        "    pull()\n"
        "    set(x, 3)\n"
        "    label('bit')\n"
        "    out(pins, 1) [2]\n"
        "    jmp(x_dec, 'bit')\n"
        "sm = rp2.StateMachine(4, prog, freq=500_000, out_base=Pin(2))\n"
        "sm.active(1)"
    )
    pico.pin(2).watch()
    pico.run(5 * MS)
    assert pico.pin(2).edges() == []
    repl.execute("sm.put(0b0101)")
    # bits 1, 0, 1, 0, each 4 cycles of 2 us
    assert gaps(pico.pin(2).edges()) == [8 * US, 8 * US, 8 * US]


def test_instructions_put_in_by_hand_run_while_the_machine_is_stalled(repl):
    repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    pull()\n"
        "    mov(y, osr)\n"
        "    label('end')\n"
        "    jmp('end')\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000, set_base=Pin(2))\n"
        "sm.active(1)"
    )
    assert repl.execute("sm.exec('set(pins, 1)'); print(Pin(2)())").strip() == "1"
    # the stalled pull is still to be done: data completes it, y shows
    out = repl.execute("sm.put(77); time.sleep_us(20); sm.exec('mov(isr, y)'); sm.exec('push()'); print(sm.get())")
    assert out.strip() == "77"
    # a forced instruction that cannot complete stays latched until it can
    stalled = "print(mem32[0x503000cc] & 0x80000000 != 0)"
    assert repl.execute(f"sm.exec('pull()'); {stalled}").strip() == "True"
    assert repl.execute(f"sm.put(5); time.sleep_us(20); {stalled}").strip() == "False"


def test_autopush_counts_bits_and_side_set_rides_along(repl):
    pico = repl.pico
    pico.pin(3).drive(1)
    out = repl.execute(
        "@rp2.asm_pio(autopush=True, push_thresh=8, in_shiftdir=rp2.PIO.SHIFT_LEFT, sideset_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    in_(pins, 1).side(1)\n"
        "    in_(null, 1).side(0)\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000, in_base=Pin(3), sideset_base=Pin(2))\n"
        "sm.active(1); time.sleep_us(100); n = sm.rx_fifo(); sm.active(0)\n"
        "print(n, [sm.get() for _ in range(n)])"
    )
    assert out.strip() == "4 [170, 170, 170, 170]"


def test_a_polling_loop_at_full_clock_counts_as_if_every_turn_had_run(repl):
    """A loop that only polls is skipped over; its place in the circle decides when the pin is seen."""
    pico = repl.pico
    pico.pin(3).drive(0)
    repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    label('poll')\n"
        "    jmp(pin, 'seen') [4]\n"
        "    jmp('poll') [4]\n"
        "    label('seen')\n"
        "    set(pins, 1) [9]\n"
        "    set(pins, 0)\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000, set_base=Pin(2), jmp_pin=Pin(3))\n"
        "sm.active(1)"
    )
    pico.pin(2).watch()
    start = pico.now_ns + MS
    times = [start + i * 1_234_567 for i in range(6)]
    for at in times:
        pico.pin(3).drive_edges([at, at + 20 * US], [1, 0])
    pico.run(12 * MS)
    rises = [t for t, level in pico.pin(2).edges() if level]
    # The loop takes 10 cycles and a poll that sees the pin 5 more; after `set` the circle starts anew.
    for asked in times:
        answered = min(t for t in rises if t >= asked)
        assert 5 * US < answered - asked <= 15 * US + SYNCHRONISER_NS
    assert {round(t - rises[0]) % US for t in rises} == {0}


def test_quadrature_counted_by_pio_matches_the_edges_driven(repl):
    pico = repl.pico
    for gpio in (4, 5):
        pico.pin(gpio).drive(0)
    repl.execute(
        "@rp2.asm_pio()\n"
        "def prog():\n"
        "    wait(1, pin, 0)\n"
        "    jmp(y_dec, 'next')\n"
        "    label('next')\n"
        "    wait(0, pin, 0)\n"
        "sm = rp2.StateMachine(5, prog, in_base=Pin(4))\n"
        "sm.exec('set(y, 0)'); sm.active(1)"
    )
    start = pico.now_ns + MS
    count = 500
    pico.pin(4).drive_edges([start + i * 10_000 for i in range(2 * count)], [1, 0] * count)
    pico.run(MS + 2 * count * 10_000)
    assert repl.execute("sm.exec('mov(isr, y)'); sm.exec('push()'); print((-sm.get()) & 0xffffffff)").strip() == str(
        count
    )


def test_pulses_that_bring_a_machine_back_to_where_it_was_are_no_circle(repl):
    """Each counts one down as it rises and one up as it falls, and may end before the machine has come to wait for it;
    a machine taken for one that goes round by itself would be caught up with without end."""
    pico = repl.pico
    pico.pin(4).drive(0)
    repl.execute(
        "@rp2.asm_pio()\n"
        "def prog():\n"
        "    wait(1, pin, 0)\n"
        "    jmp(x_dec, 'down')\n"
        "    label('down')\n"
        "    wait(0, pin, 0)\n"
        "    mov(y, invert(x))\n"
        "    jmp(y_dec, 'up')\n"
        "    label('up')\n"
        "    mov(x, invert(y))\n"
        "sm = rp2.StateMachine(5, prog, freq=1_000_000, in_base=Pin(4))\n"
        "sm.exec('set(x, 21)'); sm.active(1)"
    )

    def give_up(*_):
        raise TimeoutError("the virtual Pico does not come back")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        at, edges, drawn = pico.now_ns + MS, [], random.Random(1)
        for _ in range(400):
            edges += [at, at + drawn.randrange(1_000, 9_000)]
            at = edges[-1] + drawn.randrange(1_000, 60_000)
        pico.pin(4).drive_edges(edges, [1, 0] * 400)
        pico.run(at - pico.now_ns + MS)
        assert repl.execute("sm.exec('mov(isr, x)'); sm.exec('push()'); print(sm.get())").strip() == "21"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_joined_fifos_are_eight_deep(repl):
    out = repl.execute(
        "@rp2.asm_pio(autopush=True, push_thresh=4, fifo_join=rp2.PIO.JOIN_RX)\n"
        "def prog():\n"
        "    in_(y, 4)\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000)\n"
        "sm.exec('set(y, 9)'); sm.active(1); time.sleep_us(50); print(sm.rx_fifo(), sm.get() & 15); sm.active(0)"
    )
    assert out.split() == ["8", "9"]


def test_machines_wait_for_each_others_flags(repl):
    """One machine raises a flag every 8 cycles of 1 us; the other, at full clock, toggles its pin at each."""
    pico = repl.pico
    repl.execute(
        "@rp2.asm_pio()\n"
        "def beat():\n"
        "    irq(4) [7]\n"
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def follow():\n"
        "    wait(1, irq, 4)\n"
        "    set(pins, 1)\n"
        "    wait(1, irq, 4)\n"
        "    set(pins, 0)\n"
        "b = rp2.StateMachine(5, follow, set_base=Pin(2)); a = rp2.StateMachine(4, beat, freq=1_000_000)"
    )
    pico.pin(2).watch()
    repl.execute("b.active(1); a.active(1); time.sleep_us(1000); a.active(0); b.active(0)")
    edges = pico.pin(2).edges()
    assert len(edges) > 100
    assert set(gaps(edges)) == {8 * US}


def test_out_exec_runs_the_word_it_is_given(repl):
    out = repl.execute(
        "@rp2.asm_pio()\n"
        "def prog():\n"
        "    pull()\n"
        "    out(exec, 16)\n"
        "    mov(isr, x)\n"
        "    push()\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000); sm.active(1)\n"
        "sm.put((0xe020 | 21) << 16); print(sm.get())\n"  # set x, 21 (shifted out from the left)
        "sm.put(0xa02b << 16); print(sm.get())"  # mov x, ~null
    )
    assert out.split() == ["21", str(0xFFFFFFFF)]
