# Runs on the board: prints the worst and mean time of a detector step (us), and the bytes that 300 of them allocate.
# Over noise, with a strong object in it: the worst step is one in which its alert rises or its contact is described.
# mypy: ignore-errors
import gc
import time
from array import array

from sapper.detector.detector import FLAG_ALERT, FLAG_CONTACT, Detector
from sapper.shared.settings import Settings

detector = Detector(Settings())
frame = array("i", (32768, 32768, 32768, 33000, 14000))
noise = 12345
WARM_UP = 600
LEARN = WARM_UP + 300
MEASURED = 300
MM_A_FRAME = 4
OBJECT = LEARN + 80  # its contact is complete 0.66 m behind it
PEAK = (-6000, -3000, -2200)  # frame units: 300 mV at gate 0
FOOTPRINT_MM = 138
# Made beforehand, since floats allocate: share of the object's peak at each frame, in 1/1024.
share = array("h", [0] * (LEARN + MEASURED))
for i in range(LEARN + MEASURED):
    share[i] = int(1024 / (1 + ((i - OBJECT) * MM_A_FRAME / FOOTPRINT_MM) ** 2) ** 3)
seen = 0


def step(i):
    global noise, seen
    travel_mm = (i - WARM_UP) * MM_A_FRAME if i > WARM_UP else 0
    for gate in range(3):
        noise = (noise * 1103 + 12345) & 0x7FFFF
        frame[gate] = 32768 + (noise >> 13) - 32 + (PEAK[gate] * share[i] >> 10)
    start = time.ticks_us()
    seen |= detector.step(frame, i * 10, travel_mm, 400 if travel_mm else 0)
    return time.ticks_diff(time.ticks_us(), start)


for i in range(LEARN):
    step(i)
seen = 0
worst = 0
took = 0  # a new global would grow the table of globals while it is measured
total = 0
gc.collect()
before = gc.mem_alloc()
i = LEARN
while i < LEARN + MEASURED:
    took = step(i)
    total += took
    if took > worst:
        worst = took
    i += 1
after = gc.mem_alloc()
if detector.health.fault:
    raise ValueError("the detector was blind", detector.health.fault)
if seen & (FLAG_ALERT | FLAG_CONTACT) != FLAG_ALERT | FLAG_CONTACT:
    raise ValueError("the object was not found", seen)
print(worst, total // MEASURED, after - before)
