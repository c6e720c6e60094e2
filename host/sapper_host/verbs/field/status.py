"""`sapper field status`: what a mission claims, what is doubtful, and what was not searched, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say


def status(
    path: Annotated[Path, typer.Argument(metavar="MISSION", help="The mission's file.")],
    as_json: JsonOption = False,
) -> None:
    """Tell what the board told as searched, with gaps, their causes, and what would be swept again. Changes nothing.

    \b
    Examples:
      sapper field status meadow.mission
      sapper field status meadow.mission --json | jq .claimed
    """
    import json

    from sapper_host.field.account import account_of
    from sapper_host.field.mission import Mission
    from sapper_host.screen.columns import line, padded
    from sapper_host.screen.progress import waiting

    with waiting(f"reading {path.name}"):
        account = account_of(Mission(path))
    if as_json:
        typer.echo(json.dumps(account.as_dict(), indent=1))
        return
    rows = [
        (name, f"{m2:.2f} m2", f"{account.share(m2):.1f} %")
        for name, m2 in (
            ("area", account.area_m2),
            ("claimed", account.claimed_m2),
            ("doubtful", account.doubtful_m2),
            ("not searched", account.not_searched_m2),
        )
    ]
    say(f"{account.name}: mission {account.state}")
    for cells in padded(rows, right=(1, 2)):
        say(line(cells))
    for number, gap in enumerate(account.gaps[:20], 1):
        told = gap.as_dict()
        say(f"gap {number}: {gap.area_m2:.3f} m2 at x {told['x_m']:.2f}, y {told['y_m']:.2f}: {gap.cause}")
    if len(account.gaps) > 20:
        say(f"and {len(account.gaps) - 20} more: --json lists all")
    for number, kept in enumerate(account.spots, 1):
        say(
            f"spot {number}: x {kept.x_mm / 1000:.2f}, y {kept.y_mm / 1000:.2f} +- {3 * kept.sigma_mm / 1000:.2f} m, "
            f"{kept.class_name}, verdict {kept.verdict}"
        )
    sweeps = sum(order.move.kind == "lane" for order in account.again)
    if sweeps:
        say(f"{sweeps} lanes are left to sweep: `sapper field run {path}`")


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command("status", help=help_of(status))(status)
