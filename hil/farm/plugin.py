"""`--place NAME` for scenarios (hil/testing/plugin.py): their rig is the bench behind a place of a farm.

    pytest hil/scenarios -p hil.farm.plugin --rig bench --place bench-1 --place-wait 1800

The place is acquired when the first scenario wants its rig, and released at the end of the session. The bench runs the
firmware under test, whatever its own checkout has.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hil.rigs.rig import Rig


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("sapper").addoption(
        "--place-wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="how long to wait for a place that somebody else has (default: not at all)",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_sapper_open_rig(
    config: pytest.Config, name: str, firmware: Path | None, options: dict[str, Any]
) -> Rig | None:
    """The rig behind the place, where one was named."""
    place = config.getoption("--place")
    if not place:
        return None
    from hil.errors import HilError
    from hil.farm.place import open_placed

    if options:
        raise HilError(
            "--rig-config with --place: a bench of the farm has the one that its exporter names; leave it out"
        )
    return open_placed(place, name, firmware, config.getoption("--place-wait"))
