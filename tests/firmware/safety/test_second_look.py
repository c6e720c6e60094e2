"""Which contacts a second look is for: every place near an alert, or looked at, is known; nothing else is."""

import pytest

from sapper.safety.second_look import NOWHERE, SecondLook

pytestmark = pytest.mark.unit


def test_ground_where_nothing_was_raised_wants_a_look():
    look = SecondLook()
    for place in (0, 1000, 10**6):
        assert look.wanted(place)


def test_what_lies_near_the_stretch_of_an_alert_wants_none():
    away = 250
    look = SecondLook()
    look.alert(2000, True)
    look.alert(2100, False)
    for place in (2000 - away, 2050, 2100 + away):
        assert not look.wanted(place)
    assert look.wanted(2000 - away - 1) and look.wanted(2100 + away + 1)


def test_an_alert_is_still_known_when_the_contact_of_it_comes_after_two_more():
    look = SecondLook()
    for place in (1000, 1400, 1600):
        look.alert(place, True)
    assert not look.wanted(1000)


def test_a_place_that_was_looked_at_wants_no_other_look_and_is_pending_until_then():
    look = SecondLook()
    look.begin(3000)
    assert look.pending == 3000 and not look.wanted(3010)
    look.over_it()
    assert look.pending == NOWHERE and not look.wanted(3010)


def test_new_ground_forgets_all():
    look = SecondLook()
    look.alert(2000, True)
    look.begin(3000)
    look.reset()
    assert look.pending == NOWHERE and look.wanted(2000) and look.wanted(3000)
