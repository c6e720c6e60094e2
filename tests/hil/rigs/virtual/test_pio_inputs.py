"""What a PIO machine sees of a pin, and when: two flip-flops after it changed, whatever drives it.

RP2040 datasheet: 3.5.6.3 (a synchroniser of two flip-flops adds two cycles of latency to input sampling), 3.7
(INPUT_SYNC_BYPASS), 2.21.2 (PROC_IN_SYNC_BYPASS: the same for the processor's GPIO_IN).
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
US = 1000
CLK_NS = 8
PIO1 = 0x50300000
BYPASS = PIO1 + 0x38
PIN = 3
# A pulse on pin 2 answers each pulse on pin 3, at full clock.
ANSWERS = {
    "WAIT PIN": ("    wait(1, pin, 0)\n", "    wait(0, pin, 0)\n"),
    "WAIT GPIO": (f"    wait(1, gpio, {PIN})\n", f"    wait(0, gpio, {PIN})\n"),
    "IN PINS": tuple(
        f"    label('{name}')\n    mov(isr, null)\n    in_(pins, 1)\n    mov(x, isr)\n    jmp({condition}, '{name}')\n"
        for name, condition in (("up", "not_x"), ("down", "x_dec"))
    ),
    "JMP PIN": (
        "    label('up')\n    jmp(pin, 'high')\n    jmp('up')\n    label('high')\n",
        "    label('down')\n    jmp(pin, 'down')\n",
    ),
}
# Cycles between two looks at the pin, and from a look that sees it to the answer's.
TURN = {"WAIT PIN": (1, 1), "WAIT GPIO": (1, 1), "IN PINS": (4, 3), "JMP PIN": (2, 1)}


def answering(repl, kind: str) -> None:
    up, down = ANSWERS[kind]
    repl.pico.pin(PIN).drive(0)
    repl.execute(
        f"Pin({PIN}, Pin.IN)\n"
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW, in_shiftdir=rp2.PIO.SHIFT_LEFT)\n"
        f"def prog():\n    wrap_target()\n{up}    set(pins, 1)\n{down}    set(pins, 0)\n    wrap()\n"
        f"sm = rp2.StateMachine(4, prog, set_base=Pin(2), in_base=Pin({PIN}), jmp_pin=Pin({PIN})); sm.active(1)"
    )
    repl.pico.pin(2).watch()


@pytest.mark.parametrize(("bypass", "flip_flops"), [(0, 2), (1 << PIN, 0), (~(1 << PIN) & 0x3FFFFFFF, 2)])
@pytest.mark.parametrize("kind", ANSWERS)
def test_an_edge_is_seen_when_it_has_come_through_the_flip_flops(repl, kind, bypass, flip_flops):
    """Edges at every nanosecond of a cycle, and of two and four; the machine's own place in its turn is the rest."""
    answering(repl, kind)
    repl.execute(f"mem32[{BYPASS}] = {bypass}")
    pico = repl.pico
    start = pico.now_ns + 100 * US
    asked = [start + i * (20 * US + 9) for i in range(40)]
    for at in asked:
        pico.pin(PIN).drive_edges([at, at + 5 * US], [1, 0])
    pico.run(1000 * US)
    repl.execute(f"sm.active(0); mem32[{BYPASS}] = 0")
    answered = [t for t, level in pico.pin(2).edges() if level]
    turn, answer = TURN[kind]
    took = [t - at for t, at in zip(answered, asked, strict=True)]
    least = (flip_flops + answer) * CLK_NS
    assert all(least < each <= least + turn * CLK_NS for each in took)
    assert max(took) - min(took) >= turn * CLK_NS - CLK_NS


