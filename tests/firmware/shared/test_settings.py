"""Settings: bounds hold, a refused change changes nothing, the text form comes back as it went, no file stops the
boot."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.shared.settings import TABLE, SettingError, Settings, parse_value
from sapper.storage import settings_file

pytestmark = pytest.mark.unit

NAMES = [row[0] for row in TABLE]


def values(settings):
    return [settings.get(name) for name in NAMES]


def test_every_row_is_well_formed():
    for name, default, low, high, unit, meaning in TABLE:
        assert name.isidentifier() and name == name.lower()
        assert low <= default <= high, name
        assert isinstance(unit, str) and meaning
        assert low > -(2**30) and high < 2**30, f"{name}: a small integer on the board"
    assert len(set(NAMES)) == len(NAMES)


def test_defaults_pass_the_checks_across_settings():
    Settings().set_many([(row[0], row[1]) for row in TABLE])


@pytest.mark.parametrize("row", TABLE, ids=NAMES)
def test_both_bounds_are_taken_or_clash_with_another_and_beyond_them_nothing_is(row):
    name, _, low, high = row[:4]
    for beyond in (low - 1, high + 1, 10**30, -(10**30)):
        settings = Settings()
        with pytest.raises(SettingError, match=name):
            settings.set(name, str(beyond))
        assert values(settings) == values(Settings())
    assert parse_value(name, str(low)) == low and parse_value(name, str(high)) == high


@pytest.mark.parametrize("text", ["", "x", "1.5", "0x10", "1e3", "--1", "None", "٣a"])
def test_what_is_no_whole_number_is_refused_with_the_bounds(text):
    with pytest.raises(SettingError, match=r"150\.\.600"):
        Settings().set("sweep_mm_s", text)


def test_an_unknown_name_is_refused():
    for call in (lambda s: s.get("nothing"), lambda s: s.set("nothing", "1")):
        with pytest.raises(SettingError, match="nothing"):
            call(Settings())


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(-10, 300_000)), max_size=6))
def test_several_at_once_are_taken_all_or_none(pairs):
    settings = Settings()
    before = values(settings)
    try:
        settings.set_many(pairs)
    except SettingError:
        assert values(settings) == before
    else:
        assert all(settings.get(name) == value for name, value in dict(pairs).items())
        Settings().set_many([(name, settings.get(name)) for name in NAMES])


def test_the_gates_stay_inside_the_period_and_the_coil_within_its_duty():
    with pytest.raises(SettingError, match="gate2_ns"):
        Settings().set_many([("pulse_rate_hz", 4000), ("pulse_us", 60), ("gate2_ns", 190_000)])
    with pytest.raises(SettingError, match="coil_duty"):
        Settings().set("pulse_us", 200)


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 20_000), max_size=5))
def test_the_text_form_comes_back_as_it_went(changes):
    settings = Settings()
    for name, value in changes.items():
        try:
            settings.set(name, value)
        except SettingError:
            continue
    again = Settings()
    again.load_text("# a comment\n\n" + "\n".join(settings.dump_lines()) + " # another\n")
    assert values(again) == values(settings)
    assert [row[0] for row in settings.diff()] == [n for n, v, d in zip(NAMES, values(settings), [r[1] for r in
    TABLE], strict=True) if v != d]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sweep_mm_s", 1),
        ("\n\nsweep_mm_s = x", 3),
        ("a = 1", 1),
        ("sweep_mm_s = 1 = 2", 1),
        ("audio = 0\naudio = 9", 2),
    ],
)
def test_a_malformed_file_is_refused_with_its_line_and_changes_nothing(text, line):
    settings = Settings()
    with pytest.raises(SettingError, match=f"line {line}:"):
        settings.load_text(text)
    assert values(settings) == values(Settings())


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(settings_file, "PATH", str(tmp_path / "settings.txt"))
    return tmp_path / "settings.txt"


def test_saved_settings_are_there_at_the_next_start(path):
    settings = Settings()
    settings.set("sweep_mm_s", 250)
    settings_file.save(settings)
    again = Settings()
    assert settings_file.load(again) == "" and again.get("sweep_mm_s") == 250
    assert os.listdir(path.parent) == ["settings.txt"]


def test_no_file_is_no_error(path):
    assert settings_file.load(Settings()) == ""


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x01", b"sweep_mm_s = 9999\n", b"\x00" * 5000, b"sweep_mm_s = 250\nfoo\n", b"a" * 100_000],
    ids=["not UTF-8", "out of bounds", "zeros", "half good", "huge"],
)
def test_a_spoilt_file_neither_stops_the_start_nor_is_half_taken_and_is_named(path, content):
    path.write_bytes(content)
    settings = Settings()
    wrong = settings_file.load(settings)
    assert "settings" in wrong and "save" in wrong and len(wrong) < 350
    assert values(settings) == values(Settings())


def test_a_file_that_cannot_be_read_is_named_not_passed_over(path):
    path.mkdir()
    assert settings_file.load(Settings()) != ""
