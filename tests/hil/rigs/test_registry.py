"""What the registry says of a rig is so: it has every capability that it is said to offer, and no other."""

from collections.abc import Iterator

import pytest

from hil.errors import HilError
from hil.rigs import registry
from hil.rigs.capabilities import CAPABILITIES, Analogue, Faults, LackingError, Lines, Pins, Power, Time
from hil.rigs.registry import RIGS, Entry, open_rig, why_not
from sapper_host.files.checkout import DOCS


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.sil if name == "sil" else pytest.mark.virtual) for name in RIGS],
)
def test_a_rig_has_what_it_offers_and_nothing_that_it_does_not(name: str) -> None:
    try:
        rig = open_rig(name)
    except HilError as error:
        if "make " not in str(error):
            raise
        pytest.skip(str(error))
    try:
        assert rig.name == name
        assert {each for each in CAPABILITIES if isinstance(rig, each)} == RIGS[name].offers
    finally:
        rig.close()


class HalfRig:
    """It is said to offer Power, and cannot cut it."""

    usb = uart = adc = None
    powered = True
    closed = False

    def pin(self, gpio: int) -> None:
        """None."""

    def pwm(self, gpio: int) -> None:
        """None."""

    def power_on(self) -> None:
        """It has it already."""

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> Iterator[HalfRig]:
    rig = HalfRig()
    offers = frozenset((Lines, Pins, Analogue, Power))
    monkeypatch.setitem(registry.RIGS, "half", Entry("half", offers, lambda *_: rig, lambda *_: []))
    yield rig


@pytest.mark.unit
def test_a_rig_that_claims_what_it_has_not_is_refused_by_name(half: HalfRig) -> None:
    with pytest.raises(LackingError, match=r"half is said to offer Power, and has not all of its methods"):
        open_rig("half")
    assert half.closed


@pytest.mark.unit
def test_what_a_rig_lacks_is_said_by_name_before_it_is_opened(half: HalfRig) -> None:
    assert why_not("virtual", CAPABILITIES) == ""
    assert why_not("sil", (Pins, Lines)) == ""
    assert why_not("sil", (Faults, Pins, Time)) == "needs Time, Faults, which sil does not offer"
    with pytest.raises(LackingError, match="needs Faults, which half does not offer"):
        open_rig("half", needs=(Power, Faults))
    assert not half.closed
    with pytest.raises(HilError, match="no rig 'benhc'; there are sil, virtual, bench"):
        why_not("benhc", ())


@pytest.mark.unit
def test_the_page_has_the_registrys_table() -> None:
    page = (DOCS / "rigs.md").read_text(encoding="utf-8")
    assert page == registry.filled(page), "`make docs` writes it anew"
    assert registry.filled(page.replace("| `Lines` | yes |", "| `Lines` | - |")) == page
