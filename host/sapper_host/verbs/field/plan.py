"""`sapper field plan`: lanes over an area, what they would search, and what they would take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say


def plan(
    path: Annotated[Path, typer.Argument(metavar="AREA", help="The area: .geojson, .kml, .gpkg, or .toml in metres.")],
    base_line: Annotated[
        str | None,
        typer.Option(
            metavar="'POST POST'",
            help="The base line's two posts, if the file has none: 'LAT,LON LAT,LON', or 'X,Y X,Y' in metres.",
        ),
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help="A place that is close: an area elsewhere is refused.")
    ] = None,
    swath: Annotated[int | None, typer.Option("--swath-mm", metavar="N", help="What the coil searches across.")] = None,
    overlap: Annotated[int | None, typer.Option("--overlap-mm", metavar="N", help="Of a lane with the next.")] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A measure of the rover, or a figure for --dry-run."),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Tell time, way and energy, lane by lane.")] = False,
    as_json: JsonOption = False,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the plan: .png, .svg or .pdf.")] = None,
    mission: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep plan and progress in a new file, to be driven by.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Back and forth as mission planners make it, to compare. Not to be driven.")
    ] = False,
) -> None:
    """Plan lanes over an area so that no track ever stands on ground that was not searched, and check that step by
    step.

    Exit status 3: the check failed, as it does with --plain. See docs/field.md for what a plan shows.

    \b
    Examples:
      sapper field plan meadow.geojson --base-line '44.10,20.10 44.10,20.11'
      sapper field plan meadow.toml --swath-mm 700 --overlap-mm 100 --picture meadow.png
      sapper field plan meadow.toml --dry-run --mission meadow.mission
    """
    import json

    from sapper_host.errors import SapperError, Status
    from sapper_host.field.area_files import read_area
    from sapper_host.field.check import walk
    from sapper_host.field.dry_run import MACHINE, dry_run, machine_of
    from sapper_host.field.geometry import geometry_of
    from sapper_host.field.plan import plan_of
    from sapper_host.files.place import check_file
    from sapper_host.pictures.style import check_picture
    from sapper_host.screen.progress import bar, waiting

    if mission is not None and plain:
        raise SapperError("--plain is not to be driven", "leave --mission or --plain out", Status.USAGE)
    if picture is not None:
        check_picture(picture)
    if mission is not None:
        if mission.exists():
            raise SapperError(f"{mission} exists already", "give another name: a mission is never written over")
        check_file(mission)
    given = _given(sets or ())
    if swath is not None:
        given["swath_mm"] = swath
    if overlap is not None:
        given["overlap_mm"] = overlap
    figures = {name for name, *_ in MACHINE}
    machine = machine_of({name: value for name, value in given.items() if name in figures})
    geometry = geometry_of({name: value for name, value in given.items() if name not in figures})
    metres = path.suffix.lower() == ".toml"
    posts = _posts(base_line, metres) if base_line is not None else None
    place = _place(near, "--near")[::-1] if near is not None else None
    with waiting(f"planning {path.name}"):
        field = read_area(path, posts, place)
        made = plan_of(field.area, geometry, plain)
        cover = made.coverage
    with bar("walking the plan", 1.0, "") as tell:
        walked = walk(field.area, geometry, made.start, made.moves, tell=tell)
    run = dry_run(made, machine) if dry else None
    if picture is not None:
        from sapper_host.field.picture import plot_plan

        with waiting(f"drawing {picture.name}"):
            plot_plan(made, picture, field.frame, walked)
    if mission is not None and walked.clear:
        from sapper_host.field.mission import create_mission

        create_mission(mission, made, field.frame)
    if as_json:
        typer.echo(json.dumps(_as_dict(made, field, walked, run, picture, mission), indent=1))
    else:
        _tell(made, field, walked, cover)
        if run is not None:
            _tell_run(run)
        for target in (picture, mission if walked.clear else None):
            if target is not None:
                say(str(target))
    if not walked.clear:
        raise typer.Exit(Status.SHORTFALL)


def _given(sets: Any) -> dict[str, int]:
    from sapper_host.errors import SapperError, Status

    out: dict[str, int] = {}
    for text in sets:
        name, equals, value = text.partition("=")
        try:
            out[name] = int(value)
        except ValueError:
            equals = ""
        if not equals:
            raise SapperError(f"--set '{text}'", "say NAME=VALUE, a whole number", Status.USAGE)
    return out


def _posts(text: str, metres: bool) -> list[tuple[float, float]]:
    from sapper_host.errors import SapperError, Status

    posts = [_place(word, "--base-line") for word in text.split()]
    if len(posts) != 2:
        raise SapperError(f"--base-line '{text}'", "give two posts: --base-line '44.1,20.1 44.1,20.2'", Status.USAGE)
    return posts if metres else [post[::-1] for post in posts]


def _place(text: str, option: str) -> tuple[float, float]:
    from sapper_host.errors import SapperError, Status

    try:
        first, second = map(float, text.split(","))
    except ValueError:
        raise SapperError(
            f"{option} '{text}' is no place", "two numbers and a comma: 44.1,20.1", Status.USAGE
        ) from None
    return first, second


def _tell(made: Any, field: Any, walked: Any, cover: Any) -> None:
    from sapper_host.screen.columns import line, padded

    frame = field.frame
    rows = [
        ("area", f"{cover.area_m2:.2f} m2, {len(made.area.obstacles)} obstacles and holes"),
        (
            "base line",
            f"{made.area.base_length_m:.2f} m"
            + (
                f", lanes at {round(frame.as_dict()['bearing_deg'], 1) % 360:.1f} degrees from north, {frame.crs}"
                if frame
                else ""
            ),
        ),
        ("lanes", f"{len(made.lanes.y_mm)}, in {len(made.lanes.pieces)} pieces, {len(made.reasons)} not reached"),
        ("reachable", f"{cover.reachable_m2:.2f} m2, of which {100 * cover.share:.2f} % are searched"),
        ("searched", f"{cover.searched_m2:.2f} m2 of the area, and {cover.beyond_m2:.2f} m2 beyond its edge"),
        ("driven", f"{made.driven_m:.0f} m, {made.ratio:.2f} x reachable area / swath"),
        (
            "safe ground",
            f"presumed {made.area.safe_depth_m:.2f} m before the base line, {made.area.safe_side_m:.2f} m beyond posts",
        ),
        ("check", _check_words(walked)),
    ]
    for cells in padded(rows):
        say(line(cells))
    for gap in cover.gaps[:20]:
        x, y = (gap.as_dict()[key] for key in ("x_m", "y_m"))
        say(f"gap {gap.area_m2:9.4f} m2 at x {x:.2f}, y {y:.2f}: {gap.cause}")
    if len(cover.gaps) > 20:
        say(f"and {len(cover.gaps) - 20} more: --json lists all")


def _check_words(walked: Any) -> str:
    if walked.clear:
        return f"in {walked.steps} steps no track on ground not searched, and nothing in a stand-off"
    words = []
    if walked.off:
        at = walked.first
        words.append(
            f"A TRACK ON GROUND NOT SEARCHED in {walked.off} of {walked.steps} steps, first at x {at.x_mm / 1000:.2f}, "
            f"y {at.y_mm / 1000:.2f}"
        )
    if walked.in_stand_off:
        words.append(f"IN A STAND-OFF in {walked.in_stand_off} of {walked.steps} steps")
    return "; ".join(words)


def _tell_run(run: Any) -> None:
    from sapper_host.screen.columns import line, padded

    head = ("lane", "driven m", "searched m", "turns", "min", "Wh", "")
    rows = [
        (
            str(lane.lane),
            f"{lane.driven_m:.1f}",
            f"{lane.searched_m:.1f}",
            str(lane.turns),
            f"{lane.time_s / 60:.1f}",
            f"{lane.energy_wh:.2f}",
            "new battery before it" if lane.new_battery else "",
        )
        for lane in run.lanes
    ]
    total = ("all", f"{run.driven_m:.1f}", "", "", f"{run.time_s / 60:.1f}", f"{run.energy_wh:.1f}", f"batteries: {run.batteries}")  # fmt: skip # noqa: E501
    for cells in padded([head, *rows, total], right=range(6)):
        say(line(cells))
    for lane in run.too_long:
        say(f"note: lane {lane} takes more than one battery", err=True)


def _as_dict(made: Any, field: Any, walked: Any, run: Any, picture: Any, mission: Any) -> dict[str, Any]:
    cover = made.coverage
    first = walked.first
    return {
        "area": {"name": made.area.name, "m2": cover.area_m2, "base_line_m": made.area.base_length_m},
        "frame": field.frame.as_dict() if field.frame else None,
        "geometry": made.geometry.as_dict(),
        "plain": made.plain,
        "sha256": made.digest,
        **made.as_dict(),
        "lanes": len(made.lanes.y_mm),
        "pieces": len(made.lanes.pieces),
        "not_reached": [{"piece": number, "why": why} for number, why in made.reasons.items()],
        "driven_m": made.driven_m,
        "ratio": made.ratio,
        "reachable_m2": cover.reachable_m2,
        "share_of_reachable": cover.share,
        "searched_m2": cover.searched_m2,
        "beyond_m2": cover.beyond_m2,
        "gaps": [gap.as_dict() for gap in cover.gaps],
        "check": {
            "clear": walked.clear,
            "steps": walked.steps,
            "off": walked.off,
            "in_stand_off": walked.in_stand_off,
            "first": None if first is None else [first.x_mm, first.y_mm, first.move],
        },
        "dry_run": run.as_dict() if run is not None else None,
        "picture": None if picture is None else str(picture),
        "mission": None if mission is None or not walked.clear else str(mission),
    }


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command("plan", help=help_of(plan))(plan)
