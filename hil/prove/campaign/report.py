"""The campaign's report: one page that needs nothing else, fit to be printed or mailed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from hil.prove.campaign import figures
from sapper_host.limits import limit

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#22272e;max-width:1120px;margin:2em auto;padding:0 1em}
h1{font-size:1.5em;margin-bottom:.2em} h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #d5dbe1}
table{border-collapse:collapse;margin:.6em 0} th,td{padding:.25em .8em .25em 0;text-align:left;vertical-align:top}
th{font-weight:600;color:#57606a} td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tr+tr td{border-top:1px solid #e9edf1} .quiet{color:#57606a} .bad{color:#c1121f;font-weight:600}
.pair{display:flex;flex-wrap:wrap;gap:1.5em} .pair>div{flex:1 1 420px;min-width:0} svg{max-width:100%;height:auto}
details{margin:.5em 0} summary{cursor:pointer} code{background:#f3f5f7;padding:0 .3em}
@media print{details{display:block} h2{break-after:avoid}}
"""
_NOTE = f"""<p class=quiet>A find counts within 0.5 m along the track. Intervals hold 95 %: Wilson's for shares and
Garwood's (exact Poisson) for rates. Every find that belongs to no target is a false alarm, on a hot
rock too. An alert is in time when it comes early enough for the coil to be at most 0.10 m past an object that was
found once both duties are 0, {limit("ALERT_STOP_MS").text} later. A lone alert is one that no contact confirmed: with
<code>sweep_marks=0</code> it would have stopped the rover.</p>"""


_COLUMNS = (
    "number",
    "detection",
    "false alarms / m&sup2;",
    "hot rocks called",
    "alert in time",
    "lone alerts / m&sup2;",
    "searched",
)


def page(summary: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>Sapper campaign</title><style>{_STYLE}</style>",
        _head(summary, results),
        _skipped(summary["skipped"]),
    ]
    if results:
        parts += [
            "<h2>Detection and false alarms</h2>",
            _main_table(summary),
            _pair(figures.roc(summary), figures.against_threshold(summary)),
            _NOTE,
            "<h2>What it depends on</h2>",
            _pair(
                figures.shares(summary["by_target"], "object"),
                figures.shares(summary["by_distance_cm"], "distance from the coil, cm")
                + figures.shares(summary["by_speed_m_s"], "speed, m/s"),
            ),
            "<h2>Where finds are declared</h2>",
            _pair(figures.location_errors(results), _errors_table(summary)),
            "<h2>Faults</h2>",
            _faults(summary["faults"]),
            "<h2>Missed targets and false alarms</h2>",
            _missed(summary),
            _lanes(results),
        ]
    return "\n".join(parts) + "\n</html>\n"


