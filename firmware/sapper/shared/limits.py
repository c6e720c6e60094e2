"""Every limit of safety and time, a row each: NAME: (unit, what it is, where it comes from, what measures it) = value.

The rows are annotations, which MicroPython reads over: the board carries the numbers alone. The laptop reads the whole
of them (sapper_host/limits.py): settings' bounds, `make safety`, `make bench` and docs/safety.md stand on these rows.
Names end in their unit. What follows from another row is worked out from it.
"""

# What is promised, and measured at the pins with faults put in (hil/prove/safety).
ESTOP_OPEN_US: (
    "us",
    "emergency-stop loop opens: MOTOR_EN low, by PIO alone",
    "design: two looks of the PIO and the pin",
    "make safety",
) = 100
ALERT_STOP_MS: (
    "ms",
    "alert in SWEEP: duty 0 on both motors, CONTACT, after the first sample of the frame that raised it",
    "design: 15 mm at the fastest sweep",
    "make safety",
) = 25
TICK_STOP_MS: (
    "ms",
    "control tick does not complete: MOTOR_EN low, by PIO alone, after the last completed tick",
    "design: 36 mm at the fastest drive",
    "make safety",
) = 60
EXCEPTION_STOP_MS: ("ms", "exception in a tick: MOTOR_EN low", "as a tick that does not complete", "make safety") = (
    TICK_STOP_MS
)
WATCHDOG_RESET_MS: ("ms", "still hung: watchdog resets into SAFE", "design", "make safety") = 1000
DRIVE_STALE_MS: (
    "ms",
    "drive command stale in TELEOP: ramped to a stop",
    "advised for machines out of reach: 250 to 500 ms",
    "make safety",
) = 500
SILENCE_MS: ("ms", "no valid operator message: STOPPED", "design: a radio may drop out for a second", "make safety") = (
    1600
)
LINE_SPOILT_MS: (
    "ms",
    "a line of the operator's is dropped, late, doubled or garbled: unaffected",
    "design: radios do that",
    "make safety",
) = 0
LINK_BACK_MS: (
    "ms",
    "link lost and back: unaffected by a second of it (standing, in TELEOP), told what happened in between",
    "design: radios do that",
    "make safety",
) = 0
BLIND_STOP_MS: ("ms", "detector cannot see: STOPPED", "design: 60 mm at the fastest sweep", "make safety") = 100
FROZEN_FAULT_MS: (
    "ms",
    "gate repeats its value: fault raised (it can be told from a quiet gate only by repeating for long)",
    "chance repeats of a quiet gate: see below",
    "make safety, make bench",
) = 1000
ENCODER_STOP_MS: (
    "ms",
    "motor driven, no progress in its direction (or moving, not driven): FAULT",
    "design",
    "make safety",
) = 250
MISLED_MM: (
    "mm",
    "an encoder lies: a track goes further than asked, or than its encoder tells, until its motor is off: FAULT",
    "design: what a deminer's margin bears",
    "make safety",
) = 100
UNTOLD_MM_S: (
    "mm/s",
    "an encoder lies by so little that it is not told: a track is faster than asked by at most",
    "what loose ground under one track does to its duty",
    "make safety",
) = 150
GROUND_TOUCHED_MM: (
    "mm",
    "a motion leads a track off the ground that was searched: refused, or STOPPED before; a track is on it by at most",
    "design: no track ever",
    "make safety",
) = 0
SUPPLY_STOP_MS: ("ms", "supply critical: STOPPED", "design", "make safety") = 1000
SUPPLY_NO_ARM_MS: ("ms", "supply low: no arming", "design", "make safety") = 1000
HOST_STOP_MS: (
    "ms",
    "Ctrl-C, soft reset, unplugged USB, host that does not read: motors off, or unaffected by a loop that runs",
    "as a tick that does not complete",
    "make safety",
) = TICK_STOP_MS
HOST_NOISE_MS: (
    "ms",
    "10,000 random bytes on USB: motors off, or unaffected",
    "as silence: no valid message among them",
    "make safety",
) = SILENCE_MS
PROGRAM_END_MS: (
    "ms",
    "however the program ends: MOTOR_EN and motor pins low, not on PWM",
    "as a tick that does not complete",
    "make safety",
) = TICK_STOP_MS
OPERATOR_STOP_MS: (
    "ms",
    "operator's stop, or the key: motors off",
    "as a tick that does not complete",
    "make safety",
) = TICK_STOP_MS
FLOODED_STOP_MS: (
    "ms",
    "operator's stop behind a flood or noise on the radio: motors off",
    "104 ms that 600 bytes of noise take on the line, and as much again",
    "make safety",
) = 250
CLOCK_STOP_MS: (
    "ms",
    "the board's clock jumps or wraps: motors off, or unaffected by a loop that runs",
    "as a tick that does not complete",
    "make safety",
) = TICK_STOP_MS

