"""PIO machines that look at a pin which another block of the chip drives: they see each of its edges."""

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
COUNT = "time.sleep_us(5000); sm.active(0); sm.exec('mov(isr, x)'); sm.exec('push()'); print(sm.get()); p.deinit()"


@pytest.mark.parametrize("program", [WAITER, POLLER, READER], ids=["WAIT", "JMP PIN", "IN PINS"])
@pytest.mark.parametrize("pwm_first", [True, False])
def test_every_edge_of_a_pwm_is_seen(repl, program, pwm_first):
    """5 ms of 20 kHz; the pin may come to PWM while the machine waits for it already."""
    start = program + "sm.active(1)\n"
    out = repl.execute((PWM_ON + start if pwm_first else start + "time.sleep_us(100)\n" + PWM_ON) + COUNT)
    assert 99 <= int(out) <= 103


PULSES = (
    "@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)\n"
    "def pulses():\n"
    "    pull()\n"
    "    mov(y, osr)\n"
    "    label('next')\n"
    "    set(pins, 1) [3]\n"
    "    set(pins, 0) [4]\n"
    "    jmp(y_dec, 'next')\n"
    "d = rp2.StateMachine({machine}, pulses, freq=1_000_000, set_base=Pin(6)); d.active(1)\n"
)
# Who drives the pin: which, what sets it up, what makes it rise, and how often.
DRIVERS = {
    "SIO": (6, "d = Pin(6, Pin.OUT, value=0)\n", "for _ in range(200): d(1); d(0)\n", 200),
    "a machine of the same block": (6, PULSES.format(machine=5), "d.put(299); time.sleep_ms(5); d.active(0)\n", 300),
    "a machine of the other block": (6, PULSES.format(machine=1), "d.put(299); time.sleep_ms(5); d.active(0)\n", 300),
    # start bit, 1 0 1 0 1 0 1 0, stop bit
    "UART": (4, "d = machine.UART(1, 115200, tx=Pin(4), rx=Pin(5))\n", "d.write(b'U' * 50); d.flush()\n", 250),
    "SPI": (6, "d = machine.SPI(0, 1_000_000, sck=Pin(6), mosi=Pin(3), miso=Pin(0))\n", "d.write(bytes(50))\n", 400),
}


@pytest.mark.parametrize("program", [WAITER, POLLER, READER], ids=["WAIT", "JMP PIN", "IN PINS"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_edge_is_seen_whoever_drives_the_pin(repl, driver, program):
    pin, setup, drive, rises = DRIVERS[driver]
    count = COUNT.replace("; p.deinit()", "")
    assert (
        int(repl.execute(setup + program.replace("Pin(6)", f"Pin({pin})") + "sm.active(1)\n" + drive + count)) == rises
    )
