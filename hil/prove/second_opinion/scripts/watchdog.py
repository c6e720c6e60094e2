# GPIO 6 is high from the watchdog's start; it is fed four times, then no more. The reset lets the pin go.
# mypy: ignore-errors
# A sleep counts the clock's milliseconds: begun late in one, whatever wakes the program may end it a whole one early.
while time.ticks_us() % 1000 > 200:
    pass
begin()
first.on()
dog = WDT(timeout=20)
for _ in range(4):
    time.sleep_ms(5)
    dog.feed()
    second.toggle()
while True:
    pass
