"""A board in a plain field, told its place and base line, with GNSS and gyro at work: what a lane costs it."""

from __future__ import annotations

from typing import Any

from hil.play.antenna import tell_antenna
from hil.play.field_loop import FieldLoop
from hil.play.operator import Operator
from hil.rigs.capabilities import inertial_of
from hil.rigs.rig import NS_PER_S, Rig
from hil.world.field.field_file import parse_field
from hil.world.field.field_spec import FieldFile
from hil.world.field.field_world import FieldWorld
from sapper_host.field.setting_up import origin_line

Y_MM = -700
X_MM = -1100
PLAIN: dict[str, Any] = {
    "field": {"corners_m": [[0, 0], [12, 0], [12, -3], [0, -3]], "base_length_m": 3.0},
    "start": {"x_m": X_MM / 1000, "y_m": Y_MM / 1000},
    "front_end": {"coils": 10},
    "soil": {"strength_mv": 15.0},
}


class FieldStage:
    """`prepare`, then `lane`. The rig is the caller's."""

    def __init__(self, rig: Rig, file: FieldFile | None = None) -> None:
        self.file = file or parse_field(PLAIN)
        self.rig = rig
        self.world = FieldWorld(self.file)
        self.loop = FieldLoop(rig, self.world)
        self.operator = Operator(rig, self.loop.run)

    def prepare(self, base: bool = True) -> None:
        """Boot, tell antenna, place, origin and base line, and arm."""
        operator, gnss = self.operator, self.file.gnss
        inertial_of(self.rig).plug(True)
        operator.boot()
        tell_antenna(operator, gnss)
        operator.must("telemetry on")
        operator.settle()
        self.loop.emergency_stop(False)
        self.loop.key(True)
        operator.must(f"place {X_MM} {Y_MM} 0 5 3", 3000)
        operator.must(
            origin_line({"latitude_deg": gnss.lat_deg, "longitude_deg": gnss.lon_deg, "bearing_deg": gnss.bearing_deg})
        )
        operator.run(3 * NS_PER_S)
        if base:
            operator.must("base -3000 0")
        operator.arm()

    def lane(self, x_mm: int) -> None:
        """Begin a lane to there."""
        self.operator.must(f"lane {x_mm} {Y_MM}")
