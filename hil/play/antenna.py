"""A field's board is told where its antenna is."""

from hil.play.operator import Operator
from hil.world.field.field_spec import GnssSpec


def tell_antenna(operator: Operator, gnss: GnssSpec) -> None:
    """From the tracks' middle, in whole mm, as the world has it."""
    for name, value in (("ahead", gnss.ahead_m), ("left", gnss.left_m), ("up", gnss.up_m)):
        operator.must(f"set antenna_{name}_mm {round(value * 1000)}")
