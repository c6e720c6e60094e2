"""The sil rig and the virtual Pico give the same events for the same recording, times within a frame."""

import numpy as np
import pytest

from hil.errors import HilError
from hil.prove.compare_rigs import compare, differences
from hil.rigs.firmware import default_uf2
from hil.traces.motion import Leg
from hil.traces.synthetic import synthetic_trace

ROW = {"t_s": 1.0, "s_m": 0.5, "kind": "detect"}


def _need_firmware() -> None:
    try:
        default_uf2()
    except HilError as error:
        pytest.skip(str(error))


@pytest.mark.unit
def test_a_lost_or_late_event_is_a_difference() -> None:
    assert differences([ROW], [ROW | {"t_s": 1.01}]) == []
    assert len(differences([ROW], [])) == 1
    assert len(differences([], [ROW])) == 1
    assert len(differences([ROW], [ROW | {"t_s": 1.02}])) == 2
    assert len(differences([ROW | {"t_s": -0.005}], [ROW | {"t_s": 0.015}])) == 2
    assert differences([ROW | {"t_s": -0.12}], [ROW | {"t_s": -0.14}]) == []  # before the first row: the operator's
    assert len(differences([ROW | {"t_s": -0.12}], [ROW | {"t_s": -0.16}])) == 2
    assert len(differences([ROW | {"t_s": -0.12}], [])) == 1
    assert (
        len(differences([ROW | {"kind": "fault", "fault": "noise"}], [ROW | {"kind": "fault", "fault": "supply"}])) == 2
    )


@pytest.mark.slow
@pytest.mark.virtual
@pytest.mark.sil
@pytest.mark.parametrize("stuck", (False, True))
def test_events_are_the_same_on_both_rigs(stuck: bool) -> None:
    _need_firmware()
    trace = synthetic_trace("same", 7.0, 0.4, (3.0, 5.6), seed=5)
    if stuck:
        frozen = (trace.t_s > 9.0) & (trace.t_s < 11.0)
        trace.gates_mv[frozen, 1] = trace.gates_mv[np.flatnonzero(frozen)[0], 1]
    result = compare(trace)
    assert result["events"] > 5
    assert result["differences"] == []


@pytest.mark.slow
@pytest.mark.virtual
@pytest.mark.sil
def test_events_are_the_same_where_it_stands_and_goes_back() -> None:
    _need_firmware()
    legs = (
        Leg(0.4, until_m=1.0),
        Leg(0.0, seconds=1.2),
        Leg(0.4, until_m=1.9),
        Leg(0.0, seconds=1.0),
        Leg(-0.3, until_m=1.5),
        Leg(0.4, until_m=2.6),
    )
    trace = synthetic_trace("moved", 2.6, 0.4, (1.7,), legs=legs)
    result = compare(trace)
    assert result["events"] > 15
    assert result["differences"] == []
