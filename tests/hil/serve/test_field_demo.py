"""What `make field` leaves, in a small field on `sil`, and when it says that a mission is not as it has to be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from mcap.reader import make_reader

from hil.play.field_run import FieldResult
from hil.serve import field_demo
from hil.world.field.field_file import load_field_file
from hil.world.field.made_up import made_of
from sapper_host.field.geometry import geometry_of
from sapper_host.field.plan import plan_of

SMALL = """
[field]
name = "small"
corners_m = [[0, 0], [1.6, 0], [1.6, -0.8], [0, -0.8]]
base_length_m = 1.0
[start]
x_m = -1.1
y_m = -0.4
[front_end]
coils = 10
"""
GOOD = FieldResult("done")


@pytest.mark.sil
def test_it_leaves_a_recording_with_pose_a_map_and_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, out = tmp_path / "small.toml", tmp_path / "out"
    world.write_text(SMALL)
    for _ in range(2):  # the second time over what the first left
        status = field_demo.main(["--world", str(world), "--out", str(out)])
        figures = json.loads((out / "field.json").read_text())
        assert figures["trespasses"] == 0 and figures["phase"] == "done"
        assert status == 0 and figures["account"]["claimed"]["percent"] > 80
    said = capsys.readouterr().out
    assert "claimed as searched" in said and "tracks on ground not searched" in said
    assert all((out / name).stat().st_size > 10_000 for name in ("map.png", "map.svg"))
    with (out / "session.mcap").open("rb") as file:
        told = [json.loads(message.data) for _, channel, message in make_reader(file).iter_messages(["/status"])]
    assert max(each["field_x_mm"] for each in told) > 300 and min(each["sigma_mm"] for each in told) < 30, "the pose"


@pytest.mark.unit
@pytest.mark.parametrize(
    "wrong",
    [{"phase": "held"}, {"trespasses": 1}, {"near_unfound": 1}, {"targets_wrongly_claimed": 1}],
)
def test_a_mission_with_that_is_not_as_it_has_to_be(wrong: dict[str, object]) -> None:
    assert field_demo.reached(GOOD)
    assert not field_demo.reached(replace(GOOD, **wrong))  # type: ignore[arg-type]


@pytest.mark.unit
def test_the_meadow_is_what_the_page_says() -> None:
    file = load_field_file(field_demo.MEADOW)
    made = made_of(file, (-1050, -350, 0))
    assert made.area.polygon.area == pytest.approx(60.0) and len(file.targets) == 12
    plan = plan_of(made.area, geometry_of({}))
    assert plan.coverage.share > 0.99


@pytest.mark.unit
def test_a_world_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert field_demo.main(["--world", str(tmp_path / "none.toml"), "--out", str(tmp_path / "out")]) == 1
    assert "none.toml" in capsys.readouterr().out.replace("\n", "")
