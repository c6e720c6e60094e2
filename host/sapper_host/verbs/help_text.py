"""The help of a verb from its docstring, so that text is written once and fills whatever width the terminal has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def help_of(verb: Callable[..., Any]) -> str:
    """The docstring, a paragraph a line; one that starts with a backspace mark (examples) keeps its lines."""
    paragraphs = inspect.cleandoc(verb.__doc__ or "").split("\n\n")
    return "\n\n".join(text if text.startswith("\b") else " ".join(text.split("\n")) for text in paragraphs)
