"""What a pose tells of itself holds over made-up drives: against the truth, by what it says of its own error.

`python test_drives.py COUNT [SEED]` prints the table of many drives.
"""

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    HERE = Path(__file__).parent
    sys.path[:0] = [str(HERE), *(str(HERE.parents[2] / room) for room in ("firmware", "firmware/cpython"))]

from pose_faults import FAULTS, MODELS, through, uncovered_m  # noqa: E402

pytestmark = pytest.mark.unit

# The share of ticks within three sigma and within two; of a few drives, each with one receiver's error for all its
# time, less within two.
WITHIN_3, WITHIN_2, WITHIN_2_OF_FEW = 0.995, 0.95, 0.85


def share(tolds, times, column=0):
    rows = [row for told in tolds for row in told.rows]
    return sum(abs(row[column]) <= times * row[column + 1] for row in rows) / len(rows)


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def errors_mm(tolds, column=0):
    return [1000 * abs(row[column]) for told in tolds for row in told.rows]


def check(fault, model, seeds, **how):
    tolds = []
    for seed in seeds:
        told, _, watch = through(fault, seed, MODELS[model], **how)
        assert watch.fell == 0, (fault, seed)
        tolds.append(told)
    assert share(tolds, 3) >= WITHIN_3
    assert share(tolds, 2) >= WITHIN_2_OF_FEW
    assert share(tolds, 3, 2) >= WITHIN_3
    return tolds


@pytest.mark.parametrize("model", MODELS)
def test_fixed_rtk_holds_the_place_within_what_is_told(model):
    tolds = check("none", model, range(3), length=6.0, every_ms=100)
    rows = [row for told in tolds for row in told.rows[600:]]
    assert all(row[4] and not row[5] for row in rows)
    assert quantile([row[1] for row in rows], 0.95) <= 0.020
    assert quantile([row[3] for row in rows], 0.5) <= 0.008


# Tens of metres on ground as loose as LOOSE are for GNSS to tell: tracks that slip by a fifth lose more than 2.5 %.
FIRM = [name for name in MODELS if name != "loose"]


@pytest.mark.parametrize("model", FIRM)
@pytest.mark.parametrize("fault", ["alone", "far"])
def test_tracks_and_gyro_alone_drift_within_what_is_told(model, fault):
    tolds = check(fault, model, range(3, 5), length=10.0)
    assert all(told.rows[-1][1] < 0.6 for told in tolds)


@pytest.mark.parametrize("model", MODELS)
def test_an_outage_is_bridged_and_ended(model):
    for told in check("outage", model, range(10, 12), every_ms=200):
        assert any(not row[4] for row in told.rows[400:])
        assert told.rows[-1][4]


@pytest.mark.parametrize("model", FIRM)
def test_without_a_gyro_rtk_is_enough(model):
    check("no gyro", model, range(20, 21), count=2, length=6.0, every_ms=100)


def test_tracks_that_slip_by_a_fifth_make_neither_gnss_nor_gyro_a_liar():
    """A metre or two at a time: a receiver was called one that disagrees, over and over, and the gyro dropped."""
    for seed in range(4):
        dropped = []
        through("none", seed, MODELS["loose"], length=10.0, every_ms=100, seen=dropped)
        assert not any(dropped), seed


def test_float_and_single_do_not_move_what_is_known_better():
    for told in check("float", "nominal", range(30, 31), length=10.0):
        assert max(errors_mm([told])) < 200


@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("model", "fault"), [(m, f) for m in MODELS for f in FAULTS if m in FIRM or f not in ("no gyro", "alone", "far")]
)
def test_many_drives(fault, model):
    tolds, ends = [], []
    for seed in range(1000, 1060):
        told, _, watch = through(fault, seed, MODELS[model], count=2)
        assert watch.fell == 0
        tolds.append(told)
        ends.append(1000 * told.rows[-1][0])
        assert uncovered_m(told) < 0.3
    assert share(tolds, 3) >= WITHIN_3
    # A place in doubt is told so that two sigma cover what it may be, no more.
    assert share(tolds, 2) >= WITHIN_2
    if fault == "far":
        assert quantile(ends, 0.95) <= (600 if model == "nominal" else 900)


def table(count, first, faults):
    print("fault        model    3 sigma 2 sigma  heading   err 50  95 mm  sigma 50  95 mm  mrad 95  end 95  beyond")
    for fault in faults:
        for model in MODELS:
            tolds = [through(fault, seed, MODELS[model], count=2)[0] for seed in range(first, first + count)]
            mm = errors_mm(tolds)
            sigmas = [1000 * row[1] for told in tolds for row in told.rows]
            print(
                f"{fault:12} {model:8} {100 * share(tolds, 3):6.2f}  {100 * share(tolds, 2):6.2f}"
                f"   {100 * share(tolds, 3, 2):6.2f}   {quantile(mm, 0.5):6.0f} {quantile(mm, 0.95):6.0f}"
                f"   {quantile(sigmas, 0.5):6.0f} {quantile(sigmas, 0.95):6.0f}"
                f"   {quantile(errors_mm(tolds, 2), 0.95):6.1f}"
                f"  {quantile([1000 * told.rows[-1][0] for told in tolds], 0.95):6.0f}"
                f"  {1000 * max(uncovered_m(told) for told in tolds):6.0f}",
                flush=True,
            )


if __name__ == "__main__":
    table(int(sys.argv[1]), int((sys.argv[2:] or ["1000"])[0]), sys.argv[3:] or FAULTS)
