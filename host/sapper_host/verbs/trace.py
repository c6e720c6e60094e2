"""`sapper trace`: the group of verbs on detector traces. Each is a file `trace_NAME.py` beside this one."""

from __future__ import annotations

import importlib

import typer

# Modules with a function `register(group)`, in the order `--help` lists them.
VERBS = ("trace_convert", "trace_info", "trace_plot", "trace_repair", "trace_synth")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(name="trace", help="Convert, describe, draw, repair and make traces.", no_args_is_help=True)
    for verb in VERBS:
        importlib.import_module(f"sapper_host.verbs.{verb}").register(group)
    app.add_typer(group)
