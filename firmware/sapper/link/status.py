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


def aid(app):
    """STATUS.aid of wire.py, of a board in a field."""
    field = app.field
    pose = field.place.pose
    tracks = field.tracks
    return (
        (1 if pose.placed else 0)
        | (2 if field.place.inertial.trusted else 0)
        | pose.gnss << 2
        | (16 if pose.dropped else 0)
        | (32 if pose.absolute else 0)
        | (64 if tracks.on else 0)
        | (128 if tracks.release.left_ms > 0 else 0)
    )


def put(app, text):
    """What `status` answers, name=value, into a text.Text."""
    drive = app.drive
    odometry = drive.odometry
    bits = flags(app)
    text.start("ok")
    text.word("state", STATES[app.state])
    text.word("reason", REASON_NAMES[app.reason])
    text.word("fault", FAULTS[app.detector.health.fault])
    text.value("loop", bits & 1)
    text.value("key", bits >> 1 & 1)
    text.value("enabled", bits >> 2 & 1)
    text.value("s_mm", odometry.s_mm)
    text.value("x_mm", odometry.x_um // 1000)
    text.value("y_mm", odometry.y_um // 1000)
    text.value("speed_mm_s", drive.speed_mm_s)
    text.value("strength", app.detector.strength)
    text.value("vsys_mv", app.watch.vsys_mv)
    text.value("temp_dc", app.watch.temp_dc)
    text.value("load_pm", app.stats.load_pm)
    text.value("missed", app.board.acquisition.missed)
    text.value("refused", app.refused)
    text.value("testpiece", 1 if app.piece_check.passed else 0)
    text.value("weakened", app.weakened)
    if not app.weakened:
        return
    between = " ("
    for i in range(len(weakened.TABLE)):
        if app.weakened >> i & 1:
            text.put(between)
            text.put(weakened.TABLE[i][0])
            between = ", "
    text.put(")")
