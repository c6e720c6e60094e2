"""The bench notices when what is hot no longer lies in RAM: a sweep then misses its limits at 48 clocks a miss."""

from contextlib import closing

import pytest

from hil.prove.benchmarks import sweep
from hil.prove.benchmarks.column import Column
from hil.rigs.firmware import with_hot_set
from sapper_host.files.checkout import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.virtual]


@pytest.mark.timeout(900)
def test_a_hot_set_that_is_out_of_ram_misses_the_load(tmp_path) -> None:
    if not (ROOT / "firmware" / "board" / "hot_set.txt").exists():
        pytest.skip("this firmware has no hot set: firmware/board/hot_set.txt")
    column = Column()
    with closing(column.open("virtual", with_hot_set("none", tmp_path))) as rig:
        rows = {row.name: row for row in sweep.measure(rig, column)}
    assert not rows["CPU load of a sweep, telemetry on"].ok, rows
