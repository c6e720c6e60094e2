"""What a figure was measured on, as every report says it: what was only emulated is marked so, until a chip tells."""

EMULATED = "emulated"  # in a report's `measured_on`
THIS_MACHINE = "this machine"
NOT_ON_SILICON = "emulated, not yet measured on silicon"  # for people