@pytest.mark.parametrize(("bypass", "first"), [(0, 3), (1 << PIN, 1)])
def test_a_machine_sees_what_it_drives_itself(repl, bypass, first):
    """SET in one cycle; the first IN that has it is three cycles later, or the next."""
    repl.execute(f"mem32[{BYPASS}] = {bypass}; Pin({PIN}, Pin.OUT)")
    seen = []
    for later in range(1, 6):
        out = repl.execute(
            "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW, in_shiftdir=rp2.PIO.SHIFT_LEFT)\n"
            f"def prog():\n    set(pins, 0) [7]\n    set(pins, 1) [{later - 1}]\n    in_(pins, 1)\n    push()\n"
            "    label('end')\n    jmp('end')\n"
            f"sm = rp2.StateMachine(4, prog, set_base=Pin({PIN}), in_base=Pin({PIN})); sm.active(1)\n"
            "print(sm.get()); sm.active(0); rp2.PIO(1).remove_program()"
        )
        seen.append(int(out))
    repl.execute(f"mem32[{BYPASS}] = 0")
    assert seen == [1 if later >= first else 0 for later in range(1, 6)]


def test_a_change_on_its_way_wakes_a_machine_that_came_to_wait_for_it_meanwhile(repl):
    """It begins to wait in the cycles in which the change is in the flip-flops; no later change helps it."""
    repl.execute(f"Pin({PIN}, Pin.OUT)")
    for later in range(4):
        out = repl.execute(
            "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
            f"def prog():\n    set(pins, 0) [7]\n    set(pins, 1) [{later}]\n    wait(1, pin, 0)\n    push()\n"
            "    label('end')\n    jmp('end')\n"
            f"sm = rp2.StateMachine(4, prog, set_base=Pin({PIN}), in_base=Pin({PIN})); sm.active(1)\n"
            "time.sleep_us(10); print(sm.rx_fifo()); sm.active(0); rp2.PIO(1).remove_program()"
        )
        assert out.strip() == "1", later
    # An instruction put in by the processor is no different.
    out = repl.execute(
        "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\ndef prog():\n    nop()\n"
        f"sm = rp2.StateMachine(4, prog, set_base=Pin({PIN}), in_base=Pin({PIN}))\n"
        "wait = rp2.asm_pio_encode('wait(1, pin, 0)', 0)\n"
        "@micropython.viper\n"
        "def close(pin: int, wait: int):\n"
        f"    ptr32(0xd0000014)[0] = pin\n    ptr32({PIO1 + 0xD8})[0] = wait\n"
        f"Pin({PIN}, Pin.OUT)(0); close(1 << {PIN}, wait); time.sleep_us(10)\n"
        f"print(mem32[{PIO1 + 0xCC}] >> 31 & 1)"
    )
    assert out.strip() == "0"


def test_a_pulse_between_two_edges_of_the_clock_is_not_seen_and_one_of_a_cycle_is(repl):
    answering(repl, "WAIT PIN")
    pico = repl.pico
    for late_ns, long_ns, seen in ((0, CLK_NS, 20), (3, CLK_NS, 20), (2, 4, 0), (5, CLK_NS, 20)):
        start = (pico.now_ns // CLK_NS + 20_000) * CLK_NS + late_ns
        for i in range(20):
            pico.pin(PIN).drive_edges([start + i * 10 * US, start + i * 10 * US + long_ns], [1, 0])
        pico.run(500 * US)
        assert len(pico.pin(2).edges()) == 2 * seen
    repl.execute("sm.active(0)")


@pytest.mark.parametrize(("bypass", "first"), [(0, 3), (1 << PIN, 1)])
def test_the_processor_sees_its_pins_through_flip_flops_too(repl, bypass, first):
    """GPIO_OUT is written and GPIO_IN read in cycles of their own: in how many between them NOPs stand."""
    seen = []
    for nops in range(5):
        out = repl.execute(
            "@micropython.asm_thumb\n"
            "def look(r0, r1):\n"
            "    str(r0, [r1, 0x18])\n"
            + "    nop()\n" * 8
            + "    str(r0, [r1, 0x14])\n"
            + "    nop()\n" * nops
            + "    ldr(r0, [r1, 4])\n"
            f"mem32[0x4000400c] = {bypass}\nPin({PIN}, Pin.OUT)\n"
            f"print(look(1 << {PIN}, 0xd0000000) >> {PIN} & 1)\nmem32[0x4000400c] = 0"
        )
        seen.append(int(out))
    assert seen == [1 if nops + 1 >= first else 0 for nops in range(5)]
