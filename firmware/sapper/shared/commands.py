"""The console's command table: help, the reference in docs/ and the dispatcher all read it.

COMMANDS rows: name, usage, states it is allowed in (text of initials, see STATE_LETTERS), who may say it, what it does.
Who: "any" = anybody on any link; "still" = likewise, but on the radio only signed while the rover moves, as a long
answer fills its heap; "signed" = on the radio only signed; "link" = changes state: signed likewise, and while armed
only from the link that armed; "usb" = over USB only. Each row's handler is the method `cmd_NAME` of console.Console
or, about the board itself, of board_commands.BoardCommands and update_commands.UpdateCommands.
"""

# SAFE, ARMED, TELEOP, SWEEP, CONTACT, STOPPED, FAULT: the order of events.STATES
STATE_LETTERS = "SATWCPF"
EVERY = STATE_LETTERS
IDLE = "SPF"

COMMANDS = (
    ("help", "help [COMMAND]", EVERY, "still", "lists the commands, or explains one"),
    ("status", "status", EVERY, "any", "state, reason, fault, position, speed, supply, in one line of name=value"),
    ("version", "version", EVERY, "any", "version, git revision, MicroPython, board id; what runs, from where and why"),
    (
        "loop",
        "loop",
        EVERY,
        "still",
        "how late the ticks in motion began and how long they took, in us since the start: how many, all but one in a "
        "thousand, worst",
    ),
    (
        "cache",
        "cache",
        EVERY,
        "still",
        "words that were asked of the flash cache since this was asked last, and how many it had; 4294967295 is more",
    ),
    ("arm", "arm [CODE]", "SA", "link", "checks what must hold, answers with a code; `arm CODE` within 5 s arms"),
    ("disarm", "disarm", EVERY, "link", "motors off, SAFE; clears STOPPED and FAULT and moves nothing"),
    ("stop", "stop", EVERY, "any", "protective stop, latched; taken from anyone, signed or not"),
    (
        "drive",
        "drive MM_S MRAD_S",
        "AT",
        "link",
        "drive at this speed and turn; to be repeated within 300 ms; `drive 0 0` stands at once",
    ),
    ("sweep", "sweep MM", "A", "link", "sweep so many millimetres ahead, stopping over a find; ends pinpointing"),
    ("lane", "lane X_MM Y_MM", "A", "link", "sweep ahead along the field's axis until the tracks' middle is there"),
    ("back", "back X_MM Y_MM", "A", "link", "go backwards along the field's axis to there, searching nothing"),
    ("ahead", "ahead X_MM Y_MM", "A", "link", "go ahead along the field's axis to there, searching nothing"),
    ("turn", "turn HEADING_MRAD", "A", "link", "turn on the spot to this heading of the field's"),
    (
        "shift",
        "shift Y_MM",
        "A",
        "link",
        "before the base line: turn aside, go to this Y and turn back to heading 0; said anew, it goes on",
    ),
    (
        "place",
        "place X_MM Y_MM HEADING_MRAD SIGMA_MM SIGMA_MRAD",
        "SA",
        "link",
        "the rover stands there in the field, as sure as that",
    ),
    (
        "origin",
        "origin LAT_DEG LAT_BILLIONTHS LON_DEG LON_BILLIONTHS HEIGHT_MM BEARING_MRAD|none",
        "SA",
        "link",
        "where the field's origin is on earth, and its x from true north: GNSS counts from then on",
    ),
    (
        "base",
        "base RIGHT_MM LEFT_MM|off",
        "SA",
        "link",
        "the base line x = 0 from Y to Y, behind which the ground is safe: from then on no track goes on other ground "
        "that was not searched",
    ),
    (
        "searched",
        "searched X0_MM Y0_MM X1_MM Y1_MM SIGMA_MM",
        "SA",
        "link",
        "this rectangle was searched and found clear before: a mission that goes on",
    ),
    (
        "avoid",
        "avoid X_MM Y_MM RADIUS_MM|free NUMBER",
        "SA",
        "link",
        "keeps the tracks off a disc, or frees it",
    ),
    (
        "release",
        "release MS [kept]",
        "AT",
        "link",
        "for so long, and one motion, the operator answers for the ground; `kept`: for what is kept off, too",
    ),
    ("field", "field", EVERY, "any", "place, its uncertainty, sensors, and the ground check, in one line"),
    ("rtcm", "rtcm BASE64", EVERY, "signed", "corrections for the GNSS receiver: a piece of RTCM 3, up to 90 bytes"),
    ("verdict", "verdict mine|clutter|unknown", "C", "link", "the operator's verdict on the find; returns to ARMED"),
    ("mark", "mark", "ATC", "link", "fires the marker once"),
    ("pinpoint", "pinpoint on|off", "AT", "link", "strength against the level now, to find the middle of an object"),
    ("ping", "ping", EVERY, "link", "says the operator is there (as an empty line does); answers the board's time"),
    ("get", "get [NAME]", EVERY, "still", "one setting with its bounds and meaning, or all names and values"),
    ("set", "set NAME VALUE", IDLE, "link", "changes a setting until the next start; `save` keeps it"),
    ("save", "save", IDLE, "link", "writes the settings to flash"),
    ("defaults", "defaults", IDLE, "link", "puts every setting back to its default (not saved)"),
    ("diff", "diff", EVERY, "still", "the settings that differ from their defaults"),
    ("dump", "dump", EVERY, "still", "all settings as they would stand in a file"),
    (
        "selftest",
        "selftest",
        IDLE,
        "link",
        "tests what can be tested standing: inputs, ADC, pulser, interlock, memory, flash",
    ),
    (
        "testpiece",
        "testpiece [begin|end]",
        "S",
        "link",
        "the check before a day's work: `begin`, and pass the test piece over the coil when it says `bring`; alone, "
        "tells how it stands",
    ),
    ("log", "log [COUNT|saved]", EVERY, "still", "the last events, oldest first; or those saved when last disarmed"),
    (
        "telemetry",
        "telemetry on|off|raw",
        EVERY,
        "signed",
        "binary frames on this link, or text events; `raw`, over USB only: every frame of the detector, too",
    ),
    (
        "nonce",
        "nonce [CHALLENGE]",
        EVERY,
        "any",
        "what a host needs to sign radio lines: nonce, last counter taken, the key's id; signed for a challenge of 16 "
        "hex digits",
    ),
    (
        "key",
        "key [HEX|none]",
        IDLE,
        "usb",
        "puts in the radio key (64 hex digits) or takes it out; alone, tells its id",
    ),
    ("name", "name [NAME|none]", IDLE, "usb", "names the board, or takes its name away; alone, tells it"),
    (
        "clock",
        "clock [EPOCH_S]",
        IDLE,
        "link",
        "sets the time of day (seconds since 1970, UTC), kept until the next start; alone, tells it",
    ),
    (
        "storage",
        "storage [erase]",
        IDLE,
        "usb",
        "whether the file system in flash is in order; `erase` makes a new one: settings and radio key are lost, the "
        "team's key stays",
    ),
    (
        "digest",
        "digest OFFSET LENGTH",
        "S",
        "usb",
        "SHA-256 of so many bytes of flash, whole pages of 256, at most 65536: shows what really is on the board",
    ),
    (
        "update",
        "update [receive [older]|run factory|run slot_a|run slot_b]",
        "S",
        "usb",
        "what the update slots hold; takes an update (`sapper update` speaks it), an older one only with `older`; or "
        "chooses what starts next time",
    ),
    (
        "teamkey",
        "teamkey [HEX|none [PROOF]]",
        IDLE,
        "usb",
        "puts in the team's key (64 hex digits), with which updates must be signed then; another one, or none, in its "
        "place takes a proof by the old one (`sapper teamkey` makes it); alone, tells its id",
    ),
    ("reboot", "reboot", IDLE, "link", "restarts the board"),
    ("bootloader", "bootloader", IDLE, "usb", "restarts into BOOTSEL, for a UF2"),
    ("repl", "repl", "S", "usb", "leaves to MicroPython's prompt; Ctrl-D comes back"),
)

# Of a field: handlers are those of console.field_commands.FieldCommands, loaded when the first is said.
FIELD = (
    "lane",
    "back",
    "ahead",
    "turn",
    "shift",
    "place",
    "origin",
    "base",
    "searched",
    "avoid",
    "release",
    "field",
    "rtcm",
)

ROWS = {row[0]: row for row in COMMANDS}


def open_to_all(row, moves):
    """Whether anybody may say the command of table row `row` on the radio, unsigned. moves: whether the rover does."""
    return row[3] == "any" or row[3] == "still" and not moves


def is_use(row):
    """Whether the command of table row `row` is the operator's use of the rover: it does something. What programs say
    of their own accord, to be told or to keep the link alive, is none.
    """
    return row[3] == "link" and row[0] != "ping" or row[0] == "stop"


def allowed(row, state):
    """Whether the command of table row `row` may run in `state` (index into events.STATES)."""
    return STATE_LETTERS[state] in row[2]