# What the board is built with to keep them.
TICK_MS: ("ms", "a control tick, and a frame of the detector", "design: 100 Hz", "JITTER_US") = 10
FEED_HOLD_MS: (
    "ms",
    "a feed holds MOTOR_EN up for so long",
    "TICK_STOP_MS less the tick that may have just begun",
    "TICK_STOP_MS",
) = TICK_STOP_MS - TICK_MS
WATCHDOG_MS: (
    "ms",
    "without a feed for so long the watchdog resets",
    "WATCHDOG_RESET_MS, and room for the reset",
    "WATCHDOG_RESET_MS",
) = WATCHDOG_RESET_MS - 100
OVERRUN_MS: (
    "ms",
    "a tick that begins so long after the last one is a stop",
    "as a tick that does not complete",
    "TICK_STOP_MS",
) = TICK_STOP_MS
NO_FRAME_MS: (
    "ms",
    "without a frame for so long the detector cannot see",
    "BLIND_STOP_MS less what telling and stopping take",
    "BLIND_STOP_MS",
) = 40
SUPPLY_LOW_MS: (
    "ms",
    "so long below vsys_critical_mv is a stop",
    "SUPPLY_STOP_MS, and a sag at a motor's start is no stop",
    "SUPPLY_STOP_MS",
) = 200
STOP_RAMP_MOST_MS: (
    "ms",
    "the longest stop_ramp_ms",
    "chosen: the rest of DRIVE_STALE_MS is the command's",
    "DRIVE_STALE_MS",
) = 180
DRIVE_TIMEOUT_MOST_MS: (
    "ms",
    "the longest drive_timeout_ms",
    "DRIVE_STALE_MS less the ramp and two ticks",
    "DRIVE_STALE_MS",
) = DRIVE_STALE_MS - STOP_RAMP_MOST_MS - 2 * TICK_MS
LET_GO_MS: (
    "ms",
    "a drive key of `sapper console` is let go: duty 0 on both motors, after its last press or repeat",
    "design: letting go stops",
    "tests/host/operate/test_letting_go_on_the_rover.py",
) = 250
LINK_TIMEOUT_MOST_MS: (
    "ms",
    "the longest link_timeout_ms",
    "SILENCE_MS less ten ticks",
    "SILENCE_MS",
) = SILENCE_MS - 10 * TICK_MS
ENCODER_FAULT_MOST_MS: (
    "ms",
    "the longest encoder_fault_ms",
    "ENCODER_STOP_MS less a tick",
    "ENCODER_STOP_MS",
) = ENCODER_STOP_MS - TICK_MS
DRIVEN_PM: (
    "1/1000",
    "from this duty on a track has to move",
    "design: below it a track may honestly stand",
    "ENCODER_STOP_MS",
) = 150
DRIVEN_OVER_PM: (
    "1/1000",
    "so much over motor_min_pm it has to be at least for that",
    "chosen: a tenth of a metre a second, over friction",
    "ENCODER_STOP_MS",
) = 90
DUTY_MAX_LEAST_PM: (
    "1/1000",
    "the least duty_max_pm",
    "DRIVEN_PM and a third, so that a track that is stuck is driven",
    "ENCODER_STOP_MS",
) = DRIVEN_PM * 4 // 3
LOOP_STILL_MS: (
    "ms",
    "within so long a track that is stuck is driven at DRIVEN_PM, at the slowest sweep",
    "chosen: the default settings take a tick",
    "tests/firmware/shared/test_whole_settings.py",
) = 100
LOOP_FAST_MS: (
    "ms",
    "within so long a track twice as fast as it is to be is at duty 0",
    "chosen: 75 mm at the slowest sweep",
    "tests/firmware/shared/test_whole_settings.py",
) = 500
SWEEP_LEAST_MM_S: (
    "mm/s",
    "the slowest sweep",
    "the slowest that the detector was measured at",
    "tests/firmware/shared/test_whole_settings.py",
) = 150
RAMP_MOST_MS: (
    "ms",
    "`drive 0 0` at the fastest drive: the tracks are asked to rest after",
    "design: 0.3 m at 0.6 m/s",
    "tests/firmware/shared/test_whole_settings.py",
) = 1000
LOOK_REACH_MM: (
    "mm",
    "a second look: the coil is past the contact's place by at most, before it goes back",
    "240 until a late alert, 6 a frame, and the way to rest",
    "tests/hil/play/test_second_look.py",
) = 300
LOOK_BACK_MM: (
    "mm",
    "a second look: the longest way back",
    "a contact is complete 580 past its place, and the way to rest",
    "tests/firmware/drive/test_second_look_motion.py",
) = 800
LOOK_MS: (
    "ms",
    "a second look: it stands over its place within, or STOPPED",
    "LOOK_BACK_MM at the slowest sweep, and rest before and creep after it",
    "tests/firmware/drive/test_second_look_motion.py",
) = 8000
ALERT_LEVEL_X100: (
    "1/100 sigma",
    "an alert's level above which its stop is weakened",
    "the strictest that a rate of false alarms asks for, of the late alert (detector/false_alarms.py)",
    "tests/firmware/shared/test_whole_settings.py",
) = 430
ARM_CODE_MOST_MS: (
    "ms",
    "the longest arm_code_ms",
    "design: a code is typed at once",
    "tests/firmware/test_small_parts.py",
) = 5000
PIECE_QUIET_MS: (
    "ms",
    "a test-piece check looks for so long at what there is without the piece",
    "chosen: a second for the level, three for noise and wander, which takes ten",
    "tests/firmware/safety/test_piece_check.py",
) = 4000
PIECE_BRING_MS: (
    "ms",
    "it then waits for the test piece for so long",
    "chosen: from the console to the coil, and over it",
    "tests/firmware/safety/test_piece_check.py",
) = 30_000
PIECE_AWAY_MS: (
    "ms",
    "and so long for it to be taken away",
    "chosen: as long as a slow pass",
    "tests/firmware/safety/test_piece_check.py",
) = 15_000
PIECE_HELD_MS: (
    "ms",
    "the piece has to be as strong as asked for so long: a spike is none",
    "design: a quarter of a quick pass, twice a motor's burst",
    "tests/firmware/safety/test_piece_check.py",
) = 100
TIME_WRAP_MS: (
    "ms",
    "board time begins again at 0 after so long, 6 days; differences of times are taken modulo this",
    "with a tick added it is a small integer still: one that was not once stays on the heap",
    "tests/firmware/test_long_runs.py",
) = 1 << 29
PROMPT_LEFT_MS: (
    "ms",
    "MicroPython's prompt waits for a byte for so long, then Sapper starts again",
    "chosen: a person reads and thinks; a rover that is not heard of is worse",
    "tests/hil/rigs/virtual/test_prompt.py",
) = 600_000
CTRL_C_ALONE_MS: (
    "ms",
    "silence around a Ctrl-C in SAFE that leads to the prompt: one inside other bytes is spoilt data",
    "chosen: five ticks, more than two writes of one program are apart, less than two keys of a person",
    "tests/firmware/link/test_ctrl_c.py",
) = 5 * TICK_MS
SELF_TEST_HEAP_B: (
    "B",
    "least free heap of a self-test that passes",
    "chosen: a quarter of what a start leaves free",
    "HEAP_FREE_B",
) = 40_000

