"""A trace is refused with the line, the column and the reason, or it survives any conversion to the last decimal."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapper_host.errors import Status, TraceError
from sapper_host.files.checkout import RECORDED
from sapper_host.recordings.trace import Trace, convert, read_trace, write_trace
from sapper_host.recordings.trace_csv import CsvTraceReader
from sapper_host.recordings.trace_mcap import McapTraceReader
from sapper_host.recordings.truth import parse_truth, truth_path

pytestmark = pytest.mark.unit

HEAD = (
    "# sapper-trace 1\n# name: made up\n#no space\n#\n"
    "t_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n"
)
ROWS = ["0.00,1650.10,1649.00,1651,5012,21.50,0,0", "0.01,1650.20,,1651,5012,21.50,3,3", "0.02,1650.30,1,2,,,,"]
TRUTH = {
    "lane_length_m": 5,
    "swath_m": 0.5,
    "speed_m_s": 0.3,
    "targets": [{"s_m": 0.2, "lateral_m": 0.1, "name": "steel", "distance_cm": 5}],
    "hot_rocks": [{"s_m": 4.0}],
    "stuck": [{"gate": 1, "t0": 0.0, "t1": 0.01}],
}


def lane(folder: Path, text: str, name: str = "lane.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def good(folder: Path) -> Path:
    return lane(folder, HEAD + "\n".join(ROWS) + "\n")


def test_a_good_trace_is_read_whole(tmp_path: Path) -> None:
    path = good(tmp_path)
    truth_path(path).write_text(json.dumps(TRUTH))
    trace = read_trace(path)
    assert trace.t_s.tolist() == [0.0, 0.01, 0.02]
    assert trace.gates_mv.shape == (3, 3) and np.isnan(trace.gates_mv[1, 1]) and trace.gates_mv[2, 2] == 2
    assert np.isnan(trace.vsys_mv[2]) and trace.left_ticks[1] == 3 and trace.ticks()[2] == 3
    assert trace.provenance == ("name: made up", "#no space", "#")
    assert trace.truth is not None and trace.truth["targets"][0]["name"] == "steel"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("0.01,1,1,1,5000,20,0,0", "t_s", "repeated"),
        ("0.005,1,1,1,5000,20,0,0", "t_s", "falls"),
        (",1,1,1,5000,20,0,0", "t_s", "empty"),
        ("nan,1,1,1,5000,20,0,0", "t_s", "not finite"),
        ("-1,1,1,1,5000,20,0,0", "t_s", "outside"),
        ("0.03,abc,1,1,5000,20,0,0", "gate0_mv", "not a number"),
        ("0.03,1,3301,1,5000,20,0,0", "gate1_mv", "outside 0..3300 mV"),
        ("0.03,1,1,-0.1,5000,20,0,0", "gate2_mv", "outside 0..3300 mV"),
        ("0.03,1,inf,1,5000,20,0,0", "gate1_mv", "not finite"),
        ("0.03,1,1,1,1e9,20,0,0", "vsys_mv", "outside"),
        ("0.03,1,1,1,5000,-300,0,0", "temp_c", "outside"),
        ("0.03,1,1,1,5000,20,1.5,0", "left_ticks", "whole"),
        ("0.03,1,1,1,5000,20,0,99999999999", "right_ticks", "outside"),
        ("0.03,1_0,1,1,5000,20,0,0", "gate0_mv", "not a number"),
        ("0.03,1,1,1,+5000,20,0,0", "vsys_mv", "not a number as JSON has it"),
        ("0.03,1,1,1,005000,20,0,0", "vsys_mv", "not a number as JSON has it"),
        ("0.03,1,1,1,5000.,20,0,0", "vsys_mv", "not a number as JSON has it"),
        ("0.03,.5,1,1,5000,20,0,0", "gate0_mv", "not a number as JSON has it"),
        ("0.03,1,1,1,5000,20,0,-07", "right_ticks", "not a number as JSON has it"),
        ("0.03,1,1,1,5000,20,0e-400000000,0", "left_ticks", "not a number as JSON has it"),
        ("0.03,1,1,1,5000,20,0, 7", "right_ticks", "not a number as JSON has it"),
        ("+0.03,1,1,1,5000,20,0,0", "t_s", "not a number as JSON has it"),
        ("0.03,1,1,1,5000,20,0", "", "cut short"),
        ("0.03,1,1,1,5000,20,0,0,9", "", "too long"),
    ],
)
def test_a_bad_row_is_named_by_line_column_and_reason(tmp_path: Path, row: str, column: str, reason: str) -> None:
    path = lane(tmp_path, HEAD + ROWS[0] + "\n" + ROWS[1] + "\n" + row + "\n")
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert caught.value.line == 8 and caught.value.column == column and reason in caught.value.reason
    assert "line 8" in str(caught.value) and caught.value.status == Status.BAD_INPUT


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 0, "empty"),
        ("t_s,gate0_mv\n0,1\n", 1, "not '# sapper-trace 1'"),
        ("# sapper-trace 2\n", 1, "not '# sapper-trace 1'"),
        ("# sapper-trace 1\n# only comments\n", 2, "header is missing"),
        (HEAD, 5, "no rows"),
        (HEAD.replace("gate1_mv,", "") + "0,1,1,5000,20,0,0\n", 5, "missing"),
        (HEAD.replace("gate1_mv", "gate9_mv") + "0,1,1,1,5000,20,0,0\n", 5, "missing"),
        (HEAD.replace("left_ticks,right_ticks", "right_ticks,left_ticks") + ROWS[0], 5, "out of order"),
        (HEAD.replace("right_ticks", "right_ticks,extra") + ROWS[0], 5, "unknown column"),
        (HEAD + ROWS[0] + "\n\n" + ROWS[1] + "\n", 7, "blank line"),
        (HEAD + "x" * 100_000, 6, "longer than"),
    ],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(TraceError) as caught:
        read_trace(lane(tmp_path, text))
    assert caught.value.line == line and reason in caught.value.reason


ODD_CELLS = [
    "0e-400000000",
    "0E-99999999999999999999",
    "1e-999999999",
    "1e+400000000",
    "0e999",
    "4.9" + "6" * 400,
    "1_000",
    " 5",
    "\u0661\u0666",
    "0x10",
    "1e",
    ".",
    "+",
]


@pytest.mark.parametrize("cell", ODD_CELLS)
def test_a_cell_that_is_no_measurements_number_costs_nothing_and_is_refused_with_its_place(
    tmp_path: Path, cell: str
) -> None:
    path = lane(tmp_path, HEAD + ROWS[0] + f"\n0.01,1,1,1,{cell},20,0,0\n")
    tracemalloc.start()
    try:
        for target in ("a.mcap", "a.csv"):
            with pytest.raises(TraceError) as caught:
                convert(path, tmp_path / target)
            assert caught.value.line == 7 and caught.value.column == "vsys_mv"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_rows_closer_than_the_nanosecond_that_mcap_has_are_refused(tmp_path: Path) -> None:
    def at(*times: str) -> Path:
        return lane(tmp_path, HEAD + "".join(f"{t},1,1,1,5000,20,0,0\n" for t in times))

    assert convert(at("0", "0.000000001", "0.0000000029", "0.0000000031"), tmp_path / "a.mcap") == 4
    assert len(read_trace(tmp_path / "a.mcap").t_s) == 4
    with pytest.raises(TraceError, match=r"line 8, t_s: .*same nanosecond"):
        convert(at("0", "0.0000000011", "0.0000000019"), tmp_path / "b.mcap")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lane.csv"
    path.write_bytes(HEAD.encode() + b"0.00,\xff\xfe,1,1,5000,20,0,0\n")
    with pytest.raises(TraceError, match=r"line 6: not UTF-8 text at byte 6"):
        read_trace(path)


def test_a_gate_without_any_sample_is_refused(tmp_path: Path) -> None:
    path = lane(tmp_path, HEAD + "0,1,,1,5000,20,0,0\n1,1,,1,5000,20,0,0\n")
    with pytest.raises(TraceError, match="gate1_mv: has no sample"):
        read_trace(path)


def test_gaps_are_reported_by_time_and_column(tmp_path: Path) -> None:
    rows = [f"{i / 100:.2f},1,{'' if 20 <= i < 30 else 1},1,5000,20,0,0" for i in range(100) if not 50 <= i < 60]
    trace = read_trace(lane(tmp_path, HEAD + "\n".join(rows) + "\n"))
    gaps = [(round(g.start_s, 2), round(g.end_s, 2), g.column) for g in trace.gaps()]
    assert (0.19, 0.30, "gate1_mv") in gaps and (0.49, 0.60, "row") in gaps


def test_csv_to_mcap_and_back_is_the_same_to_the_byte(tmp_path: Path) -> None:
    path = good(tmp_path)
    truth_path(path).write_text(json.dumps(TRUTH))
    assert convert(path, tmp_path / "a.mcap") == 3
    assert convert(tmp_path / "a.mcap", tmp_path / "back.csv") == 3
    assert (tmp_path / "back.csv").read_bytes() == path.read_bytes()
    assert json.loads((tmp_path / "back.truth.json").read_text()) == read_trace(path).truth
    assert not [p for p in tmp_path.iterdir() if ".part" in p.name or ".rows" in p.name]


@pytest.mark.parametrize("first", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("rest", ["", "\n", "\n\n", "\n\n \n"], ids=["no end", "one", "blank", "blank with a space"])
@pytest.mark.parametrize("provenance", ["", "# \n", "#\n", "# a\n# \n#b\n"], ids=repr)
def test_what_is_accepted_comes_back_to_the_byte(
    tmp_path: Path, first: str, end: str, rest: str, provenance: str
) -> None:
    text = first + "# sapper-trace 1\n" + provenance + HEAD.splitlines()[-1] + "\n" + "\n".join(ROWS) + rest
    path = tmp_path / "lane.csv"
    path.write_bytes(text.replace("\n", end).encode())
    convert(path, tmp_path / "a.mcap")
    convert(tmp_path / "a.mcap", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == path.read_bytes()
    convert(path, tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("cell", ["4966", "-0", "0.10", "4.966e3", "4966.000000000001", "0E+05", "49.66E2", "1e-9"])
def test_a_number_that_is_accepted_keeps_its_text(tmp_path: Path, cell: str) -> None:
    path = lane(tmp_path, HEAD + f"0.00,1,1,1,{cell},20,0,0\n0.01,1,1,1,5000,20,0,0\n")
    convert(path, tmp_path / "a.mcap")
    convert(tmp_path / "a.mcap", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == path.read_bytes()


def test_line_ends_of_two_kinds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lane.csv"
    path.write_bytes((HEAD + ROWS[0] + "\r\n" + ROWS[1] + "\n").encode())
    with pytest.raises(TraceError, match=r"line 6: the line ends in '\\r\\n', those before in '\\n'"):
        read_trace(path)


_NUMBER = st.decimals(0, 3300, places=4).map(str) | st.integers(0, 3300).map(str) | st.just("")
_ROW = st.tuples(_NUMBER, _NUMBER, _NUMBER, st.just("5000"), st.decimals(-40, 90, places=2).map(str), st.just("-7"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=20))
def test_any_numbers_keep_their_text_through_mcap(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    body = "".join(f"{i}.5,{','.join(row)},\n" for i, row in enumerate(rows))
    path = lane(tmp_path, HEAD + body)
    convert(path, tmp_path / "a.mcap")
    convert(tmp_path / "a.mcap", tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text() == HEAD + body


def test_a_failed_conversion_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    bad = lane(tmp_path, HEAD + ROWS[0] + "\nrubbish\n", "bad.csv")
    target = tmp_path / "out.mcap"
    target.write_text("before")
    with pytest.raises(TraceError):
        convert(bad, target)
    assert target.read_text() == "before" and len(list(tmp_path.iterdir())) == 2


def test_a_trace_made_in_memory_is_written_and_read_in_both_formats(tmp_path: Path) -> None:
    t = np.arange(50) / 100
    gates = np.full((50, 3), 1650.25)
    gates[3, 1] = np.nan
    full = np.full(50, 5000.0)
    trace = Trace("made", t, gates, full, full / 200, np.arange(50.0), np.arange(50.0), ("made",), None)
    for name in ("made.csv", "made.mcap"):
        write_trace(trace, tmp_path / name)
        back = read_trace(tmp_path / name)
        np.testing.assert_array_equal(back.gates_mv, gates)
        np.testing.assert_allclose(back.t_s, t, atol=1e-9)
        assert back.provenance == ("made",) and back.truth is None and back.name == "made"


def test_an_unfinished_mcap_trace_is_refused_with_the_way_to_repair_it(tmp_path: Path) -> None:
    convert(good(tmp_path), tmp_path / "a.mcap")
    whole = (tmp_path / "a.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TraceError, match="sapper trace repair"):
        read_trace(tmp_path / "cut.mcap")


def test_a_text_file_named_mcap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="not an MCAP file"):
        read_trace(lane(tmp_path, "hello", "x.mcap"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_as_a_csv_trace_are_read_or_refused(tmp_path: Path, data: bytes, with_head: bool) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_bytes((HEAD.encode() if with_head else b"") + data)
    try:
        for _ in CsvTraceReader(path).rows():
            pass
    except TraceError as error:
        assert error.reason and "\n" not in str(error)


@pytest.fixture(scope="module")
def mcap_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("mcap")
    convert(good(folder), folder / "a.mcap")
    return (folder / "a.mcap").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(data=st.data())
def test_a_damaged_mcap_is_read_or_refused(tmp_path: Path, mcap_bytes: bytes, data: st.DataObject) -> None:
    damaged = bytearray(mcap_bytes)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(0, len(damaged))) :]
    path = tmp_path / "fuzz.mcap"
    path.write_bytes(damaged)
    try:
        for _ in McapTraceReader(path).rows():
            pass
    except TraceError as error:
        assert error.reason


def bad_truth(**changes: object) -> str:
    return json.dumps({**TRUTH, **changes})


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[]", "", "expected a JSON object"),
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "nested deeper than 64"),
        (bad_truth(lane_length_m=10**400), "", "a number of 401 digits"),
        (bad_truth(lane_length_m="@").replace('"@"', "1" + "0" * 5000), "", "a number of 5001 digits"),
        (bad_truth(lane_length_m=10**39), "lane_length_m", "outside"),
        (bad_truth(targets=[{"s_m": 1, "name": "\ud800"}]), "", "surrogate"),
        ('{"swath_m": 1, "swath_m": 2}', "", "'swath_m' stands twice"),
        (bad_truth(stuck=[{"gate": "\x1b[2J" * 100, "t0": 0, "t1": 1}]), "stuck[0].gate", "?[2J?[2J"),
        (bad_truth(lane_length_m=None), "lane_length_m", "missing"),
        (bad_truth(lane_length_m=-1), "lane_length_m", "outside"),
        (bad_truth(speed_m_s="fast"), "speed_m_s", "not a number"),
        (bad_truth(swath_m=float("nan")), "", "NaN is no number"),
        (bad_truth(targets="none"), "targets", "not a list"),
        (bad_truth(targets=[{"s_m": 6}]), "targets[0].s_m", "outside 0..5 m (the lane)"),
        (bad_truth(targets=[{"lateral_m": 0}]), "targets[0].s_m", "missing"),
        (bad_truth(targets=[{"s_m": 1, "name": 7}]), "targets[0].name", "not text"),
        (bad_truth(hot_rocks=[{"s_m": -1}]), "hot_rocks[0].s_m", "outside"),
        (bad_truth(targets=[{"s_m": 0.2, "extent_m": "long"}]), "targets[0].extent_m", "not a number"),
        (bad_truth(stuck=[{"gate": 3, "t0": 0, "t1": 1}]), "stuck[0].gate", "not gate"),
        (bad_truth(stuck=[{"gate": 1, "t0": 2, "t1": 1}]), "stuck[0].t1", "outside"),
    ],
)
def test_a_truth_that_cannot_be_is_refused_by_field(text: str, place: str, reason: str) -> None:
    with pytest.raises(TraceError) as caught:
        parse_truth(text.encode(), "lane.truth.json")
    assert caught.value.column == place and reason in caught.value.reason


def test_the_truth_of_another_trace_is_refused(tmp_path: Path) -> None:
    path = good(tmp_path)
    truth_path(path).write_text(bad_truth(targets=[{"s_m": 4.5}], stuck=[]))
    with pytest.raises(TraceError, match="truth of another trace"):
        read_trace(path)


def test_lanes_that_come_with_the_project_are_read(tmp_path: Path) -> None:
    folder = RECORDED / "lanes"
    lanes = sorted(folder.glob("*.csv"))[:3]
    if not lanes:
        pytest.skip("no ../shared/data/lanes beside the project")
    for path in lanes:
        trace = read_trace(path)
        assert trace.truth is not None and trace.frame_hz == pytest.approx(100)
        convert(path, tmp_path / "a.mcap")
        convert(tmp_path / "a.mcap", tmp_path / "b.csv")
        assert (tmp_path / "b.csv").read_bytes() == path.read_bytes()


def test_a_csv_is_written_without_the_platform_touching_line_ends() -> None:
    from sapper_host.recordings.trace_csv import write_csv

    out = io.StringIO(newline="")
    assert write_csv(out, ["a", "#"], [("0",) * 8]) == 1
    assert out.getvalue().split("\n")[1:3] == ["# a", "#"]


def wandering(first: int, folder: Path, name: str) -> Path:
    """A trace over 0.6 m whose encoders begin to count at `first`, with a truth."""
    rows = [f"{i / 100:.2f},1,1,1,5000,20,{first + 3 * i},{first + 3 * i}" for i in range(200)]
    path = lane(folder, HEAD + "\n".join(rows) + "\n", f"{name}.csv")
    truth_path(path).write_text(bad_truth(stuck=[]))
    return path


@pytest.mark.parametrize("first", [7000, -7000, 10, -1])
def test_places_begin_with_the_trace_wherever_its_encoders_begin(tmp_path: Path, first: int) -> None:
    here, there = (read_trace(wandering(n, tmp_path, f"at{n}")) for n in (0, first))
    np.testing.assert_allclose(there.s_m(), here.s_m(), atol=0.007)
    assert read_trace(wandering(3, tmp_path, "one-row-on")).s_m()[0] == 0.003


def test_a_truth_beyond_the_way_is_refused_wherever_the_encoders_begin(tmp_path: Path) -> None:
    path = wandering(7000, tmp_path, "far")
    truth_path(path).write_text(bad_truth(targets=[{"s_m": 4.5}], stuck=[]))
    with pytest.raises(TraceError, match=r"beyond the 0.60 m"):
        read_trace(path)
