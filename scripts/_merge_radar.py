"""The radar: see `_bench_radar.py`, which `scripts/bench radar` runs by itself."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from _bench_radar import ROUNDS, observe

if TYPE_CHECKING:
    import argparse


def measure(_options: argparse.Namespace) -> dict[str, Any]:
    """Return the medians of both ways in seconds, and the git processes of one update."""
    outcomes, processes = observe(ROUNDS)
    rows = [
        {
            "name": outcome.pair.name,
            "wta": statistics.median(outcome.ours),
            "plain": statistics.median(outcome.plain),
            "plain way": outcome.pair.plain_name,
            "ratio": outcome.ratio,
            "target": outcome.pair.target,
            "met": outcome.is_met,
        }
        for outcome in outcomes
    ]
    return {"rows": rows, "processes": processes, "met": all(row["met"] for row in rows)}


def show(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines."""
    lines = [
        f"{row['name']:28} {row['wta']:7.3f} s   {row['plain']:7.3f} s {row['plain way']:32}"
        f" {row['ratio']:5.2f} <= {row['target']:.2f} {'met' if row['met'] else 'MISSED'}"
        for row in found["rows"]
    ]
    return [*lines, f"git processes of one update: {found['processes']}"]