# What the loop, its tools and its rigs are held to by `make bench`: at 48 clocks a miss of the flash cache, which is
# what the chip is taken to need; the rows of 70CLK at 70, should it need more.
BOOT_MS: ("ms", "reset -> console answers `version`", "design", "make bench") = 450
BOOT_70CLK_MS: ("ms", "reset -> console answers `version`, at 70 clk", "design", "make bench") = 500
BOOT_SLOT_MS: (
    "ms",
    "reset -> console answers `version`, application from an update slot",
    "design: the slot's image is read once to check it, each of its modules once more",
    "make bench",
) = 750
JITTER_US: ("us", "loop start jitter, worst of every tick", "design: a tenth of a tick", "make bench") = 1000
JITTER_70CLK_US: ("us", "loop start jitter, worst of every tick, at 70 clk", "design", "make bench") = 1500
JITTER_P999_US: (
    "us",
    "loop start jitter of a sweep, all but one tick in a thousand",
    "design: a frame is taken within two of its samples",
    "make bench",
) = 200
JITTER_P999_70CLK_US: (
    "us",
    "loop start jitter of a sweep, all but one tick in a thousand, at 70 clk",
    "design",
    "make bench",
) = 500
LOAD_PERCENT: ("%", "CPU load of a sweep with telemetry", "design", "make bench") = 30
LOAD_70CLK_PERCENT: ("%", "CPU load of a sweep with telemetry, at 70 clk", "design", "make bench") = 35
LANE_TICK_MS: ("ms", "longest tick of a lane with alerts and contacts", "design: room for two more", "make bench") = 8
LANE_TICK_70CLK_MS: (
    "ms",
    "longest tick of a lane with alerts and contacts, at 70 clk",
    "none may begin late",
    "make bench",
) = TICK_MS
FIELD_LOAD_PERCENT: (
    "%",
    "CPU load of a lane in a field, with GNSS, gyro and the map of the ground",
    "chosen: what is left of a tick is for what takes longer now and then",
    "make bench",
) = 60
FIELD_LOAD_70CLK_PERCENT: (
    "%",
    "CPU load of a lane in a field, at 70 clk",
    "chosen: as above, and what the cache takes more",
    "make bench",
) = 70
FIELD_TICK_MS: ("ms", "longest tick of a lane in a field", "none may begin late", "make bench") = TICK_MS
FIELD_TICK_70CLK_MS: (
    "ms",
    "longest tick of a lane in a field, at 70 clk",
    "chosen: the next may begin a millisecond late, JITTER_70CLK_US",
    "make bench",
) = TICK_MS + 1
FIELD_HEAP_B: (
    "B",
    "free heap of a board in a field",
    "chosen: as a self-test asks for; nothing that comes often leaves anything there",
    "make bench",
) = 40_000
FRAMES_MISSED: ("", "frames missed in a sweep of a minute", "design", "make bench") = 0
HEAP_FREE_B: ("B", "free heap after a minute", "design: 100 kB", "make bench") = 102_400
HEAP_MOTION_MIN: (
    "min",
    "motion with telemetry, pings and answers before a collection of the heap holds up a tick",
    "design: longer than any stretch without a stand",
    "make bench",
) = 30
FLOOD_HEAP_MIN: (
    "min",
    "motion under a flood of forged lines on the radio before a collection of the heap holds up a tick",
    "design: as HEAP_MOTION_MIN",
    "make bench",
) = 30
HEAP_FREE_SLOT_B: (
    "B",
    "free heap after a minute, of a board that runs an update",
    "chosen: nearly twice what a self-test asks for; what is said and told in motion takes none",
    "make bench",
) = 73_728
STACK_RESERVE_B: (
    "B",
    "stack that the firmware's hardest work leaves untouched, least",
    "design: room for interrupts on top of the deepest call",
    "make bench",
) = 1024
DETECTOR_FRAME_US: ("us", "a frame's detector arithmetic, worst", "design: 15 % of a tick", "make bench") = 1500
DETECTOR_FRAME_70CLK_US: (
    "us",
    "a frame's detector arithmetic, worst, at 70 clk",
    "design: 17 % of a tick",
    "make bench",
) = 1700
DETECTOR_FRAME_B: ("B", "heap that a frame's detector arithmetic takes", "design", "make bench") = 0
VIRTUAL_SPEED_PERCENT: (
    "%",
    "virtual rover in the demo world: emulated / CPU seconds, least, at the pace of bench's reference machine",
    "design: usable by hand, with room for the world's pictures",
    "make bench",
) = 150
SIL_SPEED: (
    "x",
    "sil rig: emulated / CPU seconds of one core, least, at the pace of bench's reference machine",
    "design: campaigns of thousands",
    "make bench",
) = 130
UPDATE_SPEED: ("x", "an update's time against copying the files with mpremote, least", "design", "make bench") = 5
UPDATE_NOTHING_MS: ("ms", "update with nothing changed", "design", "make bench") = 1000
UPDATE_MODULE_MS: ("ms", "update of one module, until it has proved itself", "design", "make bench") = 2000
UPDATE_MODULE_WORN_MS: (
    "ms",
    "the same in a flash as slow as its data sheet allows",
    "W25Q16JV, 9.6: into a blank slot 700 pages of 3 ms, into a used one 5 sectors of 400 ms",
    "make bench",
) = 5000
UPDATE_FOUR_PERCENT: ("%", "four boards at once against one, wall", "design: two cores", "make bench") = 150
FLOOD_TICK_MS: (
    "ms",
    "longest tick under a flood on the radio, whatever it is made of",
    "none may begin late, with room for one more millisecond",
    "make bench, tests/hil/prove/safety/test_radio_on_the_board.py",
) = 9
FLOOD_TICK_70CLK_MS: (
    "ms",
    "longest tick under a flood on the radio, at 70 clk",
    "none may begin late",
    "make bench",
) = TICK_MS
