"""Errors that no situation (of_*.py) brings about, and why. A new error that stands in neither fails a test, which
prints the line to put here, where no situation can be written."""

# Errors of these kinds need no entry each: their remedy is one for all of them.
CLASSES = {
    "TraceError": "a recording or truth is wrong where it says: it is to be corrected there, or another one named",
    "SettingsFileError": "likewise, of settings",
    "Uf2Error": "likewise, of a firmware: built anew, or another file",
    "NotWrittenError": "the system's reason, with the remedy that errors.REMEDIES has for it",
    "NotPrintedError": "likewise, of what is printed",
    "KeysFileError": "a file of keys is not whole, or none: fetched or exported again, or another one named",
    "Interrupted": "the person's own wish",
    "SourceError": "told beside a mission, which goes on: where corrections come from is opened again by itself",
    "FieldError": "an area, a rover's measures or a mission is wrong where it says: it is to be corrected there",
    "MissionError": "likewise, of a mission's file, which is left as it is",
    "BoardError": "the board's own words say what to do, or, of its state and its link, the command table",
}
# tests/host/field/test_mission.py, tests/host/test_streams.py, tests/host/flash/test_uf2.py,
# tests/host/flash/test_verdicts.py, tests/host/field/test_rtcm_source.py
CLASSES_BY_HAND = ("MissionError", "NotPrintedError", "Uf2Error", "Interrupted", "SourceError")

# The rigs' and the provers' errors are for who writes programs with them: the room, and how many it has. (`sapper`
# shows them as its own, see verbs/rigs.py; the commands they name are checked as all others.)
ROOMS = (
    ("hil/bench/", 62),
    ("hil/farm/", 23),
    ("hil/play/", 9),
    ("hil/prove/", 76),
    ("hil/rigs/", 73),
    ("hil/serve/", 2),
    ("hil/testing/", 23),
    ("hil/traces/", 5),
    ("hil/world/", 28),
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
        "flash/board.py: another board came back: {} instead of {}",
        "flash/board.py: the board is in BOOTSEL again",
        "flash/board.py: the board still waits in BOOTSEL, {} s after the last byte was written to its drive",
        "flash/board.py: the board was not heard of within {} s after its drive had gone{}",
        "flash/board.py: {} did not come up in BOOTSEL within {} s",
        "flash/copy.py: the drive at {} went away after {} of {} bytes ({})",
        "flash/copy.py: message",
        "flash/prompt.py: neither Sapper nor MicroPython answers on {} ({})",
        "flash/prompt.py: {} went away ({})",
        "flash/whereabouts.py: where {} are plugged in cannot be told, so neither can which drive is whose",
        "flash/whereabouts.py: {} drives came, and which of them is the board of {} cannot be told: {}",
        "provision/provision.py: the board did not come back within {} s",
        "update/update.py: another board is on the port now",
        "update/wire.py: sectors get lost on their way ({})",
        "update/wire.py: the board does not answer any more",
        "update/wire.py: the board gave up waiting",
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
        "board/link.py: no answer to '{}' within {} s",
        "board/loop_times.py: the board's answer to `loop` makes no sense",
        "operate/loop_seconds.py: the board tells nothing of its loop",
        "board/radio_key.py: no answer to '{} ...' within {} s",
        "board/radio_key.py: the board kept another key than it was given",
        "board/radio_key.py: the board's answer to `nonce` makes no sense",
        "board/settings.py: the board does not tell {} of its settings ({}, ...)",
        "board/settings.py: the board holds other settings than it was given",
        "board/signing.py: the answer to `nonce` is not signed with the board's key",
        "board/signing.py: the board's answer to `nonce` makes no sense",
        "board/dialog.py: MicroPython's prompt does not answer",
        "calibration/board.py: no Sapper answers",
        "calibration/record.py: the board calls its number '{}': no record can be named so",
        "calibration/steps.py: the board's test-piece check did not end",
        "connected/rebooting.py: it was restarted, but did not answer within {} s: {}",
        "connected/rebooting.py: the board answered only when it was asked again",
        "flash/verify.py: flash differs from the file between {} and {}",
        "provision/provision.py: after a restart the board has another {}",
        "provision/provision.py: the board kept another name than it was given",
        "provision/provision.py: the board's clock does not keep the time it was given ({})",
        "provision/provision.py: the board's firmware knows no team key",
        "provision/record.py: the board calls itself '{}' and its number '{}': no record can be named so",
        "silicon/bench.py: the board did not answer within {} s of its restart",
        "silicon/bench.py: the rover is {}, not SAFE",
        "silicon/raw_prompt.py: a program at MicroPython's prompt failed: {}",
        "silicon/raw_prompt.py: MicroPython's prompt answered '{}'",
        "update/update.py: nothing answers as a Sapper does",
        "update/update.py: something answers, but not as a Sapper does",
        "update/update.py: the board does not take the update ({})",
        "update/update.py: the board's team key is spoilt, so it takes no update",
        "update/update.py: the update did not prove itself; the board runs {}",
        "update/wire.py: the board does not say which sectors it holds",
        "board/board_log.py: the board's log has a line that is no event ({})",
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
        "update/update.py: the board takes updates signed with team key {} only, and the bundle is {}",
        "update/update.py: the bundle, {}, is older than what the board runs, {}",
        "verbs/rigs.py: the rigs are not installed here",
    ),
    "comes of programs or typing within the console, which stays open": (
        "board/keepalive.py: no keepalive: {}",
        "board/link.py: '{}' cannot be sent",
        "board/link.py: the line cannot be read: {}",
        "board/link.py: the link was closed",
        "board/serial_stream.py: a line to {} gave way to a stop",
        "operate/console_app.py: '{}' failed: {}",
        "operate/console_screen.py: the screen failed: {}",
    ),
    "has its bounds in what it says: tests/host/verbs/test_settings_verb.py": (
        "board/settings.py: these settings cannot be put in one at a time",
    ),
}

# Errors without a remedy of their own, and why.
WITHOUT = {
    "board/keepalive.py: no keepalive: {}": "the message has another error's, remedy and all",
    "board/link.py: the link was closed": "who closed it knows",
    "operate/console_app.py: '{}' failed: {}": "the message has another error's, remedy and all",
}

# Errors whose remedy is worked out where they are made, and what has seen it.
HIDDEN = {
    "connected/rebooting.py: it was restarted, but did not answer within {} s: {}": "the remedy of what came last",
    "errors.py: {}{}": "tests/host/test_streams.py",
    "flash/board.py: the board was not heard of within {} s after its drive had gone{}": "tests/host/flash/",
    "flash/copy.py: message": "tests/host/flash/test_verdicts.py",
}
