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


def put(app, text):
    """What `status` answers, name=value, into a text.Text."""
    drive = app.drive
    odometry = drive.odometry
    bits = flags(app)
    text.start("ok state=")
    text.put(STATES[app.state])
    text.put(" reason=")
    text.put(REASON_NAMES[app.reason])
    text.put(" fault=")
    text.put(FAULTS[app.detector.health.fault])
    text.named(" loop=", bits & 1)
    text.named(" key=", bits >> 1 & 1)
    text.named(" enabled=", bits >> 2 & 1)
    text.named(" s_mm=", odometry.s_mm)
    text.named(" x_mm=", odometry.x_um // 1000)
    text.named(" y_mm=", odometry.y_um // 1000)
    text.named(" speed_mm_s=", drive.speed_mm_s)
    text.named(" strength=", app.detector.strength)
    text.named(" vsys_mv=", app.watch.vsys_mv)
    text.named(" temp_dc=", app.watch.temp_dc)
    text.named(" load_pm=", app.stats.load_pm)
    text.named(" missed=", app.board.acquisition.missed)
    text.named(" refused=", app.refused)
    text.named(" weakened=", app.weakened)
    between = " ("
    for i in range(len(weakened.TABLE)):
        if app.weakened >> i & 1:
            text.put(between)
            text.put(weakened.TABLE[i][0])
            between = ", "
    if app.weakened:
        text.put(")")
