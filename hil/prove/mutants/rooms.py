"""Where the mutants are put in, and the tests they are tried on."""

# Rooms of firmware/sapper, and the least share (percent) of their mutants that the fast tests notice. A floor lies a
# little below what was measured when it was written: it is raised as tests are added, and never lowered for code.
FLOORS: dict[str, float] = {"safety": 85.0, "drive": 80.0, "update": 80.0, "crypto": 85.0, "link": 80.0}

# The fast tests of the firmware: pytest's arguments.
TESTS = ["tests/firmware", "--ignore=tests/firmware/toolchain", "--ignore=tests/firmware/detector", "-m", "unit"]
FOLDER = "firmware/sapper"
