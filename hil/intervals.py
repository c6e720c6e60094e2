"""Intervals of shares and rates, from counts."""

from scipy import stats


def wilson(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share (Wilson 1927); (0, 1) where nothing was tried."""
    if trials == 0:
        return 0.0, 1.0
    interval = stats.binomtest(hits, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def poisson(count: int, exposure: float, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate (Garwood 1936); `exposure` above 0, in the unit that the rate is told by."""
    tail = (1 - confidence) / 2
    low = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    high = float(stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2
    return low / exposure, high / exposure
