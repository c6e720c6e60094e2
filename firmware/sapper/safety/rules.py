"""What the safety supervisor decides by. Every state x every event is defined: the first row that fits, or stay.

Rows, most urgent first: event (of events.TRIGGERS), states it acts in (LETTERS, in the order of events.STATES), next
state, reason. What a state lets the rover do is in supervisor.GRANTS. Nothing but `disarm` leaves STOPPED or FAULT, and
it goes to SAFE, where nothing moves; nothing but `arm` leaves SAFE.
"""

LETTERS = "SATWCPF"

RULES = (
    ("exception", "SATWCP", "FAULT", "exception"),
    ("encoder", "ATWC", "FAULT", "encoder"),
    ("estop_open", "ATWC", "STOPPED", "estop_open"),
    ("interlock", "ATWC", "STOPPED", "interlock"),
    ("overrun", "ATWC", "STOPPED", "overrun"),
    ("acquisition", "ATWC", "STOPPED", "acquisition"),
    ("supply", "ATWC", "STOPPED", "supply"),
    ("key_off", "ATWC", "STOPPED", "key_off"),
    ("cmd_stop", "SATWC", "STOPPED", "operator"),
    ("cmd_disarm", "ATWCPF", "SAFE", "operator"),
    ("blind", "W", "STOPPED", "blind"),
    ("blind_teleop", "T", "STOPPED", "blind"),
    ("ground", "TW", "STOPPED", "ground"),
    ("link_lost", "TW", "STOPPED", "link_lost"),
    ("pings_lost", "AC", "STOPPED", "link_lost"),
    ("alert", "W", "CONTACT", "alert"),
    ("look_lost", "W", "STOPPED", "look_lost"),
    ("swept", "W", "ARMED", "done"),
    ("drive_stale", "T", "ARMED", "drive_stale"),
    ("moved", "T", "ARMED", "done"),
    ("rested", "T", "ARMED", "rested"),
    ("idle", "AC", "SAFE", "idle"),
    ("cmd_arm", "S", "ARMED", "operator"),
    ("cmd_drive", "A", "TELEOP", "operator"),
    ("cmd_sweep", "A", "SWEEP", "operator"),
    ("cmd_verdict", "C", "ARMED", "operator"),
)
