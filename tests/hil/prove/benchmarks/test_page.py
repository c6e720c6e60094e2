"""The pages' figures are those of the bench's record, in the table and in prose."""

import copy
import json

import pytest

from hil.prove.benchmarks import __main__ as bench
from hil.prove.benchmarks import page
from hil.prove.benchmarks.page import QUOTES, load, made, pages, quoted
from sapper_host.files.checkout import DOCS

pytestmark = pytest.mark.unit


def test_each_page_says_what_the_record_says():
    assert [path.name for path, text in pages(load()).items() if path.read_text(encoding="utf-8") != text] == []


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: quote.text)
def test_a_page_that_quotes_another_figure_is_stale(quote):
    record = copy.deepcopy(load())
    for row in record["rows"]:
        if row["name"] == quote.row:
            row["value"] += quote.per
    text = (DOCS / quote.page).read_text(encoding="utf-8")
    changed = quoted(quote.page, text, record)
    assert changed != text and quoted(quote.page, changed, load()) == text


def test_a_quote_that_is_not_in_its_page_is_told():
    with pytest.raises(ValueError, match="0 times"):
        quoted("detector.md", "nothing of the kind", load())


def test_a_missed_limit_stands_out_and_every_row_says_what_it_was_measured_on():
    row = {"name": "boot", "value": 470.0, "unit": "ms", "limit": "<= 450", "ok": False, "measured_on": "emulated"}
    text = made({"firmware": "1+2", "rows": [row | {"xip_miss_clk": 48, "slot": False}, row | {"name": "sil"}]})
    assert "**470** (<= 450: missed)" in text and "firmware 1+2" in text
    assert "| sil | **470** (<= 450: missed) | ms | emulated |  |" in text
    assert "not yet measured on silicon" in text


def test_only_a_whole_run_of_what_was_built_is_kept(capsys):
    for arguments in (["--only", "boot"], ["--firmware", "x.uf2"]):
        with pytest.raises(SystemExit):
            bench.main(["--record", *arguments])
    assert "--record is of everything" in capsys.readouterr().err


def test_what_is_kept_is_what_was_emulated(monkeypatch, tmp_path):
    monkeypatch.setattr(page, "RECORDED", tmp_path / "recorded.json")
    rows = [{"name": "a", "measured_on": kind} for kind in ("emulated", "silicon", "this machine")]
    page.keep([*rows, {"name": "not run"}], "1+2")
    kept = json.loads((tmp_path / "recorded.json").read_text())
    assert kept["firmware"] == "1+2" and [row["measured_on"] for row in kept["rows"]] == ["emulated", "this machine"]
