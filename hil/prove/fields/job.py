"""One mission in one made-up field on `sil`, in a process of its own, as a row of the results."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hil.play.field_run import FieldResult, FieldRun
from hil.rigs.registry import open_rig
from hil.world.field.made_up import MadeUp, made_up_field
from sapper_host.field.check import walk
from sapper_host.field.geometry import geometry_of
from sapper_host.field.plan import plan_of
from sapper_host.files.temporary import temporary_folder

RIG = "sil"
_TOLD_LAST = 3


def run(seed: int) -> dict[str, Any]:
    """The field of that seed, driven: as row_of, and `harsh`, `plain`."""
    made = made_up_field(seed)
    with temporary_folder("field") as folder, closing(open_rig(RIG, seed=seed)) as rig:
        mission = FieldRun(rig, made, Path(folder) / "mission.sapper-field")
        mission.prepare()
        result = mission.drive()
    return row_of(seed, result) | {"harsh": made.harsh, "plain": plain(made)}


def row_of(seed: int, result: FieldResult) -> dict[str, Any]:
    """What a mission came to, as JSON has it: FieldResult with the last that was told, `seed`, `coverage`, `ratio`."""
    row = asdict(result) | {"seed": seed, "coverage": result.coverage, "ratio": result.ratio}
    row["told"] = row["told"][-_TOLD_LAST:]
    return row


def plain(made: MadeUp) -> dict[str, float]:
    """The same polygon by plain back and forth, without finds: what the coil would sweep of what can be reached, the
    way as `ratio` counts it, and the share of the way on which a track is on ground that no coil has searched."""
    geometry = geometry_of({})
    plan = plan_of(made.area, geometry, plain=True)
    walked = walk(made.area, geometry, plan.start, plan.moves)
    return {"coverage": plan.coverage.share, "ratio": plan.ratio, "off_share": walked.off / walked.steps}
