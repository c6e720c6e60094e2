"""What runs or is read before the hot set is copied, just after the clocks are set (firmware/board/sapper_hot_set.c).

The cache is empty at the start, so all that is used misses at least once.
"""

from __future__ import annotations

from pathlib import Path

from hil.errors import HilError
from hil.prove.hot_set.sections import Image, Section
from hil.rigs.virtual import VirtualPico

_STEP_NS = 20_000
_MOST_NS = 100_000_000
_CLK_SYS_SELECTED = 0x40008044
_FROM_PLL = 2
_AFTER_NS = 60_000  # the rest of setting the clocks; some of what follows it does no harm


def ran_early(uf2: Path, image: Image) -> set[Section]:
    """The sections in flash that were used by then."""
    with VirtualPico(uf2) as pico:
        pico.xip.record()
        while pico.memory.read_word(_CLK_SYS_SELECTED) != _FROM_PLL:
            pico.run(_STEP_NS)
            if pico.now_ns > _MOST_NS:
                raise HilError("the clocks are not set at power-on")
        pico.run(_AFTER_NS)
        return set(image.by_section(pico.xip.misses()))
