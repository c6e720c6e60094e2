# Edges of GPIO 6, made by the program, call a hard handler, which turns GPIO 7 over; falls of a PWM on GPIO 14 count.
# mypy: ignore-errors
micropython.alloc_emergency_exception_buf(100)
rises = falls = waves = 0


def rose(pin):
    global rises
    second.toggle()
    rises += 1


def fell(pin):
    global falls
    second.toggle()
    falls += 1


def came(pin):
    global waves
    waves += 1


def make_edges(pulses):
    for _ in range(pulses):
        first.on()
        wait_us(150)
        first.off()
        wait_us(150)


begin()
first.irq(rose, Pin.IRQ_RISING, hard=True)
make_edges(8)
first.irq(fell, Pin.IRQ_FALLING, hard=True)
make_edges(8)
end()
first.irq(None)
pwm = PWM(third, freq=2000, duty_u16=32768)
wait_us(2000)
wait_fall(third)
third.irq(came, Pin.IRQ_FALLING, hard=True)
wait_us(5250)
third.irq(None)
pwm.deinit()
tell("rises", rises)
tell("falls", falls)
tell("waves", waves)
