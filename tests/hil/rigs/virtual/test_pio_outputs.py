"""Which machine has a pin, and what the block's registers show of it (RP2040 datasheet 3.5.6.1, 3.7)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
PIO1 = 0x50300000
SIO = 0xD0000000
# Writes a value over and over, as a machine does that means to hold a pin.
HOLDERS = (
    "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
    "def high():\n"
    "    wrap_target()\n"
    "    set(pins, 1)\n"
    "    wrap()\n"
    "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
    "def low():\n"
    "    wrap_target()\n"
    "    set(pins, 0)\n"
    "    wrap()\n"
    "pin = Pin(13, Pin.OUT)\n"
)
# Two machines of PIO1 on pin 13, let go one after the other; `look` prints the level 10 us later.
TWO = HOLDERS + (
    "a = rp2.StateMachine({first}, high, set_base=pin); b = rp2.StateMachine({second}, low, set_base=pin)\n"
    "def look():\n"
    "    time.sleep_us(10); print(pin.value())\n"
)


def levels(out: str) -> list[int]:
    return [int(word) for word in out.split()]


def test_a_machine_gets_its_pin_back_when_a_higher_one_lets_go(repl):
    repl.execute(TWO.format(first=4, second=5))
    assert levels(repl.execute("a.active(1); look(); b.active(1); look(); b.active(0); look(); a.active(0)")) == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize(("first", "second", "seen"), [(4, 5, 0), (5, 4, 1), (4, 7, 0)])
def test_of_two_that_write_a_pin_in_the_same_cycle_the_higher_number_wins(repl, first, second, seen):
    both = f"mem32[{PIO1}] = {1 << first - 4 | 1 << second - 4}"
    for start in ("a.active(1); b.active(1)", "b.active(1); a.active(1)", both):
        repl.execute(TWO.format(first=first, second=second))
        assert levels(repl.execute(f"{start}; look(); a.active(0); b.active(0)")) == [seen]


def test_the_loser_leaves_no_trace_on_the_pin(repl):
    """Not even for an instant: a latch, or whoever counts edges, would see it."""
    pico = repl.pico
    repl.execute(TWO.format(first=4, second=5) + "a.active(1); b.active(1)")
    pico.pin(13).watch()
    pico.run(MS)
    assert pico.pin(13).edges() == []
    repl.execute("b.active(0); a.active(0)")


def test_flags_that_wake_both_give_the_loser_no_turn(repl):
    """What happened while they slept is worked out anew, and must come out as it was."""
    pico = repl.pico
    slower = TWO.replace("set(pins, 1)", "set(pins, 1) [5]").replace("set(pins, 0)", "set(pins, 0) [2]")
    repl.execute(slower.format(first=4, second=5) + f"mem32[{PIO1}] = 3; time.sleep_us(1000)")
    pico.pin(13).watch()
    repl.execute(f"for _ in range(20):\n    mem32[{PIO1 + 0x34}] = 1; mem32[{PIO1 + 0x30}] = 1; time.sleep_us(33)")
    assert pico.pin(13).edges() == []
    repl.execute("b.active(0); a.active(0)")


def test_what_the_processor_writes_between_a_holder_takes_back(repl):
    """An instruction put into another machine from outside writes once, the holder at its next cycle."""
    pico = repl.pico
    repl.execute(TWO.format(first=4, second=5) + "a.active(1)")
    pico.pin(13).watch()
    assert levels(repl.execute("b.exec('set(pins, 0)'); look(); a.active(0)")) == [1]
    (fell, down), (rose, up) = pico.pin(13).edges()
    assert (down, up) == (0, 1) and 0 < rose - fell <= 16


def test_a_machine_that_waits_holds_its_side_set(repl):
    """Its instruction is tried, and its side-set written, every cycle."""
    repl.execute(
        HOLDERS + "@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)\n"
        "def waiter():\n"
        "    wait(1, irq, 0) .side(1)\n"
        "a = rp2.StateMachine(4, waiter, sideset_base=pin); b = rp2.StateMachine(5, low, set_base=pin)\n"
        "def look():\n"
        "    time.sleep_us(10); print(pin.value())\n"
    )
    assert levels(repl.execute("a.active(1); look(); b.active(1); look(); b.active(0); look(); a.active(0)")) == [
        1,
        0,
        1,
    ]


def test_side_set_goes_before_what_the_same_instruction_sets(repl):
    repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW, sideset_init=rp2.PIO.OUT_LOW)\n"
        "def both():\n"
        "    set(pins, 1) .side(0)\n"
        "    nop() .side(1) [3]\n"
        "    nop() .side(0) [3]\n"
        "sm = rp2.StateMachine(4, both, freq=1_000_000, set_base=Pin(13), sideset_base=Pin(13))"
    )
    pin = repl.pico.pin(13)
    pin.watch()
    repl.execute("sm.active(1); time.sleep_us(100); sm.active(0)")
    rises = [t for t, level in pin.edges() if level]
    assert len(rises) > 5
    assert {b - a for a, b in zip(rises, rises[1:], strict=False)} == {9000}


def test_what_stays_when_machines_stop_is_the_last_level_and_direction(repl):
    """Of each pin the block keeps both (datasheet 3.5.6.1: without a write the value does not change), whoever wrote
    them, and also while the pin is another block's."""
    out = repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
        "def high():\n"
        "    set(pins, 1)\n"
        "    label('end')\n"
        "    jmp('end')\n"
        "def look(): print(mem32[0x5030003c] >> 13 & 1, mem32[0x50300040] >> 13 & 1, mem32[0xd0000004] >> 13 & 1)\n"
        "a = rp2.StateMachine(4, high, set_base=Pin(13)); b = rp2.StateMachine(5, high, set_base=Pin(13))\n"
        "look(); a.active(1); time.sleep_us(10); look(); a.active(0); look(); a.restart(); look()\n"
        "b.exec('set(pins, 0)'); look(); a.exec('set(pindirs, 0)'); look()\n"
        "b.exec('set(pins, 1)'); b.exec('set(pindirs, 1)'); look()\n"
        "Pin(13, Pin.OUT, value=0); look(); mem32[0x40014000 + 8 * 13 + 4] = 7; look()"
    )
    shown = ["0 1 0", "1 1 1", "1 1 1", "1 1 1", "0 1 0", "0 0 0", "1 1 1", "1 1 0", "1 1 1"]
    assert [line.strip() for line in out.splitlines()] == shown


