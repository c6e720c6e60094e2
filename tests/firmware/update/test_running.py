"""What runs and why, told from the board's own module `slots`; and a board that has none."""

import pytest

from sapper.shared.events import SOURCES
from sapper.update import running

pytestmark = pytest.mark.unit


class Slots:
    """As firmware/board/modules/slots.py, in memory. Keeps what was asked of it."""

    API = 3

    def __init__(self, runs="a", trial=False):
        self.running = runs
        self.why = "chosen"
        self.trial = trial
        self.asked = []
        self.wrong = {"a": "", "b": "no image"}
        self.trailers = {"a": {"version": "1", "git": "g", "content": "c", "length": "9", "sha256": "ab" * 32}, "b": {}}

    def on_trial(self):
        return self.trial

    def mpy_version(self):
        return 4870

    def idle(self):
        return "a" if self.running == "b" else "b"

    def release(self, slot):
        self.asked.append(("release", slot))

    def area(self, slot):
        return bytearray(b"area of " + slot.encode())

    def erase(self, slot, sector, count):
        self.asked.append(("erase", slot, sector, count))

    def point_to(self, slot):
        self.asked.append(("point", slot))

    def keep(self):
        self.asked.append(("keep",))

    def wrong_with(self, slot):
        return self.wrong[slot]

    def trailer(self, slot):
        return self.trailers[slot]


@pytest.fixture
def on(monkeypatch):
    """Puts a board's slots in."""

    def put(slots):
        monkeypatch.setattr(running, "slots", slots)
        return slots

    return put


def test_without_slots_the_factorys_runs_anything_goes_and_nothing_can_be_chosen(on):
    on(None)
    assert (SOURCES[running.source()], running.why()) == ("factory", "no_slots")
    assert running.on_trial() is False and running.takes() == (None, None)
    assert running.running_image() == (None, ()) and list(running.slot_lines()) == []
    assert running.text() == "running=factory why=no_slots idle=none"
    assert running.point_to("slot_a") == "this board has no slots"


@pytest.mark.parametrize(
    ("runs", "source", "idle"), [("factory", "factory", "b"), ("a", "slot_a", "b"), ("b", "slot_b", "a")]
)
def test_what_runs_is_told_by_the_name_of_its_source(on, runs, source, idle):
    on(Slots(runs))
    assert (SOURCES[running.source()], running.why(), running.takes()) == (source, "chosen", (3, 4870))
    assert running.text().startswith(f"running={source} why=chosen idle=slot_{idle} api=3 mpy=4870")


@pytest.mark.parametrize("trial", [True, False])
def test_an_update_is_on_trial_while_the_slots_say_so(on, trial):
    on(Slots("a", trial))
    assert running.on_trial() is trial


def test_an_update_goes_to_the_idle_slot_which_counts_no_more(on):
    slots = on(Slots("a"))
    device, erase, point = running.idle_slot()
    assert device == b"area of b" and slots.asked == [("release", "b")]
    erase(3, 16)
    point()
    assert slots.asked[1:] == [("erase", "b", 3, 16), ("point", "b")]


def test_what_runs_from_a_slot_is_its_area_with_its_manifests_lines(on, monkeypatch, tmp_path):
    on(Slots("b"))
    (tmp_path / "manifest.txt").write_text("one 0 4 x\ntwo 4 8 y\n")
    opened = []
    monkeypatch.setattr(
        running, "open", lambda name: opened.append(name) or (tmp_path / "manifest.txt").open(), raising=False
    )
    image, manifest = running.running_image()
    assert bytes(image) == b"area of b" and manifest == ("one 0 4 x", "two 4 8 y") and opened == ["/b/manifest.txt"]
    on(Slots("factory"))
    assert running.running_image() == (None, ())


def test_keeping_is_the_slots(on):
    slots = on(Slots("a", True))
    running.keep()
    assert slots.asked == [("keep",)]


@pytest.mark.parametrize(
    ("runs", "name", "wrong", "pointed"),
    [
        ("a", "factory", "", "factory"),
        ("factory", "slot_a", "", "a"),
        ("a", "slot_b", "no image", None),
        ("a", "slot_a", "it runs already", None),
        ("factory", "factory", "it runs already", None),
        ("b", "slot_b", "it runs already", None),
    ],
)
def test_a_source_is_chosen_if_it_is_whole_and_does_not_run(on, runs, name, wrong, pointed):
    slots = on(Slots(runs))
    assert running.point_to(name) == wrong
    assert slots.asked == ([("point", pointed)] if pointed else [])


def test_each_slot_is_told_in_a_line(on):
    slots = on(Slots("a"))
    assert list(running.slot_lines()) == [
        "a state=running version=1 git=g content=c length=9 sha256=abababababababab",
        "b state=no_image version=none git=none content=none length=0 sha256=none",
    ]
    slots.running, slots.wrong["b"] = "factory", ""
    assert [line.split()[1] for line in running.slot_lines()] == ["state=whole", "state=whole"]


def test_the_names_here_are_those_of_the_boards_module():
    """What is called here of `slots` is there; the module itself needs a board."""
    import ast

    from sapper_host.files.checkout import ROOT

    source = (ROOT / "firmware" / "board" / "modules" / "slots.py").read_text(encoding="utf-8")
    there = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    here = {name for name in vars(Slots) if not name.startswith("_") and name != "API"}
    assert here <= there
