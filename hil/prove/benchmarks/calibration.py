"""How fast this machine is while something is measured: a loop like the work, timed in bursts in between.

What else a machine does takes caches, clock and memory from whatever runs on it, and CPU time with them. Loop and work
suffer alike, so their ratio stays. A figure is told as the reference machine would have it, which needs
`reference_us` for a burst, beside the plain one.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from hil.errors import HilError
from sapper_host import processes

_WARM_UP = 8  # bursts until a compiler has done what it will
_EVERY = 2


@dataclass(frozen=True)
class Loop:
    """A calibration loop: the program, and the CPU time of a burst on the reference machine (one quiet core)."""

    command: Callable[[], list[str]]
    reference_us: float


def interpreter() -> list[str]:
    """For what an interpreter does over pipes: the sil rig."""
    return [sys.executable, str(Path(__file__).with_name("calibration_loop.py"))]


def emulator() -> list[str]:
    """For what JavaScript and WebAssembly do: the virtual Pico."""
    from hil.rigs.virtual.link import ready_node

    return [ready_node(), str(Path(__file__).with_name("calibration.mjs"))]


SIL = Loop(interpreter, 4_000)
VIRTUAL = Loop(emulator, 6_500)


@dataclass(frozen=True)
class Speed:
    """Emulated seconds, the CPU seconds of this process and of others that they took, and Calibration's slowness."""

    emulated_s: float
    own_s: float
    others_s: float
    slowness: float

    @property
    def plain(self) -> float:
        """Emulated seconds a CPU second, as it was."""
        return self.emulated_s / (self.own_s + self.others_s)

    @property
    def there(self) -> float:
        """The same at the reference machine's pace."""
        return self.plain * self.slowness

    @property
    def note(self) -> str:
        """Beside a row's value."""
        return f"plain {self.plain:.3g}; calibration {self.slowness:.2f} of the reference machine's time"


class Calibration:
    """A loop, running. `look` now and then; `slowness`: how much longer bursts took than on the reference machine."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._took_us: list[int] = []
        self._looks = 0
        self._process = processes.start(loop.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(_WARM_UP):
            self._burst()
        self._took_us.clear()
        self._began_s = _cpu_s()

    def look(self, *_: object) -> None:
        """A burst at every second call. What is told of the work's progress is not looked at."""
        if self._looks % _EVERY == 0:
            self._burst()
        self._looks += 1

    def _burst(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise HilError("the calibration loop ended")
        self._took_us.append(int(line))

    @property
    def slowness(self) -> float:
        """1 on the reference machine, 2 where everything takes twice as long."""
        if not self._took_us:
            raise HilError("nothing was calibrated")
        return sum(self._took_us) / len(self._took_us) / self._loop.reference_us

    def speed(self, emulated_s: float) -> Speed:
        """What came of the work, which has ended, with the processes that it took."""
        own_s, others_s = (now - then for now, then in zip(_cpu_s(), self._began_s, strict=True))
        return Speed(emulated_s, own_s, others_s, self.slowness)

    def __enter__(self) -> Calibration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.kill()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _cpu_s() -> tuple[float, float]:
    """CPU seconds so far: of this process, and of its children that have ended."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime
