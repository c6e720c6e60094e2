"""A fault takes of its rig what it says that it needs, and no more; a patched board's places exist."""

import ast
from random import Random
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from hil.prove.safety import patched
from hil.prove.safety.faults import FAULTS, NEEDS
from hil.rigs.capabilities import CAPABILITIES, Cable, Faults, Inertial, Insight, LackingError, Power, Reset
from hil.world.wiring import Wiring
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit

FIRMWARE = ROOT / "firmware"
# What stands for each capability, by the names that a rig has them under.
MEMBERS = {
    Power: {"powered": True, "power_on": MagicMock(), "power_cut": MagicMock()},
    Inertial: {"imu": MagicMock()},
    Reset: {"run_pin": MagicMock(), "reset_causes": MagicMock(return_value=[])},
    Cable: {"cable": MagicMock()},
    Faults: {"faults": MagicMock(timer_us=0)},
    Insight: {"insight": MagicMock()},
}


def stage_on(*offers):
    """A stage whose rig can be played, and beside that offers only these."""
    rig = SimpleNamespace(name="bare", usb=MagicMock(), uart=[MagicMock()], adc=MagicMock(), pin=MagicMock())
    for offer in offers:
        vars(rig).update(MEMBERS[offer])
    stage = MagicMock(rig=rig, now_ns=0)
    stage.operator.ask.return_value = ("err checks", [])
    stage.tracks.wiring = [Wiring((0, 0)), Wiring((0, 0))]
    return stage


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_all_that_it_needs(name):
    FAULTS[name](stage_on(*NEEDS.get(name, ())), Random(1))


@pytest.mark.parametrize("name", [name for name in FAULTS if NEEDS.get(name)])
def test_a_fault_needs_what_it_says_and_the_refusal_names_it(name):
    with pytest.raises(LackingError, match=r"^needs \w+, which bare does not offer$"):
        FAULTS[name](stage_on(), Random(1))


def test_needs_are_capabilities():
    assert {need for needs in NEEDS.values() for need in needs} <= set(CAPABILITIES)


@pytest.mark.parametrize(("module", "owner", "method"), patched.PLACES)
def test_a_place_of_the_patched_board_is_in_the_source(module, owner, method):
    """Modules move and methods are renamed; a place that is not there is noticed on the board alone, minutes later."""
    path = FIRMWARE / (module.replace(".", "/") + ".py")
    assert path.is_file(), f"{module} has moved; tell hil/prove/safety/patched.py"
    classes = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}
    assert owner in classes, f"{module} has no class {owner}; it has {', '.join(classes)}"
    methods = {node.name for node in classes[owner].body if isinstance(node, ast.FunctionDef)}
    assert method in methods, f"{owner} has no method {method}"
