# What is frozen into the UF2. The port's asyncio and sensor drivers are left out: nothing here uses them.
freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("modules")
package("sapper", base_path="..")
module("slot_trailer.py", base_path="../sapper/update")
module("whole_file.py", base_path="../sapper/storage")
module("main.py", base_path="..")
module("sapper_build.py", base_path="../generated")