def _head(summary: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> str:
    conditions = summary["conditions"]
    settings = ", ".join(f"{name}={value}" for name, value in conditions["settings"].items()) or "as they come"
    firmware = next((str(r["firmware"]) for r in results.values()), "none ran")
    emulated_h = summary["all"]["duration_s"] / 3600
    return (
        f"<h1>Campaign: {summary['traces']} traces on the {escape(conditions['rig'])} rig</h1>"
        f"<p class=quiet>{escape(firmware)}<br>Firmware and replay {escape(conditions['firmware'])}. Settings: "
        f"{escape(settings)}. {emulated_h:.2f} hours of the board's time.</p>"
    )


def _skipped(skipped: Mapping[str, str]) -> str:
    if not skipped:
        return ""
    rows = "".join(f"<tr><td>{escape(name)}<td>{escape(why)}" for name, why in skipped.items())
    return f"<h2 class=bad>Skipped: {len(skipped)}</h2><table>{rows}</table>"


def _main_table(summary: Mapping[str, Any]) -> str:
    groups = _groups(summary)
    rows = []
    for name, f in groups.items():
        cells = [
            str(f["traces"]),
            _share(f["detection"]),
            _rate(f["false_alarms_per_m2"], f"{f['false_alarms_per_m2']['on_rocks']} on hot rocks"),
            _share(f["hot_rocks_called"]),
            _share(f["alert_in_time"]),
            _rate(f["lone_alerts_per_m2"]),
            f"{100 * f['searched_m'] / f['lane_m']:.1f} %<br><span class=quiet>of {f['lane_m']:g} m</span>",
        ]
        rows.append(f"<tr><td>{escape(name)}" + "".join(f"<td class=n>{cell}" for cell in cells))
    head = "<tr><th>traces" + "".join(f"<th class=n>{title}" for title in _COLUMNS)
    return f"<table>{head}{''.join(rows)}</table>"


def _groups(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The groups, and all of them together where there are several."""
    groups = dict(summary["groups"])
    if len(groups) > 1:
        groups["all"] = summary["all"]
    return groups


def _share(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "none there"
    rest = f"({share['low']:.3f}..{share['high']:.3f}; {share['hits']}/{share['of']})"
    return f"{share['share']:.3f}<br><span class=quiet>{rest}</span>"


def _rate(rate: Mapping[str, Any], of_these: str = "") -> str:
    if rate["rate"] is None:
        return "no area"
    rest = f"({rate['low']:.3f}..{rate['high']:.3f}; {rate['count']})"
    return f"{rate['rate']:.3f}<br><span class=quiet>{rest}{'<br>' + of_these if of_these else ''}</span>"


def _pair(left: str, right: str) -> str:
    return f"<div class=pair><div>{left}</div><div>{right}</div></div>"


def _errors_table(summary: Mapping[str, Any]) -> str:
    rows = []
    for name, f in _groups(summary).items():
        e = f["location_error_m"]
        if e["mean"] is not None:
            cells = "".join(f"<td class=n>{100 * e[k]:.1f}" for k in ("mean", "median", "p95", "largest"))
            rows.append(f"<tr><td>{escape(name)}{cells}")
    head = "<tr><th>error, cm<th class=n>mean<th class=n>median<th class=n>95 % below<th class=n>largest"
    return f"<table>{head}{''.join(rows)}</table>"


def _faults(faults: Mapping[str, Any]) -> str:
    latest = "" if faults["latest_s"] is None else f", the latest {faults['latest_s']:.2f} s after the freeze"
    lines = [f"<p>Stuck gates raised as faults: {faults['raised']} of {faults['stuck_gates']}{latest}."]
    for title, rows in (("Never raised", faults["not_raised"]), ("Without a known cause", faults["false"])):
        if rows:
            lines.append(f"<p class=bad>{title}: {len(rows)}</p>{_list(rows)}")
        else:
            lines.append(f"<p>{title}: none.")
    return "".join(lines)


def _missed(summary: Mapping[str, Any]) -> str:
    missed = [f"{m['trace']}: {m['name']} at {m['s_m']} m, {m['distance_cm']} cm away" for m in summary["missed"]]
    alarms = [
        f"{name}: {', '.join(f'{s_m:g} m' for s_m in places)}" for name, places in summary["false_alarms"].items()
    ]
    return (
        f"<details><summary>{len(missed)} missed</summary>{_list(missed)}</details>"
        f"<details><summary>False alarms on {len(alarms)} traces</summary>{_list(alarms)}</details>"
    )


def _list(rows: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(row)}" for row in rows) + "</ul>"


def _lanes(results: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for name, r in results.items():
        s = r["score"]
        rows.append(
            f"<tr><td>{escape(name)}<td class=n>{s['found']}/{len(s['targets'])}<td class=n>{len(s['false_alarms'])}"
            f"<td class=n>{s['hot_rocks_called']}/{s['hot_rocks']}<td class=n>{s['searched_m']:g}"
        )
    head = "<tr><th>trace<th class=n>found<th class=n>false alarms<th class=n>hot rocks called<th class=n>searched, m"
    return f"<details><summary>Each trace</summary><table>{head}{''.join(rows)}</table></details>"
