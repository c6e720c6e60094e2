"""Some power cuts in a process of its own: each has its boards, and makes the recording anew.

The same work gives the same recording everywhere: a virtual board does the same with the same seed.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from hil.errors import HilError
from hil.prove.updates.power_cut import Recorder, Recording, Work, survive
from hil.prove.updates.works import all_works
from hil.rigs.virtual import VirtualPico

_boards: dict[str, VirtualPico] = {}  # of this process
_recorders: dict[str, Recorder] = {}
_works: dict[str, Work] = {}


def _board() -> VirtualPico:
    if "cut" not in _boards:
        _boards["cut"] = VirtualPico(None, power=False, seed=2)
        atexit.register(_boards["cut"].close)
    return _boards["cut"]


def works(folder: Path) -> dict[str, Work]:
    """Every work by its name; what they need is built once a process, under `folder`."""
    if not _works:
        _works.update({work.name: work for work in all_works(folder / str(os.getpid()))})
    return _works


def recorder_of(firmware: Path, folder: Path, name: str) -> Recorder:
    """The recording of this work, made once a process."""
    if name not in _recorders:
        work = works(folder)[name]
        pico = VirtualPico(firmware, seed=1)
        atexit.register(pico.close)
        _recorders[name] = Recorder(pico, work)
    return _recorders[name]


def run_chunk(
    firmware: Path, folder: Path, name: str, recording: Recording, cuts: list[tuple[int, str]], again_every: int
) -> list[tuple[int, str, str, str]]:
    """Some cuts of one work: [(operation, phase, state found, what is wrong)]. again_every: after each such operation
    the work is done once more. HilError when this process's recording is not `recording`, whose operations the cuts
    number."""
    recorder = recorder_of(firmware, folder, name)
    if recorder.recording != recording:
        raise HilError(f"{name}: done again, it is {recorder.recording}, not {recording}")
    return [
        (operation, phase, *survive(_board(), recorder.work, image, operation % again_every == 0))
        for operation, phase, image in recorder.images(cuts)
    ]
