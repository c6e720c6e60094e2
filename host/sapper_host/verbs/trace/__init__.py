"""`sapper trace`: the group of verbs on detector traces. Each is a file beside this one. Imports as
`verbs` does.
"""

from __future__ import annotations

import importlib

import typer

# Modules with a function `register(group)`, in the order `--help` lists them.
VERBS = ("convert", "from_session", "info", "plot", "repair", "synth")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        name="trace", help="Convert, describe, draw, repair and make traces, of sessions too.", no_args_is_help=True
    )
    for verb in VERBS:
        importlib.import_module(f"{__name__}.{verb}").register(group)
    app.add_typer(group)
