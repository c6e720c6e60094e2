"""The event log's file on flash: as text, written after a mission while disarmed, for what a power cut would take."""

from sapper.shared.text import Text
from sapper.storage.whole_file import replace

PATH = "/log.txt"


def save(log):
    """Write all events held, in place of the last file. OSError when flash refuses."""
    text = Text()
    replace(PATH, (log.text(number, text)[2:] + "\n" for number in range(log.oldest(), log.next)))


def lines():
    """The saved events, one at a time, as the console answers: two spaces before each, `ok` last."""
    try:
        with open(PATH) as file:
            for line in file:
                yield "  " + line.rstrip()
    except OSError:
        pass  # nothing was saved yet
    yield "ok"
