"""The same rows on two rigs: what one measured beside what a report of another says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.prove.safety.scenarios import Scenario


def text(us: float | None, scenario: Scenario | None = None) -> str:
    """A time as people read it; of a scenario with another limit, in its unit."""
    if us is None:
        return "never"
    if scenario and not scenario.is_time:
        return f"{us / 1000:.0f} {scenario.limit.unit}"
    return f"{us:.0f} us" if abs(us) < 1000 else f"{us / 1000:.1f} ms"


@dataclass(frozen=True)
class Against:
    """A row here and on the other rig, its worst in us (None: it did not happen, or was not run there)."""

    scenario: Scenario
    rig: str
    there_us: float | None
    here_us: float | None

    @property
    def name(self) -> str:
        """The row's."""
        return self.scenario.name

    @property
    def words(self) -> tuple[str, str, str]:
        """There, here, and by how much it is later here."""
        difference = "" if self.there_us is None or self.here_us is None else self._signed(self.here_us - self.there_us)
        return text(self.there_us, self.scenario), text(self.here_us, self.scenario), difference

    def _signed(self, us: float) -> str:
        return ("+" if us >= 0 else "-") + text(abs(us), self.scenario)


def read(path: Path) -> dict[str, Mapping[str, Any]]:
    """The rows of a report, by what it calls them. HilError when it is none."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(row["requirement"]): row for row in rows if isinstance(row["worst_us"], (int, float, type(None)))}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise HilError(f"{path} is no report of safety rows ({error}); `make safety` writes one") from error


def beside(there: Mapping[str, Mapping[str, Any]], here: Sequence[tuple[Scenario, float | None]]) -> list[Against]:
    """Each row that was measured here and there; those that keep something have no time to compare."""
    out = []
    for scenario, worst_us in here:
        row = there.get(title(scenario))
        if row is not None and not scenario.keeps and not row.get("not_run"):
            out.append(Against(scenario, str(row.get("rig", "?")), row["worst_us"], worst_us))
    return out


def title(scenario: Scenario) -> str:
    """What a report calls it."""
    return f"{scenario.requirement} [{scenario.name}]"
