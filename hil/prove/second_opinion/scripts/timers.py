# A timer at 2 kHz turns GPIO 6 over; GPIO 7 shows sleeps of 300 us and 3 ms, and a wait on the clock.
# mypy: ignore-errors
beats = 0


def turn(timer):
    global beats
    first.toggle()
    beats += 1


begin()
timer = Timer(freq=2000, callback=turn)
wait_us(9750)
timer.deinit()
tell("beats", beats)
for us in (300, 3000):
    second.on()
    time.sleep_us(us)
    second.off()
second.on()
wait_us(2000)
second.off()
before = beats
second.on()
once = Timer(period=4, mode=Timer.ONE_SHOT, callback=turn)
while beats == before:
    pass
second.off()
end()
