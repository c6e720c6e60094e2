"""What must hold: the pre-arm checks, named, and the self-test's further ones. Rows: name, function(app) -> '' or
what is wrong."""

import gc
import os

from sapper.shared import together
from sapper.shared.limits import NO_FRAME_MS, SELF_TEST_HEAP_B, TICK_MS
from sapper.storage import file_system, key_file
from sapper.storage.team_key import SPOILT
from sapper.update import running

_TEMP_DC = (-200, 850)
_NO_FRAME_TICKS = NO_FRAME_MS // TICK_MS
_TEST_FILE = "/selftest.tmp"


def _loop(app):
    return "" if app.board.inputs.loop_closed() else "the emergency-stop loop is open; close it"


def _key(app):
    return "" if app.board.inputs.key_on() else "the arming key is off; turn it on"


def _supply(app):
    low = app.settings.get("vsys_low_mv")
    now = app.watch.vsys_mv
    return "" if now >= low else "%d mV is below %d mV; charge or change the battery" % (now, low)


def _frames(app):
    # As long as it may take while armed: where a tick looks just as a frame is completed, the next one finds it.
    return "" if app.watch.frame_age < _NO_FRAME_TICKS else "no frames from the ADC; reboot the board"


def _detector(app):
    fault = app.detector.health.fault
    return "" if fault == 0 else "fault %s; clear its cause, then disarm" % app.fault_name(fault)


def _standing(app):
    return "" if app.drive.speed_mm_s == 0 else "the tracks are moving; wait until they rest"


def _interlock(app):
    return "" if not app.board.interlock.enabled() else "MOTOR_EN is high before arming; do not use this board"


def _storage(app):
    return file_system.problem()


def _settings(app):
    # Without a file system there is no settings file: one cause, told once.
    return "" if file_system.problem() else app.settings_error


def _together(app):
    return together.problem(app.settings.get)


def _pulser(app):
    return "" if app.board.pulser.running() else "the pulser does not run; see its settings"


def _testpiece(app):
    return app.piece_check.problem()


def _memory(app):
    gc.collect()
    free = gc.mem_free()
    return "" if free >= SELF_TEST_HEAP_B else "%d bytes free; reboot the board" % free


def _temperature(app):
    low, high = _TEMP_DC
    now = app.watch.temp_dc
    return "" if low <= now <= high else "chip at %.1f C" % (now / 10)


def _keeps():
    """Whether a file gives back what was written to it; it is gone afterwards."""
    with open(_TEST_FILE, "wb") as file:
        file.write(b"sapper")
    with open(_TEST_FILE, "rb") as file:
        same = file.read() == b"sapper"
    os.remove(_TEST_FILE)
    return same


def _flash(app):
    try:
        same = app.on_flash(_keeps)
    except OSError as error:
        return "the file system cannot be used (%s); see docs/technician.md" % error
    return "" if same else "the file system gave back something else than was written"


def _imu(app):
    if app.board.imu is None:
        return ""  # no field was begun
    # It waits for the part for a third of a second: without the watchdog, as flash is written.
    return app.on_flash(app.board.imu.self_test)


def _radio_key(app):
    return "spoilt in flash, so the radio takes `stop` alone; `sapper key`" if key_file.RADIO.spoilt else ""


def _team_key(app):
    return "spoilt in flash, so no update is taken; `sapper teamkey`" if app.team_key.key is SPOILT else ""


def _update(app):
    return "the update that runs has not proved itself; wait for its restart" if running.on_trial() else ""


PRE_ARM = (
    ("update", _update),
    ("storage", _storage),
    ("settings", _settings),
    ("together", _together),
    ("loop", _loop),
    ("key", _key),
    ("supply", _supply),
    ("frames", _frames),
    ("pulser", _pulser),
    ("detector", _detector),
    ("standing", _standing),
    ("interlock", _interlock),
    ("testpiece", _testpiece),
)

SELF_TEST = (
    ("storage", _storage),
    ("settings", _settings),
    ("supply", _supply),
    ("frames", _frames),
    ("pulser", _pulser),
    ("detector", _detector),
    ("standing", _standing),
    ("interlock", _interlock),
    ("temperature", _temperature),
    ("memory", _memory),
    ("flash", _flash),
    ("imu", _imu),
    ("radio key", _radio_key),
    ("team key", _team_key),
)

# Without these nothing can be seen of a test piece.
PIECE = (("frames", _frames), ("pulser", _pulser), ("detector", _detector), ("standing", _standing))

# What an update could have broken, and not what a bench without battery, coil or emergency-stop loop lacks. That it can
# write to flash it shows by keeping itself.
TRIAL = (
    ("storage", _storage),
    ("settings", _settings),
    ("frames", _frames),
    ("pulser", _pulser),
    ("interlock", _interlock),
    ("memory", _memory),
)


def failures(checks, app):
    """[(name, what is wrong and what to do)] of the checks that do not hold."""
    found = []
    for name, check in checks:
        wrong = check(app)
        if wrong:
            found.append((name, wrong))
    return found
