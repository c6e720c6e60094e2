"""Errors that no situation (of_*.py) brings about, and why. A new error that stands in neither fails a test, which
prints the line to put here, where no situation can be written."""

# Errors of these kinds need no entry each: their remedy is one for all of them.
CLASSES = {
    "TraceError": "a recording or truth is wrong where it says: it is to be corrected there, or another one named",
    "SettingsFileError": "likewise, of settings",
    "Uf2Error": "likewise, of a firmware: built anew, or another file",
    "NotWrittenError": "the system's reason, with the remedy that errors.REMEDIES has for it",
    "NotPrintedError": "likewise, of what is printed",
    "BoardError": "the board's own words say what to do, or, of its state and its link, the command table",
}
CLASSES_BY_HAND = ("NotPrintedError", "Uf2Error")  # tests/host/test_streams.py, tests/host/flash/test_uf2.py

# The rigs' and the provers' errors are for who writes programs with them: the room, and how many it has. (`sapper`
# shows them as its own, see verbs/rigs.py; the commands they name are checked as all others.)
ROOMS = (
    ("hil/play/", 7),
    ("hil/prove/", 40),
    ("hil/rigs/", 33),
    ("hil/serve/", 2),
    ("hil/traces/", 3),
    ("hil/world/", 19),
)

