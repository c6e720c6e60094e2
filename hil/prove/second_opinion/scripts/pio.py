# Three state machines: a square wave with side-set and delays at a fractional divider (GPIO 6), words shifted out by
# autopull (GPIO 7), and one that waits for edges of GPIO 6, follows them on GPIO 14 and counts turns into its FIFO.
# mypy: ignore-errors
@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)
def square():
    nop().side(1)[4]
    nop().side(0)[9]


@rp2.asm_pio(out_init=rp2.PIO.OUT_LOW, out_shiftdir=rp2.PIO.SHIFT_RIGHT, autopull=True, pull_thresh=24)
def shift():
    out(pins, 1)[2]


@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)
def follow():
    mov(x, invert(null))
    label("turn")
    wait(1, pin, 0)
    set(pins, 1)
    wait(0, pin, 0)
    set(pins, 0)
    mov(isr, x)
    push(noblock)
    jmp(x_dec, "turn")


machines = (
    rp2.StateMachine(0, square, freq=1_234_567, sideset_base=first),
    rp2.StateMachine(1, shift, freq=500_000, out_base=second),
    rp2.StateMachine(5, follow, freq=10_000_000, in_base=first, set_base=third),
)
for word in (0xA5F00F, 0x123456, 0xFFFFFF, 0x000001):
    machines[1].put(word)
begin()
for machine in machines:
    machine.active(1)
time.sleep_us(900)
end()
for machine in machines:
    machine.active(0)
tell("turns", [0xFFFFFFFF - machines[2].get() for _ in range(machines[2].rx_fifo())])
tell("left", machines[1].tx_fifo())
