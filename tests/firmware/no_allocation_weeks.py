"""On MicroPython: runs the application over the wrap of board time and after weeks of silence, and then counts on with
the heap locked. An integer that was no small one once stays on the heap, whatever its value: it would end this.

Run with the firmware and the fakes on the path; prints how many figures were counted on.
"""

import bench

import micropython
from sapper.link.raw_frames import RawFrames
from sapper.link.telemetry import FrameWriter
from sapper.shared.limits import TIME_WRAP_MS

rig = bench.Bench()
app = rig.app
raw = RawFrames(app, FrameWriter())
app.t_ms = TIME_WRAP_MS - 25
app.watch._heard_age_ms = TIME_WRAP_MS - 25
app.stats.ticks = 999_999_995
for n in range(10):
    rig.tick()
    app.stats.add(0, 0)
    raw.step(n)
if app.t_ms > 100 or app.stats.ticks > 100:
    raise ValueError("nothing wrapped")
counted = 0
figures = (app.t_ms, app.watch._heard_age_ms, app.stats.ticks, raw._last_ms)
micropython.heap_lock()
for value in figures:
    if value + 1 > 0:
        counted += 1
micropython.heap_unlock()
print(counted)