# Why -> places. What is said there to be tried elsewhere, is: in tests/host/ and tests/hil/ beside what makes it.
PLACES = {
    "takes hands: a plug, a cable, a button, another board": (
        "board/keepalive.py: nothing was heard from the board for {} s",
        "board/serial_stream.py: {} went away",
        "board/serial_stream.py: nothing is behind {} any more",
        "board/serial_stream.py: {} takes no data: nothing reads at its other end",
        "connected/bootsel.py: {} is no board in BOOTSEL: there is no {} in it",
        "connected/bootsel.py: {} is the drive of another chip: {}",
        "connected/port_board.py: {} went away",
        "connected/ports.py: the only board is in BOOTSEL, a drive without a console",
        "flash/board.py: another board came back: {} instead of {}",
        "flash/board.py: the board did not start within {} s after the whole file was copied",
        "flash/board.py: the board is in BOOTSEL again",
        "flash/board.py: the board was not heard of within {} s after it had the whole file{}",
        "flash/board.py: {} did not come up in BOOTSEL within {} s",
        "flash/copy.py: the drive at {} went away after {} of {} bytes ({})",
        "flash/prompt.py: neither Sapper nor MicroPython answers on {} ({})",
        "flash/prompt.py: {} went away ({})",
        "flash/targets.py: no board found",
        "flash/targets.py: there are {} boards: {}",
        "provision/provision.py: the board did not come back within {} s",
        "provision/provision.py: this port is the board's radio",
        "update/update.py: another board is on the port now",
        "update/wire.py: sectors get lost on their way ({})",
        "update/wire.py: the board does not answer any more",
        "update/wire.py: the board gave up waiting",
        "verbs/update.py: no board found",
    ),
    "takes this machine's permissions, drives or programs": (
        "board/serial_stream.py: no permission to open {}",
        "board/serial_stream.py: {} cannot be opened ({})",
        "connected/bootsel.py: the board's drive {} is not mounted",
        "connected/bootsel.py: udisksctl could not mount {}: {}",
        "flash/board.py: the board at USB {} is in BOOTSEL, but the system shows no drive of it",
        "flash/copy.py: picotool does not come to an end",
        "flash/copy.py: picotool failed: {}",
        "recordings/recorder.py: SapperError(self.problem, 'make room on the disk, and record into a new file')",
        "errors.py: {}{}",
        "files/folders.py: this user has no home folder, where keys and records go",
    ),
    "takes a board that is broken, or runs something else": (
        "board/counters.py: this boot's counters are used up",
        "board/dialog.py: no answer to '{}' within {} s",
        "board/greeting.py: LinkError(*_not_ours(heard, counts.bytes))",
        "board/link.py: no answer to '{}' within {} s",
        "board/radio_key.py: no answer to '{} ...' within {} s",
        "board/radio_key.py: the board kept another key than it was given",
        "board/radio_key.py: the board's answer to `nonce` makes no sense",
        "board/settings.py: the board does not tell {} of its settings ({}, ...)",
        "board/settings.py: the board holds other settings than it was given",
        "board/signing.py: the answer to `nonce` is not signed with the board's key",
        "board/signing.py: the board's answer to `nonce` makes no sense",
        "flash/verify.py: flash differs from the file between {} and {}",
        "provision/provision.py: after a restart the board has another {}",
        "provision/provision.py: the board kept another name than it was given",
        "provision/provision.py: the board's clock does not keep the time it was given ({})",
        "provision/provision.py: the board's firmware knows no team key",
        "update/update.py: nothing answers as a Sapper does",
        "update/update.py: something answers, but not as a Sapper does",
        "update/update.py: the board does not take the update ({})",
        "update/update.py: the board's team key is spoilt, so it takes no update",
        "update/update.py: the update did not prove itself; the board runs {}",
    ),
    "takes keys of several laptops: tests/host/board/test_signing.py, test_team_key_change.py, provision/": (
        "board/key_store.py: '{}' is no board's number",
        "board/key_store.py: {} cannot be read ({})",
        "board/key_store.py: {} holds no key",
        "board/link.py: '{}' has to be signed: {}",
        "board/radio_key.py: the board holds another team key ({}), which has to prove the change",
        "board/signing.py: the board has {}",
        "board/signing.py: this laptop has no radio key for board {}",
        "provision/provision.py: the board has a radio key that this laptop does not hold ({})",
        "update/team_key.py: {} is there already",
        "update/update.py: the board takes updates signed with team key {} only, and the bundle is {}",
        "verbs/teamkey.py: --remove puts no key in",
        "verbs/teamkey.py: you have no team key",
    ),
    "takes bundles, built or spoilt: tests/host/update/": (
        "update/bundle.py: its trailer would take {} bytes, and a board reads {}",
        "update/bundle.py: the application takes {} bytes, and a slot holds {}",
        "update/bundle.py: {} cannot be read: {}",
        "update/bundle.py: {} holds no compiled modules ({})",
        "update/bundle.py: {} is not a whole bundle: {}",
        "update/bundle.py: {} takes {} bytes; a slot holds {}",
        "update/bundle.py: {}: its image has {} bytes, not {}",
        "update/bundle.py: {}: {}",
        "update/bundle.py: {}: {} is not what its manifest says",
        "update/compiling.py: the modules were not compiled, as said above",
        "update/compiling.py: this is no checkout with a firmware/ to build from",
        "update/update.py: the bundle, {}, is older than what the board runs, {}",
        "verbs/rigs.py: the rigs are not installed here",
    ),
    "comes of programs or typing within the console, which stays open": (
        "board/keepalive.py: no keepalive: {}",
        "board/link.py: '{}' cannot be sent",
        "board/link.py: the line cannot be read: {}",
        "board/link.py: the link was closed",
        "board/serial_stream.py: a line to {} gave way to a stop",
        "operate/console_screen.py: the screen failed: {}",
    ),
    "has its bounds in what it says: tests/host/verbs/test_settings_verb.py": (
        "board/settings.py: SapperError(str(error), 'nothing was changed on the board', Status.USAGE)",
        "board/settings.py: these settings cannot be put in one at a time",
        "verbs/rig.py: --pace {}?",
        "verbs/settings.py: '{}'?",
        "verbs/settings.py: SapperError(what, remedy, Status.USAGE)",
        "verbs/settings.py: no setting '{}'",
    ),
}

# Errors without a remedy of their own, and why.
WITHOUT = {
    "board/keepalive.py: no keepalive: {}": "the message has another error's, remedy and all",
    "board/link.py: the link was closed": "who closed it knows",
}

# Errors whose remedy is worked out where they are made, and what has seen it.
HIDDEN = {
    "board/greeting.py: LinkError(*_not_ours(heard, counts.bytes))": "tests/host/board/test_link.py",
    "board/link.py: '{}' has to be signed: {}": "the remedy of why it cannot be: board/signing.py",
    "errors.py: {}{}": "tests/host/test_streams.py",
    "flash/board.py: the board was not heard of within {} s after it had the whole file{}": "tests/host/flash/",
    "verbs/settings.py: SapperError(what, remedy, Status.USAGE)": "tests/host/verbs/test_settings_verb.py",
}
