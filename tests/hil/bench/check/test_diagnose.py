"""What is wrong with the wires is told from what was seen, for every single fault, and never of whole ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hil.bench.check import diagnose, model
from hil.bench.check.look import GATES, PLAYED, WIRES
from hil.bench.check.seen import Host

pytestmark = pytest.mark.unit

NEIGHBOURS = [(one, other) for one, other in zip(WIRES, WIRES[1:], strict=False)]
FAULTS = list(model.single_faults(WIRES, NEIGHBOURS))
OF_GATES = list(model.single_faults(GATES, [(GATES[0], GATES[1]), (GATES[1], GATES[2])]))


def test_whole_wires_are_not_complained_of() -> None:
    assert diagnose.of_levels(model.levels(WIRES, PLAYED, None), PLAYED, NEIGHBOURS) == []
    assert diagnose.of_gates(model.gates(GATES, None), GATES) == []
    assert diagnose.of_host(Host({"supply": True, "key": True})) == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_each_single_fault_of_a_line_is_named_and_nothing_else(fault: model.Fault) -> None:
    (finding,) = diagnose.of_levels(model.levels(WIRES, PLAYED, fault), PLAYED, NEIGHBOURS)
    assert finding.sure and set(finding.wires) == set(fault.wires)


@pytest.mark.parametrize("fault", OF_GATES, ids=str)
def test_each_single_fault_of_a_voltage_names_its_wires(fault: model.Fault) -> None:
    findings = diagnose.of_gates(model.gates(GATES, fault), GATES)
    assert {each.wires for each in findings} == {fault.wires}


@pytest.mark.parametrize("wire", ["DAC_SDA", "DAC_SCL"])
def test_a_cut_wire_of_the_converters_bus_is_told_from_the_other(wire: str) -> None:
    (finding,) = diagnose.of_gates(model.gates(GATES, model.Fault(model.OPEN, (wire,))), GATES)
    assert finding.wires == (wire,)


@pytest.mark.parametrize("kind", [model.SWAPPED, model.SHORT])
def test_the_wires_of_the_converters_bus_changed_over_or_touching_are_told(kind: str) -> None:
    (finding,) = diagnose.of_gates(model.gates(GATES, model.Fault(kind, model.BUS)), GATES)
    assert finding.wires == model.BUS


def test_two_faults_name_their_wires_though_no_single_one_fits() -> None:
    one = model.levels(WIRES, PLAYED, model.Fault(model.OPEN, ("MARKER",)))
    seen = replace(one, across=one.across | {"BUZZER": frozenset()})
    findings = diagnose.of_levels(seen, PLAYED, NEIGHBOURS)
    assert {each.wires for each in findings} == {("MARKER",), ("BUZZER",)}
    assert not any(each.sure for each in findings)


def test_noise_where_two_drivers_fight_does_not_hide_a_short() -> None:
    fault = model.Fault(model.SHORT, ("ENC_LEFT_A", "ENC_LEFT_B"))
    seen = model.levels(WIRES, PLAYED, fault)
    noisy = replace(seen, back=seen.back | {"ENC_LEFT_A": frozenset(("ENC_LEFT_A",))})
    (finding,) = diagnose.of_levels(noisy, PLAYED, NEIGHBOURS)
    assert set(finding.wires) == set(fault.wires)


def test_a_short_to_the_loop_is_named_though_the_instrument_holds_it_open_meanwhile() -> None:
    fault = model.Fault(model.SHORT, ("ESTOP_OK", "MOTOR_EN"))
    seen = model.levels(WIRES, PLAYED, fault)
    fights = replace(seen, own=seen.own | {"MOTOR_EN": frozenset(("MOTOR_EN",))})
    (finding,) = diagnose.of_levels(fights, PLAYED, [*NEIGHBOURS, ("MOTOR_EN", "ESTOP_OK")])
    assert finding.sure and set(finding.wires) == set(fault.wires)


@pytest.mark.parametrize("name", diagnose.HOST_TRIALS)
def test_the_first_thing_of_the_hosts_that_fails_is_named_with_its_remedy(name: str) -> None:
    later = list(diagnose.HOST_TRIALS)[list(diagnose.HOST_TRIALS).index(name) :]
    (finding,) = diagnose.of_host(Host(dict.fromkeys(diagnose.HOST_TRIALS, True) | dict.fromkeys(later, False)))
    assert finding.wires == (name,) and finding.remedy
