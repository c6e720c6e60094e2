"""The application's side of updates: what runs, from where and why; and proving an update that is on trial.

The board's own module `slots` keeps the slots and the pointer. Simulated boards have none: there the source tree runs.
"""

from sapper.shared.events import SOURCES
from sapper.shared.version import VERSION

try:
    import slots
except ImportError:
    slots = None

try:
    from sapper_build import MADE_S
except ImportError:  # not built into an image: run from the source tree
    MADE_S = 0

_SOURCE = {"factory": 0, "a": 1, "b": 2}
# What the application ends for, to take an update: one that is not older than what runs, or any.
RECEIVES = ("update", "update_older")


def source():
    """Index into events.SOURCES: where the running application came from."""
    return _SOURCE[slots.running] if slots else 0


def why():
    """Why that one runs (slot_choice.py)."""
    return slots.why if slots else "no_slots"


def on_trial():
    """Whether the running application has yet to prove itself."""
    return bool(slots and slots.on_trial())


def takes():
    """(api, mpy) that an update must be made for; None each where anything goes."""
    return (slots.API, slots.mpy_version()) if slots else (None, None)


def wrong_with_running():
    """'' or why what runs is not started again: asked once the team's key is another."""
    return slots.wrong_with(slots.running) if slots and slots.running != "factory" else ""


def idle_slot():
    """Of the slot that an update goes to: (block device that reads as a buffer, function(sector, count) that erases,
    function() that makes it start next time)."""
    slot = slots.idle()
    slots.release(slot)
    return slots.area(slot), lambda sector, count: slots.erase(slot, sector, count), lambda: slots.point_to(slot)


def running_image():
    """(what runs as a buffer, its manifest's lines); (None, ()) when that is the factory's."""
    if slots is None or slots.running == "factory":
        return None, ()
    with open("/%s/manifest.txt" % slots.running) as file:
        return memoryview(slots.area(slots.running)), tuple(line.strip() for line in file)


def keep():
    """The running application proved itself. OSError when flash refuses."""
    slots.keep()


def point_to(name):
    """Start this source (of events.SOURCES) next time: '' or why not. OSError when flash refuses."""
    if slots is None:
        return "this board has no slots"
    place = {"factory": "factory", "slot_a": "a", "slot_b": "b"}[name]
    if place == slots.running:
        return "it runs already"
    wrong = slots.wrong_with(place) if place != "factory" else ""
    if not wrong:
        slots.point_to(place)
    return wrong


def slot_lines():
    """What each slot holds, a line each."""
    for slot in ("a", "b") if slots else ():
        values = slots.trailer(slot)
        state = "running" if slots.running == slot else slots.wrong_with(slot) or "whole"
        yield "%s state=%s version=%s git=%s content=%s length=%s sha256=%s" % (
            slot,
            state.replace(" ", "_"),
            values.get("version", "none"),
            values.get("git", "none"),
            values.get("content", "none"),
            values.get("length", "0"),
            values.get("sha256", "none")[:16],
        )


def text():
    """The last line of `update`: what runs, where an update would go, and what this board takes."""
    if slots is None:
        return "running=factory why=no_slots idle=none"
    return "running=%s why=%s idle=slot_%s api=%d mpy=%d version=%s made=%d" % (
        SOURCES[source()],
        why(),
        slots.idle(),
        slots.API,
        slots.mpy_version(),
        VERSION,
        MADE_S,
    )
