"""An object soon after arming, where the noise was learned before: the detector was driven over a lane with nothing in
it, and then armed anew. (What a detector finds there that never ran before is the scene `soon` itself.)
"""

from __future__ import annotations

from functools import lru_cache

from hil.prove.detector_lab.found import Found, find
from hil.prove.detector_lab.lanes import Lane, of_wish
from hil.prove.detector_lab.run import run
from hil.prove.detector_lab.scenes import SEED
from hil.traces.synth import Wish


@lru_cache(maxsize=1)
def _calm_lane() -> Lane:
    return of_wish(SEED, 0, Wish(scene="empty"))


def find_learned(lane: Lane) -> Found:
    """What is found on `lane` by a detector that knows the noise."""
    return find(lane, run(lane, learned_on=_calm_lane()))
