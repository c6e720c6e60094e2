"""The application's state in a line of text and in the flags of a STATUS frame."""

from sapper.shared import weakened
from sapper.shared.events import FAULTS, REASON_NAMES, STATES


def flags(app):
    """STATUS.flags of wire.py."""
    inputs = app.board.inputs
    return (
        inputs.loop_closed()
        | inputs.key_on() << 1
        | app.board.interlock.enabled() << 2
        | app.watch.searched << 3
        | (16 if app.pinpointing else 0)
        | (32 if app.weakened else 0)
    )


def text(app):
    """What `status` answers, name=value."""
    drive = app.drive
    odometry = drive.odometry
    bits = flags(app)
    return (
        "state=%s reason=%s fault=%s loop=%d key=%d enabled=%d s_mm=%d x_mm=%d y_mm=%d speed_mm_s=%d "
        "strength=%d vsys_mv=%d temp_dc=%d load_pm=%d missed=%d refused=%d weakened=%d"
    ) % (
        STATES[app.state],
        REASON_NAMES[app.reason],
        FAULTS[app.detector.health.fault],
        bits & 1,
        bits >> 1 & 1,
        bits >> 2 & 1,
        odometry.s_mm,
        odometry.x_um // 1000,
        odometry.y_um // 1000,
        drive.speed_mm_s,
        app.detector.strength,
        app.watch.vsys_mv,
        app.watch.temp_dc,
        app.stats.load_pm,
        app.board.acquisition.missed,
        app.refused,
        app.weakened,
    ) + (" (%s)" % ", ".join(row[0] for row in weakened.rows(app.weakened)) if app.weakened else "")
