# What is frozen into the instrument's UF2: flat modules, as nothing on the board is a package.
freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("modules")
freeze("../instrument")
module("instrument_build.py", base_path="../generated")
