"""What other pytest plugins may answer to this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hil.rigs.rig import Rig


@pytest.hookspec(firstresult=True)
def pytest_sapper_open_rig(config: pytest.Config, name: str, firmware: Path | None, options: dict[str, Any]) -> Rig:  # type: ignore[empty-body]
    """Open the rig of that name: one of a farm, where `--place` was given. None: it is opened here.

    Whoever opened it lets go of the place when the rig is closed.
    """
