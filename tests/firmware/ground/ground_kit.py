"""The room `ground` put together for a test, and known bad versions of it."""

import types
from array import array
from pathlib import Path
from typing import Any

from sapper.ground import bits, cells, outline, permission, rectangle, trust

# A rover whose geometry keeps the invariant with cells of 50 mm, as long as its place is sure.
ROVER = {
    "track_width_mm": 420,
    "track_breadth_mm": 80,
    "track_length_mm": 300,
    "coil_ahead_mm": 460,
    "swath_mm": 680,
    "ground_margin_mm": 30,
    "ground_reaction_ms": 40,
    "ground_stop_mm": 60,
    "stop_ramp_ms": 150,
    "speed_max_mm_s": 600,
    "sweep_mm_s": 300,
}


class Values:
    """Settings as a store has them."""

    def __init__(self, **values: int) -> None:
        self.values = {**ROVER, **values}

    def get(self, name: str) -> int:
        return self.values[name]


def mutant(module: Any, *changes: tuple[str, str]) -> types.ModuleType:
    """A module of this name with lines changed; each has to be there."""
    text = Path(module.__file__).read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    made = types.ModuleType(module.__name__)
    made.__file__ = module.__file__
    exec(compile(text, module.__file__, "exec"), made.__dict__)
    return made


class Kit:
    """Map, trust, coil and permission. bad: {name of a module: a mutant of it}. settle_mm: as Swept has it."""

    def __init__(
        self,
        bad: dict[str, Any] | None = None,
        values: dict[str, int] | None = None,
        settle_mm: int = 0,
        **size: int,
    ) -> None:
        bad = bad or {}
        self.settings = Values(**(values or {}))
        self.cells = bad.get("cells", cells).Cells(**size)
        self.trust = bad.get("trust", trust).Trust(self.cells)
        self.trust.tell(0, False)  # sure: it has not walked since the beginning
        swept = bad.get("outline", outline).Swept
        self.swept = swept(self.settings, self.cells, self.trust, settle_mm=settle_mm)
        self.permission = bad.get("permission", permission).Permission(self.settings, self.cells, self.trust)

    def searched(self) -> set[tuple[int, int]]:
        """(column, row) of each searched cell of the window."""
        return cells_of(self.cells, self.cells.searched)

    def kept(self) -> set[tuple[int, int]]:
        """(column, row) of each cell of the window that is kept off."""
        return cells_of(self.cells, self.cells.kept)

    def all_searched(self, *but: tuple[int, int]) -> None:
        """Each cell of the window is searched, by a place that was sure, but for these (column, row)."""
        map_ = self.cells
        map_.searched[:] = array("H", [0xFFFF] * len(map_.searched))
        map_.blocks[:] = array("H", [trust.ZERO] * len(map_.blocks))
        for col, row in but:
            word = ((row & map_.shape[3]) << map_.shape[4]) + ((col & map_.shape[2]) >> 4)
            map_.searched[word] &= ~(1 << (col & 15))


def cells_of(map_: Any, bits: Any) -> set[tuple[int, int]]:
    shape = map_.shape
    found = set()
    for word, value in enumerate(bits):
        for bit in range(16):
            if value >> bit & 1:
                col = (word & ((1 << shape[4]) - 1)) * 16 + bit
                row = word >> shape[4]
                found.add((shape[0] + ((col - shape[0]) & shape[2]), shape[1] + ((row - shape[1]) & shape[3])))
    return found


CELL_MM = cells.CELL_MM
MODULES = {
    module.__name__.rpartition(".")[2]: module for module in (bits, cells, outline, permission, rectangle, trust)
}

# What viper code has to have as constants of its own file.
assert (outline._K, outline._ZERO) == (trust.K, trust.ZERO)
assert (bits._NOT_SEARCHED, bits._KEPT_OFF, bits._BEYOND, bits._OFF_MAP) == (
    cells.NOT_SEARCHED,
    cells.KEPT_OFF,
    cells.BEYOND_BASE_LINE,
    cells.OFF_MAP,
)
assert (bits._SEARCHED, bits._FREE, permission._FREE, permission._ALL) == (
    cells.SEARCHED,
    cells.FREE,
    cells.FREE,
    cells.SEARCHED | cells.FREE,
)
