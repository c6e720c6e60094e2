"""Every error's remedy names only what there is, and helps: each place that makes an error is brought about here, or
stands in a table that says why it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host.remedies import (
    by_hand,
    commands,
    of_boards,
    of_calibration,
    of_choice,
    of_fields,
    of_files,
    of_keys,
    of_radio_keys,
    of_sessions,
    of_team_keys,
    of_typing,
    of_updates,
)
from tests.host.remedies.sites import Site, classes, sites, sites_of
from tests.host.remedies.stage import Situation, staged
from tests.host.remedies.table import SITUATIONS

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]

# Who is imported is in the table.
ROOMS = (
    of_boards,
    of_calibration,
    of_choice,
    of_fields,
    of_files,
    of_keys,
    of_radio_keys,
    of_sessions,
    of_team_keys,
    of_typing,
    of_updates,
)
CASES = list({id(each): each for row in SITUATIONS.values() for each in row}.values())


@pytest.mark.parametrize("situation", CASES, ids=lambda each: each.__name__)
def test_the_remedy_carried_out_helps(
    situation: Situation, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with staged(tmp_path, capsys, monkeypatch) as stage:
        situation(stage)


def test_every_remedy_names_only_what_there_is() -> None:
    wrong = [
        f"{site.file}, line {site.first}: {fault}"
        for site in sites()
        for text in site.remedies or ()
        for fault in commands.faults(text)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_error_of_the_laptop_has_a_remedy() -> None:
    without = {
        site.name
        for site in sites()
        if not site.file.startswith("hil/") and site.error not in by_hand.CLASSES and "" in (site.remedies or ())
    }
    assert without == set(by_hand.WITHOUT), sorted(without ^ set(by_hand.WITHOUT))


def test_every_place_is_brought_about_or_stands_in_the_table() -> None:
    named = {name for names in by_hand.PLACES.values() for name in names}
    known = {site.name for site in sites()}
    new = sorted(site.name for site in sites() if _open(site) and site.name not in SITUATIONS.keys() | named)
    assert not new, "neither in of_*.py nor in by_hand.py:\n" + "\n".join(f"    {name!r}," for name in new)
    gone = sorted((SITUATIONS.keys() | named) - known)
    assert not gone, "no longer in the source:\n" + "\n".join(gone)
    twice = sorted(SITUATIONS.keys() & named)
    assert not twice, "brought about after all: " + ", ".join(twice)


def test_a_remedy_that_the_source_does_not_show_is_brought_about_or_accounted_for() -> None:
    hidden = {site.name for site in sites() if site.remedies is None and _open(site)}
    assert hidden <= SITUATIONS.keys() | set(by_hand.HIDDEN), sorted(hidden - SITUATIONS.keys() - set(by_hand.HIDDEN))


def test_the_rigs_errors_are_as_many_as_are_accounted_for() -> None:
    counts = {room: sum(site.file.startswith(room) for site in sites()) for room, _ in by_hand.ROOMS}
    assert counts == {room: number for (room, number) in by_hand.ROOMS}, counts
    assert sum(counts.values()) == sum(site.file.startswith("hil/") for site in sites())


def test_the_classes_that_stand_for_their_errors_are_there() -> None:
    assert set(by_hand.CLASSES) <= set(classes())
    for name in by_hand.CLASSES:
        brought = [site for site in sites() if site.error == name and site.name in SITUATIONS]
        assert brought or name in by_hand.CLASSES_BY_HAND, f"no {name} is brought about"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("`sapper flsh`", "no verb"),
        ("`sapper update --factry`", "such option"),
        ("`sapper trace repair x`", "Missing"),
        ("`sapper settings sett --help`", "no verb"),
        ("`make firmwar`", "no such target"),
        ("`clear` it first", "neither"),
        ("`log 1 2 3`", "the board knows"),
        ("choose one with --prot", "no verb has it"),
        ("see docs/technicians.md", "no such page"),
        ("see docs/technician.md, 'A lost hat'", "no section"),
        ("run 'make firmwar'", "no such target"),
        ("`echo disarm | sapper consol`", "no verb"),
    ],
)
def test_a_remedy_that_names_what_is_not_there_is_found(text: str, fault: str) -> None:
    assert any(fault in each for each in commands.faults(text)), commands.faults(text)


def test_a_new_error_does_not_go_unnoticed(tmp_path: Path) -> None:
    code = """
REMEDY = "say `sapper flsh`"
def new(number, name=None):
    remedy = f"{REMEDY}, or `make firmwar`" if number else "again"
    raise SapperError(f"{number} is new: " + "no", remedy)
def hidden(error):
    raise errors.LinkError(error.message, error.remedy)
def bare():
    raise errors.LinkGoneError from None
"""
    (tmp_path / "new.py").write_text(code)
    shown, hidden, bare = sites_of(tmp_path / "new.py", tmp_path)
    assert shown.name == "new.py: {} is new: no" and _open(shown)
    assert shown.remedies == ("say `sapper flsh`, or `make firmwar`", "again")
    assert len(commands.faults(shown.remedies[0])) == 2
    assert hidden.remedies is None and _open(hidden)
    assert bare.name == "new.py: LinkGoneError()" and _open(bare)


def _open(site: Site) -> bool:
    """Whether the error needs a situation or an entry of its own."""
    return not site.file.startswith("hil/") and site.error not in by_hand.CLASSES
