"""Whole numbers are plain decimal digits, on both ends of a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.shared.digits import whole

pytestmark = pytest.mark.unit


@given(st.integers(-(10**30), 10**30))
def test_plain_digits_are_read(number):
    assert whole(str(number)) == number


def test_zeros_in_front_are_no_other_base():
    assert whole("010") == 10 and whole("-007") == -7


@pytest.mark.parametrize(
    "text",
    ["", "-", "+5", "1_000", "1__0", "0_", " 5", "5 ", "5\n", "0x10", "1e3", "5.", "--5", "5-", "\u0665", "\u00b2"],
)
def test_what_else_is_a_number_to_somebody_is_refused(text):
    with pytest.raises(ValueError, match="plain digits"):
        whole(text)
