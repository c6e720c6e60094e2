"""The model against a real instrument: signatures of known objects in bench recordings, where those are at hand."""

from functools import cache

import numpy as np
import pytest

from hil.world.coil import coupling, equivalent_radius_m, polarisability_m3
from hil.world.front_end import metal_response_mv
from hil.world.materials import MATERIALS
from hil.world.world_spec import FrontEnd, Target
from sapper_host.files.checkout import RECORDED

DATA = RECORDED / "pimd"
pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(not DATA.is_dir(), reason="the bench recordings (../shared/data/pimd) are not on this machine"),
]

# The channels of the recording that have the pulse and delay of our three gates.
CHANNELS = [9, 40, 67]
# The bench instrument's own coil: its signals fall by 3 from 5 to 15 cm.
BENCH = FrontEnd(coil_radius_m=0.20)
# Label -> what it is, sizes from the recording's own list of targets.
OBJECTS = {
    "copper pipe": Target("copper", 1.0, 0.1, "rod", 0.0125, 0.22, 90.0),
    "aluminium plate": Target("aluminium", 1.0, 0.1, "plate", 0.075),
    "brass block": Target("brass", 1.0, 0.1, "rod", 0.018, 0.085, 90.0),
    "silver cake server": Target("stainless", 1.0, 0.1, "plate", 0.04),
    "galvanized pipe": Target("galvanised", 1.0, 0.1, "rod", 0.0125, 0.10, 90.0),
    "steel spanner": Target("steel", 1.0, 0.1, "rod", 0.0125, 0.21, 90.0),
    "cast iron trivet": Target("cast_iron", 1.0, 0.1, "plate", 0.0375),
    "collection of copper pieces": Target("rusty_iron", 1.0, 0.1, "plate", 0.035),
}


@cache
def signatures() -> dict[tuple[str, int], np.ndarray]:
    """(label, distance in cm) -> median over the recording against air, (3,), mV at the coil amplifier."""
    out: dict[tuple[str, int], np.ndarray] = {}
    for path in sorted(DATA.glob("session_*.csv")):
        rows: list[list[float]] = []
        labels: list[str] = []
        label = ""
        for line in path.read_text().splitlines():
            if line.startswith("# mark:"):
                label = line.split(", ", 1)[1]
            elif line[:1].isdigit():
                cells = line.split(",")
                rows.append([float(cells[2 + channel]) / 1000 for channel in CHANNELS])
                labels.append(label)
        values, named = np.array(rows), np.array(labels)
        air = np.median(values[named == "air"], axis=0)
        for name in set(labels):
            if "@" in name:
                what, distance = name.split(" @") if " @" in name else name.rsplit("@", 1)
                out[what, int(distance)] = np.median(values[named == name], axis=0) - air
    return out


def modelled(label: str, distance_m: float) -> np.ndarray:
    target = OBJECTS[label]
    material = MATERIALS[target.material]
    tensor = polarisability_m3(target, material.ferrous)
    share = coupling(BENCH.coil_radius_m, np.array([[0.0, 0.0, -distance_m]]), tensor)
    return metal_response_mv(BENCH, material, equivalent_radius_m(target)) / BENCH.gain * share


# The server is silver-plated steel sheet: its share of gate 2 is the plating's, which a whole sphere does not have.
@pytest.mark.parametrize("label", [name for name in OBJECTS if name != "silver cake server"])
def test_objects_bend_the_gates_as_recorded(label: str) -> None:
    recorded, model = signatures()[label, 5], modelled(label, 0.06)
    alike = recorded @ model / np.linalg.norm(recorded) / np.linalg.norm(model)
    assert alike > 0.97, f"recorded {recorded}, modelled {model}"


@pytest.mark.parametrize("label", list(OBJECTS))
def test_strengths_are_those_recorded_within_a_factor_of_three(label: str) -> None:
    """Nothing is fitted here: sizes from a list, handbook conductivity, the field of a loop, L of a coil."""
    ratio = np.linalg.norm(modelled(label, 0.06)) / np.linalg.norm(signatures()[label, 5])
    assert 1 / 3 < ratio < 3


@pytest.mark.parametrize("label", ["aluminium plate", "galvanized pipe", "steel spanner", "cast iron trivet"])
def test_signals_fall_with_distance_as_recorded(label: str) -> None:
    fall_recorded = np.linalg.norm(signatures()[label, 5]) / np.linalg.norm(signatures()[label, 15])
    fall_model = np.linalg.norm(modelled(label, 0.06)) / np.linalg.norm(modelled(label, 0.16))
    assert fall_model == pytest.approx(fall_recorded, rel=0.35)
