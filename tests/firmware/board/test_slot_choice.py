"""Which application starts: whatever the pointer says and the slots hold, something whole does, and trials end."""

import os
import subprocess
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slot_choice import (
    CHOSEN,
    DAMAGED,
    FACTORY,
    FELL_BACK,
    KEPT,
    NO_UPDATE,
    POINTER_SPOILT,
    SLOTS,
    TRIAL,
    TRIES_MOST,
    choose,
    parse,
    text,
)

from sapper_host.files.checkout import ROOT

SOURCES = (*SLOTS, FACTORY)
TRIES = (KEPT, *map(str, range(TRIES_MOST + 1)))
EVERY = list(product(SOURCES, SOURCES, TRIES, (True, False), (True, False)))

pytestmark = pytest.mark.unit


def wrong_with(a_whole, b_whole):
    whole = {"a": a_whole, "b": b_whole}
    return lambda slot: "" if whole[slot] else "damaged"


def test_a_board_without_an_update_starts_the_factory_image():
    assert choose("", wrong_with(True, True)) == (FACTORY, NO_UPDATE, "")


@pytest.mark.parametrize(("run", "before", "tries", "a_whole", "b_whole"), EVERY)
def test_nothing_that_is_not_whole_is_ever_started(run, before, tries, a_whole, b_whole):
    source, _, written = choose(text(run, before, tries), wrong_with(a_whole, b_whole))
    assert source == FACTORY or {"a": a_whole, "b": b_whole}[source]
    if written:
        assert parse(written)[0] == source


@pytest.mark.parametrize(("run", "before", "tries", "a_whole", "b_whole"), EVERY)
def test_a_trial_that_never_proves_itself_is_over_after_three_starts(run, before, tries, a_whole, b_whole):
    pointer = text(run, before, tries)
    trials = 0
    for _ in range(8):
        source, why, written = choose(pointer, wrong_with(a_whole, b_whole))
        trials += why == TRIAL
        pointer = written or pointer
    assert trials <= TRIES_MOST
    assert why != TRIAL
    assert choose(pointer, wrong_with(a_whole, b_whole))[0] == source, "and it stays there"


def test_a_new_update_is_tried_three_times_and_then_what_ran_before_runs_again():
    pointer = text("b", "a", "0")
    seen = []
    for _ in range(5):
        source, why, written = choose(pointer, wrong_with(True, True))
        pointer = written or pointer
        seen.append((source, why))
    assert seen == [("b", TRIAL)] * 3 + [("a", FELL_BACK), ("a", CHOSEN)]


def test_what_ran_before_is_passed_over_when_it_is_damaged():
    assert choose(text("b", "a", "3"), wrong_with(False, True))[:2] == (FACTORY, FELL_BACK)
    assert choose(text("b", "a", KEPT), wrong_with(True, False))[:2] == ("a", DAMAGED)


def test_the_factory_image_remembers_that_it_was_fallen_back_to():
    _, _, written = choose(text("a", FACTORY, "3"), wrong_with(True, True))
    assert choose(written, wrong_with(True, True)) == (FACTORY, FELL_BACK, "")
    assert choose(text(FACTORY, "a", KEPT), wrong_with(True, True)) == (FACTORY, CHOSEN, "")


@given(st.text(max_size=80) | st.sampled_from([text(*row) for row in product(SOURCES, SOURCES, TRIES)]), st.data())
def test_any_pointer_at_all_starts_something(written, data):
    if written and data.draw(st.booleans()):
        written = written[: data.draw(st.integers(0, len(written)))]
    source, why, _ = choose(written, wrong_with(True, False))
    assert source in ("a", FACTORY)
    if written:
        try:
            parse(written)
        except ValueError:
            assert (source, why) == (FACTORY, POINTER_SPOILT)


@pytest.mark.micropython
@pytest.mark.skipif(not (ROOT / "build/micropython").exists(), reason="no build/micropython: `make micropython`")
def test_micropython_chooses_the_same():
    script = (
        "import slot_choice as c\n"
        "for run in 'a', 'b', 'factory':\n"
        " for before in 'a', 'b', 'factory':\n"
        "  for tries in 'kept', '0', '1', '2', '3', '4':\n"
        "   for whole in '', 'a', 'b', 'ab':\n"
        "    print(c.choose(c.text(run, before, tries), lambda slot: '' if slot in whole else 'damaged'))\n"
    )
    modules = ROOT / "firmware" / "board" / "modules"
    done = subprocess.run(
        [ROOT / "build/micropython", "-c", script],
        env=os.environ | {"MICROPYPATH": str(modules)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [
        str(choose(text(run, before, tries), lambda slot, whole=whole: "" if slot in whole else "damaged"))
        for run, before, tries, whole in product(
            ("a", "b", FACTORY), ("a", "b", FACTORY), (KEPT, *"01234"), ("", "a", "b", "ab")
        )
    ]
    assert done.stdout.splitlines() == here
