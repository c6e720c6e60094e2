"""PIO machines that wait for a pin which the chip's own PWM drives."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
PWM_ON = "p = machine.PWM(Pin(6)); p.freq(20_000); p.duty_u16(32768)\n"
WAITER = (
    "@rp2.asm_pio(fifo_join=rp2.PIO.JOIN_RX)\n"
    "def waiter():\n"
    "    wait(0, pin, 0)\n"
    "    wait(1, pin, 0)\n"
    "    mov(x, invert(x))\n"
    "    jmp(x_dec, 'on')\n"
    "    label('on')\n"
    "    mov(x, invert(x))\n"
    "    mov(isr, x)\n"
    "sm = rp2.StateMachine(4, waiter, in_base=Pin(6)); sm.exec('set(x, 0)')\n"
)
POLLER = (
    "@rp2.asm_pio()\n"
    "def poller():\n"
    "    label('high')\n"
    "    jmp(pin, 'high')\n"
    "    label('low')\n"
    "    jmp(pin, 'count')\n"
    "    jmp('low')\n"
    "    label('count')\n"
    "    mov(x, invert(x))\n"
    "    jmp(x_dec, 'on')\n"
    "    label('on')\n"
    "    mov(x, invert(x))\n"
    "sm = rp2.StateMachine(4, poller, jmp_pin=Pin(6)); sm.exec('set(x, 0)')\n"
)
READER = (
    "@rp2.asm_pio()\n"
    "def reader():\n"
    "    wrap_target()\n"
    "    label('high')\n"
    "    mov(isr, null)\n"
    "    in_(pins, 1)\n"
    "    mov(y, isr)\n"
    "    jmp(not_y, 'low')\n"
    "    jmp('high')\n"
    "    label('low')\n"
    "    mov(isr, null)\n"
    "    in_(pins, 1)\n"
    "    mov(y, isr)\n"
    "    jmp(not_y, 'low')\n"
    "    mov(x, invert(x))\n"
    "    jmp(x_dec, 'on')\n"
    "    label('on')\n"
    "    mov(x, invert(x))\n"
    "    wrap()\n"
    "sm = rp2.StateMachine(4, reader, in_base=Pin(6), in_shiftdir=rp2.PIO.SHIFT_LEFT); sm.exec('set(x, 0)')\n"
)
COUNT = "time.sleep_ms(5); sm.active(0); sm.exec('mov(isr, x)'); sm.exec('push()'); print(sm.get()); p.deinit()"


@pytest.mark.parametrize("program", [WAITER, POLLER, READER], ids=["WAIT", "JMP PIN", "IN PINS"])
@pytest.mark.parametrize("pwm_first", [True, False])
def test_every_edge_of_a_pwm_is_seen(repl, program, pwm_first):
    """5 ms of 20 kHz; the pin may come to PWM while the machine waits for it already."""
    start = program + "sm.active(1)\n"
    out = repl.execute((PWM_ON + start if pwm_first else start + "time.sleep_us(100)\n" + PWM_ON) + COUNT)
    assert 99 <= int(out) <= 103
