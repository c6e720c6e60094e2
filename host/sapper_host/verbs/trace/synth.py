"""`sapper trace synth`: traces with truth out of the world model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.say import say

DIFFICULTIES = ("nominal", "hard")
SCENES = (
    "minimum", "like_soil", "pair", "start", "soon", "ladder", "ladder_mineral", "rail", "sheet", "stand",
    "stop_and_go", "creep", "reverse", "speeds", "ratio", "soil_step", "lift", "swing", "drift", "tone_2", "tone_49",
    "burst", "other_day", "other_day_empty", "empty",
)  # fmt: skip


def synth(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the traces; made if it is not there.")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many lanes.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same lanes, byte for byte.")] = 1,
    difficulty: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="'nominal', or 'hard': smaller and deeper objects, strong uneven soil.",
            autocompletion=lambda: list(DIFFICULTIES),
        ),
    ] = "nominal",
    scene: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Instead: lanes of one thing that deminers meet; 'list' tells which there are.",
            autocompletion=lambda: ["list", *SCENES],
        ),
    ] = "",
    control: Annotated[
        bool, typer.Option("--control", help="The scene's lanes without what makes it the scene.")
    ] = False,
) -> None:
    """Make traces with truth: 20 m lanes over buried metal, mineral soil, hot rocks, noise and now and then a fault.

    Each lane is NAME.csv with NAME.truth.json beside it. Lane N of a seed is always the same, however many are made.

    \b
    Examples:
      sapper trace synth --out lanes --count 40 --seed 7
      sapper trace synth --out lanes --count 20 --difficulty hard
      sapper trace synth --out lanes --scene swing
      sapper trace synth --out lanes --scene swing --control
      sapper trace plot lanes/synth_hard_1_000.csv
    """
    from sapper_host.errors import SapperError, Status
    from sapper_host.files.place import check_folder
    from sapper_host.screen.progress import bar
    from sapper_host.verbs.rigs import rig_errors

    if difficulty not in DIFFICULTIES:
        raise SapperError(f"--difficulty {difficulty}?", f"it is one of {', '.join(DIFFICULTIES)}", Status.USAGE)
    if scene not in ("", "list", *SCENES):
        raise SapperError(f"--scene {scene}?", f"it is one of {', '.join(SCENES)}", Status.USAGE)
    if scene == "list":
        _tell_scenes()
        return
    check_folder(out)
    with rig_errors():
        from hil.traces.synth import Wish, write_lanes

        wish = Wish(difficulty, scene, control)
        with bar(f"{count} lanes: {wish.word}", count, "lanes") as progress:
            for done, _ in enumerate(write_lanes(out, count, seed, wish), 1):
                progress(done)
    say(f"{count} lanes with truth in {out}")


def _tell_scenes() -> None:
    from hil.traces.scenes import SCENES as MADE

    for name, made in MADE.items():
        say(f"{name:15} {made.what}{'' if made.stress is None else ' (--control)'}")


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(help=help_of(synth))(synth)
