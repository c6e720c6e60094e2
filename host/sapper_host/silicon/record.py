"""Records of the protocol, read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sapper_host.errors import CHECK_NAME, RIGHT_FILE, SapperError, Status
from sapper_host.outside import json_text
from sapper_host.silicon.model import MODEL
from sapper_host.silicon.protocol import FORMAT, figures_of
from sapper_host.silicon.step import Figure


def figures_in(path: Path | None) -> dict[str, Figure]:
    """The figures of a record; without one, the model's. SapperError when the file is none."""
    return MODEL if path is None else figures_of(read(path))


def read(path: Path) -> dict[str, Any]:
    """A record. SapperError when the file is none."""
    try:
        record = json_text.read(path)
    except OSError as error:
        raise SapperError(f"{path} cannot be read ({error.strerror})", CHECK_NAME, Status.BAD_INPUT) from None
    except json_text.JsonError:
        record = None
    if not _is_record(record):
        raise SapperError(f"{path} is no record of `sapper bench silicon`", RIGHT_FILE, Status.BAD_INPUT)
    return dict(record)


def _is_record(record: Any) -> bool:
    if not isinstance(record, dict) or record.get("format") != FORMAT or not isinstance(record.get("steps"), list):
        return False
    figures = [step.get("figures") if isinstance(step, dict) else None for step in record["steps"]]
    return all(isinstance(each, dict) and all(map(_is_figure, each.values())) for each in figures)


def _is_figure(value: Any) -> bool:
    return value is None or isinstance(value, int | float | str)
