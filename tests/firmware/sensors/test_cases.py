"""Every awkwardness of receivers by name: what has to be made of it, however its bytes are cut."""

import pytest
from gnss_cases import CASES, faults_of

from sapper.sensors.receiver import Receiver

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", CASES)
def test_promise(name):
    assert faults_of(Receiver(), name) == []


def told(pieces):
    receiver = Receiver()
    seen = []
    for piece in pieces:
        if receiver.take(piece, len(piece), 1000):
            seen.append({key: value for key, value in vars(receiver.fix).items()})
    return seen, receiver.spoilt(), receiver.nmea.others, receiver.ubx.frames


@pytest.mark.parametrize("name", CASES)
def test_byte_by_byte_it_is_the_same(name):
    data = CASES[name][0]
    receiver = Receiver()
    for at in range(len(data)):
        receiver.take(data[at : at + 1], 1, 1000)
    whole = Receiver()
    whole.take(data, len(data), 1000)
    assert vars(receiver.fix) == vars(whole.fix)
    assert (receiver.number, receiver.spoilt()) == (whole.number, whole.spoilt())


def test_cut_at_any_byte_it_is_the_same():
    three = (
        "three sentences of one time are one fix",
        "NAV-HPPOSLLH has the last digits",
        "a header repeated hides none",
    )
    for name in three:
        data = CASES[name][0]
        expected = told([bytes([byte]) for byte in data])
        for cut in range(1, len(data)):
            got = told([data[:cut], data[cut:]])
            assert got[1:] == expected[1:] and got[0][-1] == expected[0][-1], (name, cut)
