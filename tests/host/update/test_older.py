"""An older bundle is a mistake until somebody says it is none."""

from __future__ import annotations

import pytest

from sapper_host.update.bundle import Bundle, BundleError
from sapper_host.update.update import check_fits

pytestmark = pytest.mark.unit

RUNS = {"api": "2", "mpy": "4870", "version": "1.2.0", "made": "1790000000", "team_key": "none"}


def bundle(**values: str) -> Bundle:
    return Bundle(b"", b"", RUNS | {"key": "none"} | values, ())


@pytest.mark.parametrize("values", [{}, {"version": "1.10.0"}, {"made": "1790000001"}, {"made": "0"}, {"made": ""}])
def test_what_is_not_older_fits(values: dict[str, str]) -> None:
    check_fits(RUNS, bundle(**values))


@pytest.mark.parametrize("values", [{"version": "1.1.9"}, {"version": "x"}, {"made": "1789999999"}])
def test_what_is_older_is_told_and_fits_when_it_is_allowed(values: dict[str, str]) -> None:
    with pytest.raises(BundleError, match="older than what the board runs") as refused:
        check_fits(RUNS, bundle(**values))
    assert "--allow-older" in refused.value.remedy
    check_fits(RUNS, bundle(**values), allow_older=True)


def test_a_board_that_does_not_tell_its_version_is_not_newer() -> None:
    check_fits({name: RUNS[name] for name in ("api", "mpy", "team_key")}, bundle())


def test_a_board_with_a_spoilt_team_key_takes_nothing() -> None:
    with pytest.raises(BundleError, match="spoilt") as refused:
        check_fits(RUNS | {"team_key": "spoilt"}, bundle(), allow_older=True)
    assert "sapper teamkey" in refused.value.remedy