def test_registers_show_30_gpios(repl):
    """The two most significant bits of DBG_PADOUT and DBG_PADOE are hardwired to 0. SIO's outputs and inputs have 30
    bits too, those of the flash's pins 6."""
    repl.execute(
        f"mem32[{PIO1 + 0xDC}] = 32 << 20\n"  # SM0_PINCTRL: OUT has 32 pins from 0
        f"mem32[{PIO1 + 0xD8}] = 0xe020; mem32[{PIO1 + 0xD8}] = 0xa009\n"  # set x, 0; mov pins, ~x
        f"mem32[{PIO1 + 0xD8}] = 0xa0e9; mem32[{PIO1 + 0xD8}] = 0x6080\n"  # mov osr, ~x; out pindirs, 32
    )
    shown = repl.execute(
        f"print(mem32[{PIO1 + 0x3C}] & 0xffffffff, mem32[{PIO1 + 0x40}] & 0xffffffff)\n"
        f"mem32[{PIO1 + 0xD8}] = 0xa0e1; mem32[{PIO1 + 0xD8}] = 0x6080; mem32[{PIO1 + 0xD8}] = 0xa001\n"  # back
        f"out, oe = mem32[{SIO + 0x10}], mem32[{SIO + 0x20}]\n"
        f"mem32[{SIO + 0x10}] = 0xffffffff; mem32[{SIO + 0x20}] = 0\n"
        f"print(mem32[{SIO + 0x10}] & 0xffffffff)\n"
        f"mem32[{SIO + 0x10}] = out; mem32[{SIO + 0x20}] = oe\n"
        f"mem32[{SIO + 0x30}] = 0xffffffff; print(mem32[{SIO + 0x30}] & 0xffffffff); mem32[{SIO + 0x30}] = 0\n"
        f"mem32[{SIO + 0x34}] = 0xffffff00; mem32[{SIO + 0x3C}] = 0xffffff00; print(mem32[{SIO + 0x30}] & 0xffffffff)\n"
        f"mem32[{SIO + 0x40}] = 0xffffffc0; print(mem32[{SIO + 0x40}] & 0xffffffff)\n"
        f"print(mem32[{SIO + 4}] >> 30 & 3)"
    )
    assert [int(word) for word in shown.split()] == [0x3FFFFFFF, 0x3FFFFFFF, 0x3FFFFFFF, 0x3F, 0, 0, 0]


def test_reserved_bits_of_a_machine_read_0(repl):
    """SM3 of PIO1, which nobody uses: CLKDIV, EXECCTRL, SHIFTCTRL."""
    offsets = (0x110, 0x114, 0x118)
    before = repl.execute(f"print([mem32[{PIO1} + o] for o in {offsets}])")
    shown = repl.execute(
        f"for o in {offsets}:\n    mem32[{PIO1} + o] = 0x3fffffff; print(mem32[{PIO1} + o])\n"
        f"for o, v in zip({offsets}, {before.strip()}): mem32[{PIO1} + o] = v"
    )
    assert [int(word) for word in shown.split()] == [0x3FFFFF00, 0x3FFFFF9F, 0x3FFF0000]


def test_a_higher_machine_has_the_pin_in_its_own_cycles_only(repl):
    """One writes 1 in each cycle of 8 ns; the other, higher and at a quarter of the rate, writes 0 in every fourth."""
    pico = repl.pico
    repl.execute(
        TWO.format(first=4, second=5).replace("low, set_base", "low, freq=31_250_000, set_base")
        + "a.active(1); b.active(1)"
    )
    pico.pin(13).watch()
    pico.run(10_000)
    edges = pico.pin(13).edges()
    repl.execute("b.active(0); a.active(0)")
    low = [up[0] - down[0] for down, up in zip(edges, edges[1:], strict=False) if down[1] == 0]
    high = [down[0] - up[0] for up, down in zip(edges, edges[1:], strict=False) if up[1] == 1]
    assert len(low) > 300 and set(low) == {8} and set(high) == {24}
