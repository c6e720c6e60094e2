"""Which application starts: the factory image, or one of the update slots. Pure; `slots` carries it out.

The pointer is a small text file of `name=value` lines, replaced as a whole:
run: a, b or factory; before: what ran before it, to fall back to; tries: starts on trial so far, or `kept`.
"""

FACTORY = "factory"
SLOTS = ("a", "b")
TRIES_MOST = 3
KEPT = "kept"
POINTER_BYTES_MAX = 200

# Why what runs runs, as `version` tells it.
NO_UPDATE = "no_update"
TRIAL = "trial"
CHOSEN = "chosen"
DAMAGED = "slot_damaged"
FELL_BACK = "fell_back"
POINTER_SPOILT = "pointer_spoilt"
NO_FILES = "no_file_system"


def text(run, before, tries):
    """A pointer as it stands in its file."""
    return "run=%s\nbefore=%s\ntries=%s\n" % (run, before, tries)


def parse(written):
    """(run, before, tries): tries 0..TRIES_MOST, or -1 for kept. ValueError when it is not a whole pointer."""
    values = {}
    for line in written.split("\n"):
        if line:
            name, _, value = line.partition("=")
            values[name] = value
    try:
        run, before, tries = values["run"], values["before"], values["tries"]
    except KeyError:
        raise ValueError("not a whole pointer") from None
    if run not in SLOTS + (FACTORY,) or before not in SLOTS + (FACTORY,) or not written.endswith("\n"):
        raise ValueError("not a pointer")
    if tries == KEPT:
        return run, before, -1
    if tries not in ("0", "1", "2", "3"):
        raise ValueError("not a pointer's tries")
    return run, before, int(tries)


def choose(written, wrong_with):
    """What to start: (source, why, pointer to write before starting it, or '' for none).

    written: the pointer file's text, '' when there is none. wrong_with: function(slot) -> '' or what is wrong with
    the image in it; asked of a slot that may be started, and of no other.
    """
    if not written:
        return FACTORY, NO_UPDATE, ""
    try:
        run, before, tries = parse(written)
    except ValueError:
        return FACTORY, POINTER_SPOILT, ""
    if run == FACTORY:
        return FACTORY, FELL_BACK if tries == TRIES_MOST else CHOSEN, ""
    worn = tries >= TRIES_MOST
    if not worn and not wrong_with(run):
        if tries < 0:
            return run, CHOSEN, ""
        return run, TRIAL, text(run, before, tries + 1)
    why = FELL_BACK if worn else DAMAGED
    if before in SLOTS and before != run and not wrong_with(before):
        return before, why, text(before, FACTORY, KEPT)
    # `tries` of a factory pointer remembers that it was fallen back to
    return FACTORY, why, text(FACTORY, FACTORY, TRIES_MOST)
