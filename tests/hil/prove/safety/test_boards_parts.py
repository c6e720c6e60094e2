"""The rows of the safety table run on a board as any other: its noise, crystal and flash are drawn, not made ideal."""

import pytest

from hil.errors import HilError
from hil.prove.safety import stage

pytestmark = pytest.mark.unit


class _AskedError(HilError):
    pass


@pytest.mark.parametrize("rig", ["sil", "virtual"])
def test_a_stages_board_has_the_parts_that_its_seed_draws(rig, monkeypatch):
    asked = []

    def opened(name, firmware, **options):
        asked.append((name, options))
        raise _AskedError

    monkeypatch.setattr(stage, "open_rig", opened)
    with pytest.raises(_AskedError):
        stage.open_stage(rig, seed=6)
    assert asked == [(rig, {"seed": 6})]
