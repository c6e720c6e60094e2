"""On MicroPython: every frame told, tick by tick, with the heap locked; a single allocation ends it.

Run with the firmware and the fakes on the path; prints how many RAW frames were made.
"""

from array import array

import micropython
from sapper.link.raw_frames import RawFrames
from sapper.link.telemetry import FrameWriter


class Part:
    """Holds what RawFrames looks at."""


app = Part()
app.t_ms = 1000
app.drive = Part()
app.drive.signs = (1, -1)
app.watch = Part()
app.watch.frame_age = 0
app.watch.vsys_mv = 5000
app.watch.temp_dc = 215
app.board = Part()
app.board.acquisition = Part()
app.board.acquisition.frame = array("i", (65520, 1, 2, 3, 4))
app.board.encoders = (Part(), Part())
app.board.encoders[0].count = 1
app.board.encoders[1].count = 65535
raw = RawFrames(app, FrameWriter())
raw.begin()
frames = 0
count = 0
micropython.heap_lock()
while count < 500:
    app.t_ms += 10
    app.watch.frame_age = 1 if count % 7 == 0 else 0
    count += 1
    if raw.step(count):
        frames += 1
micropython.heap_unlock()
print(frames)
