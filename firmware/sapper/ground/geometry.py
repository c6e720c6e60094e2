"""Whether a rover of these measures can keep its tracks on what its coil has searched, lane after lane."""

from sapper.ground.cells import CELL_MM
from sapper.ground.trust import look_mm, mark_mm

# Of a place that is not absolute: it has not walked between a mark and a look.
DRIFTING = -1


def _unsure_mm(sigma_mm):
    """What a mark and a look take together (trust.py): something, however sure an absolute place says it is."""
    return 0 if sigma_mm == DRIFTING else mark_mm(sigma_mm) + look_mm(sigma_mm)


def needed_swath_mm(get, cell_mm=CELL_MM, sigma_mm=DRIFTING):
    """The swath (mm) from which a straight lane along the grid can be driven. get: settings' function of a name.

    The tracks' outer edges and a margin beside each; of the map's cells those that a track touches at all have to have
    been swept wholly, which takes up to a cell on each side; 3 + 2 mm a side are whole millimetres (outline.py,
    permission.py). A place that is off by sigma_mm takes some of it off the swath and puts some on the tracks.
    """
    tracks = get("track_width_mm") + get("track_breadth_mm") + 2 * get("ground_margin_mm")
    return tracks + 2 * (cell_mm + 6 + _unsure_mm(sigma_mm))


# Ground counts as searched from so far behind the coil's middle on: what an alert is of lies 70 mm behind it
# (detector/footprint_kernels.py), and the rover's frame is 10 ms old.
SETTLE_MM = 80


def needed_ahead_mm(get, cell_mm=CELL_MM, sigma_mm=DRIFTING):
    """How far ahead of the tracks' middle the coil has to be at least (mm), for a sweep at sweep_mm_s.

    Half a track, the margin, the way until it has stopped (permission.py), SETTLE_MM, a cell, what is driven until a
    strip is marked, and what uncertainty takes and puts on.
    """
    rolls_ms = -(-get("ground_stop_mm") * 1000 // get("speed_max_mm_s"))
    during_ms = get("ground_reaction_ms") + (get("stop_ramp_ms") + 1) // 2 + rolls_ms
    stop_mm = get("sweep_mm_s") * during_ms // 1000 + 3
    half = (get("track_length_mm") + 1) // 2
    return half + get("ground_margin_mm") + stop_mm + SETTLE_MM + cell_mm + 30 + _unsure_mm(sigma_mm)


def problem(get, cell_mm=CELL_MM, sigma_mm=DRIFTING):
    """'' for a rover that can, or what is wrong, with the numbers and the setting to change first."""
    width = get("track_width_mm")
    breadth = get("track_breadth_mm")
    swath = get("swath_mm")
    needed = needed_swath_mm(get, cell_mm, sigma_mm)
    if breadth >= width:
        return "track_breadth_mm %d is not below track_width_mm %d: the tracks would touch; set one right" % (
            breadth,
            width,
        )
    if swath < needed:
        return (
            "swath_mm %d is below %d: track_width_mm %d + track_breadth_mm %d + 2 x ground_margin_mm %d, and %d for the"
            " map's cells and the place's uncertainty; a track would leave what was searched. Fit a wider head,"
            " narrower tracks or a smaller margin"
        ) % (
            swath,
            needed,
            width,
            breadth,
            get("ground_margin_mm"),
            needed - width - breadth - 2 * get("ground_margin_mm"),
        )
    ahead = get("coil_ahead_mm")
    needed = needed_ahead_mm(get, cell_mm, sigma_mm)
    if ahead < needed:
        return (
            "coil_ahead_mm %d is below %d: half of track_length_mm %d, ground_margin_mm %d, the way to a stop from"
            " sweep_mm_s %d, and the map's cells; a track would be on ground before it was searched. Lower sweep_mm_s"
            " or mount the head further ahead"
        ) % (ahead, needed, get("track_length_mm"), get("ground_margin_mm"), get("sweep_mm_s"))
    return ""
