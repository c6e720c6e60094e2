"""On MicroPython: ticks of the application over the wrap of its time, after weeks of silence, with the heap locked; a
single integer that is not small ends it.

Run with the firmware and the fakes on the path; prints how many ticks were made.
"""

import bench

import micropython
from sapper.link.raw_frames import RawFrames
from sapper.link.telemetry import FrameWriter
from sapper.shared.limits import TIME_WRAP_MS

rig = bench.Bench()
app = rig.app
raw = RawFrames(app, FrameWriter())
rig.tick(5)
rig.board.acquisition.take = lambda: 1  # the fakes allocate
for port in rig.ports:
    port.read_into = lambda buffer: 0
rig.board.gnss.read_into = lambda buffer: 0
app.t_ms = TIME_WRAP_MS - 55
app.watch._heard_age_ms = TIME_WRAP_MS - 55
app.stats.ticks = 999_999_995
ticks = 0
micropython.heap_lock()
while ticks < 10:
    app.tick(10)
    raw.step(ticks)
    app.stats.add(0, 0)
    ticks += 1
micropython.heap_unlock()
if app.t_ms > 100 or app.stats.ticks > 100:
    raise ValueError("nothing wrapped")
print(ticks)
