# Runs on the board: prints the worst and mean time of a detector step (us), and the bytes that 200 of them allocate.
# mypy: ignore-errors
import gc
import time
from array import array

from sapper.detector import Detector
from sapper.settings import Settings

detector = Detector(Settings())
frame = array("i", (32768, 32768, 32768, 33000, 14000))
noise = 12345
WARM_UP = 600
LEARN = WARM_UP + 300


def step(i):
    global noise
    travel_mm = (i - WARM_UP) * 4 if i > WARM_UP else 0
    for gate in range(3):
        noise = (noise * 1103 + 12345) & 0x7FFFF
        frame[gate] = 32768 + (noise >> 13) - 32
    start = time.ticks_us()
    detector.step(frame, i * 10, travel_mm, 400 if travel_mm else 0)
    return time.ticks_diff(time.ticks_us(), start)


for i in range(LEARN):
    step(i)
worst = 0
took = 0  # a new global would grow the table of globals while it is measured
total = 0
gc.collect()
before = gc.mem_alloc()
i = LEARN
while i < LEARN + 200:
    took = step(i)
    total += took
    if took > worst:
        worst = took
    i += 1
after = gc.mem_alloc()
if detector.health.fault:
    raise ValueError("the detector was blind", detector.health.fault)
print(worst, total // 200, after - before)
