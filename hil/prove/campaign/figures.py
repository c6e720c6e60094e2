"""The report's pictures, each as a piece of SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from sapper_host.pictures.style import FALSE_ALARM, FOUND, INK, MISSED, QUIET, figure, label, quieten

_GROUP_COLOURS = (FOUND, MISSED, FALSE_ALARM, INK)
_RATES = (0, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)  # false alarms a square metre, as ticks
_LEVELS = (3, 5, 10, 20, 40, 80)


def svg(fig: Any) -> str:
    """A figure as SVG without its XML head, so that it can stand in a page; its ids are made the page's own."""
    import matplotlib

    with io.StringIO() as out, matplotlib.rc_context({"svg.hashsalt": "campaign", "svg.fonttype": "path"}):
        fig.savefig(out, format="svg", metadata={"Date": None})
        text = out.getvalue()
    svg.count += 1  # type: ignore[attr-defined]
    mark = f"f{svg.count}-"  # type: ignore[attr-defined]
    text = text[text.index("<svg") :]
    text = re.sub(r'\bid="', f'id="{mark}', text)
    text = re.sub(r'(xlink:href|href)="#', rf'\1="#{mark}', text)
    return text.replace("url(#", f"url(#{mark}")


svg.count = 0  # type: ignore[attr-defined]


def roc(summary: Mapping[str, Any]) -> str:
    """Detection against false alarms a square metre, and where the firmware's own level stands on the curve."""
    fig = figure(5.4, 3.6)
    axes = fig.subplots()
    level = summary["operating_level"]
    for colour, (group, figures) in zip(_GROUP_COLOURS, _groups(summary), strict=False):
        points = figures["curve"]
        if not points:
            continue
        x = [p["false_alarms_per_m2"] for p in points]
        y = [p["detection"] for p in points]
        axes.step(x, y, where="post", color=colour, label=f"{label(group)} ({figures['targets']} targets)")
        here = min(points, key=lambda p: abs(p["level"] - level))
        axes.plot(here["false_alarms_per_m2"], here["detection"], "o", color=colour, markersize=7)
    axes.set_xlabel("false alarms a square metre")
    axes.set_ylabel("probability of detection")
    axes.set_xscale("symlog", linthresh=_RATES[1])
    highest = max((p["false_alarms_per_m2"] for _, f in _groups(summary) for p in f["curve"]), default=0.0)
    shown = [rate for rate in _RATES if rate <= 2 * highest] or [0]
    axes.set_xticks(shown, [f"{rate:g}" for rate in shown])
    axes.minorticks_off()
    axes.set_xlim(0, max(1.2 * highest, _RATES[1]))
    axes.set_ylim(0, 1.02)
    axes.set_title(f"Dots: the level in use, {level:g} sigma", fontsize=9, loc="left", color=QUIET)
    axes.legend(loc="lower right", frameon=False)
    quieten(axes)
    return svg(fig)


def against_threshold(summary: Mapping[str, Any]) -> str:
    """Detection (left axis) and false alarms (right axis) against the threshold."""
    fig = figure(5.4, 3.6)
    axes = fig.subplots()
    right = axes.twinx()
    for colour, (group, figures) in zip(_GROUP_COLOURS, _groups(summary), strict=False):
        points = figures["curve"]
        if not points:
            continue
        levels = [p["level"] for p in points]
        axes.plot(levels, [p["detection"] for p in points], color=colour, label=f"{label(group)}: detection")
        right.plot(
            levels,
            [p["false_alarms_per_m2"] for p in points],
            color=colour,
            linestyle=":",
            label=f"{label(group)}: false alarms",
        )
    axes.axvline(summary["operating_level"], color=QUIET, linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(_LEVELS, [f"{level:g}" for level in _LEVELS])
    axes.minorticks_off()
    axes.set_xlabel("threshold on a contact's signal-to-noise (grey line: in use)")
    axes.set_ylabel("probability of detection")
    right.set_ylabel("false alarms a square metre (dotted)")
    axes.set_ylim(0, 1.02)
    right.set_ylim(bottom=0)
    axes.legend(loc="upper right", frameon=False)
    quieten(axes)
    right.spines[["top"]].set_visible(False)
    right.tick_params(colors=QUIET, labelcolor=INK)
    return svg(fig)


def shares(entries: Mapping[str, Mapping[str, Any]], what: str) -> str:
    """Detection with its interval, one line an entry."""
    names = [name for name, share in entries.items() if share["of"]]
    fig = figure(5.4, 0.9 + 0.27 * max(1, len(names)))
    axes = fig.subplots()
    at = np.arange(len(names))[::-1]
    values = np.array([entries[name]["share"] for name in names])
    low = values - np.array([entries[name]["low"] for name in names])
    high = np.array([entries[name]["high"] for name in names]) - values
    axes.errorbar(
        values, at, xerr=np.maximum([low, high], 0), fmt="o", color=FOUND, ecolor=QUIET, capsize=2, markersize=5
    )
    axes.set_yticks(at, [f"{label(name)}  ({entries[name]['hits']}/{entries[name]['of']})" for name in names])
    axes.set_xlim(0, 1.03)
    axes.set_xlabel(f"probability of detection, by {what}")
    quieten(axes)
    return svg(fig)


def location_errors(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Where finds were declared, against their targets."""
    errors = [100 * target["error_m"] for r in results.values() for target in r["score"]["targets"] if target["found"]]
    fig = figure(5.4, 2.6)
    axes = fig.subplots()
    if errors:
        width = max(2.0, float(np.ceil(max(abs(min(errors)), abs(max(errors))))))
        axes.hist(errors, bins=np.linspace(-width, width, 41), color=FOUND)
    axes.axvline(0, color=QUIET, linewidth=1)
    axes.set_xlabel("declared place - target, cm (negative: before the target)")
    axes.set_ylabel("finds")
    quieten(axes)
    return svg(fig)


def _groups(summary: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(summary["groups"].items())
