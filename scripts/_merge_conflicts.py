"""Conflicts of public repositories, merged without a model and compared with what people made.

Equal means: line by line, white space and empty lines ignored. Precision is equal / resolved. The
merge itself runs in this process; what `wta resolve-files` costs as a program is measured on some.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _progress import tell

from wtagents.core.landing.resolution import ConflictText
from wtagents.ladder.climb import climb
from wtagents.ladder.outcome import Merged
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

WTA = (sys.executable, "-m", "wtagents")
PROJECT = Path(__file__).parents[1]
SAME, PRECISION = 27.0, 74.0
"""Per cent; both at once."""
STARTS = 20


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the shares for all conflicts, per language, per rung and with both sides kept."""
    if options.conflicts is None:
        raise SystemExit("bench: the part conflicts needs --conflicts FOLDER")
    cases = list(_load(options.conflicts))[: options.limit]
    if not cases:
        raise SystemExit(f"bench: no conflicts in {options.conflicts}")
    rows = _rows(cases, keep_both=False)
    both = _rows(cases, keep_both=True)
    total = _shares(rows)
    times = sorted(row["seconds"] for row in rows)
    return {
        "all": total,
        "languages": _grouped(rows, "language"),
        "rungs": _grouped([row for row in rows if row["resolved"]], "rungs"),
        "keeping both": _shares(both),
        "seconds a file": {"median": statistics.median(times), "longest": times[-1]},
        "seconds as a program": statistics.median(_started(cases[:STARTS])),
        "targets": {"same": SAME, "precision": PRECISION},
        "met": total["same"] > SAME and (total["precision"] or 0) >= PRECISION,
    }


def show(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines."""
    groups = [
        *found["languages"].items(),
        *((f"rung {name}", shares) for name, shares in found["rungs"].items()),
        ("keeping both", found["keeping both"]),
        ("ALL", found["all"]),
    ]
    lines = [
        f"{name:24} files {shares['files']:5}  resolved {shares['resolved']:5.1f} %"
        f"  same {shares['same']:5.1f} %  precision {_percent(shares['precision'])}"
        for name, shares in groups
    ]
    seconds = found["seconds a file"]
    times = f"median {1000 * seconds['median']:.1f} ms a file, {seconds['longest']:.2f} s at most"
    verdict = "met" if found["met"] else "MISSED"
    return [
        *lines,
        f"{times}; as a program {1000 * found['seconds as a program']:.0f} ms",
        f"target: same above {SAME:g} % at {PRECISION:g} % precision: {verdict}",
    ]


def _load(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _rows(cases: list[dict[str, Any]], *, keep_both: bool) -> list[dict[str, Any]]:
    rows = []
    for number, case in enumerate(cases, 1):
        tell(f"conflict {number} of {len(cases)}")
        rows.append(_row(case, keep_both=keep_both))
    tell()
    return rows


def _row(case: dict[str, Any], *, keep_both: bool) -> dict[str, Any]:
    conflict = ConflictText(
        path=case["path"], base=case["base"] or None, target=case["ours"], branch=case["theirs"]
    )
    begun = time.perf_counter()
    outcome = climb(conflict, keep_both=keep_both)
    seconds = time.perf_counter() - begun
    merged = outcome if isinstance(outcome, Merged) else None
    return {
        "language": case.get("lang", "all"),
        "rungs": " + ".join(sorted({each.rung.value for each in merged.rungs})) if merged else "",
        "resolved": merged is not None,
        "same": merged is not None and normal_lines(merged.text) == normal_lines(case["human"]),
        "seconds": seconds,
    }


def _shares(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    count = Counter[str]()
    for row in rows:
        count.update(files=1, resolved=row["resolved"], same=row["same"])
    files, resolved, same = (count[name] for name in ("files", "resolved", "same"))
    return {
        "files": files,
        "resolved": 100 * resolved / files if files else 0.0,
        "same": 100 * same / files if files else 0.0,
        "precision": 100 * same / resolved if resolved else None,
    }


def _grouped(rows: Iterable[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return {name: _shares(group) for name, group in ordered}


def _started(cases: Iterable[dict[str, Any]]) -> Iterator[float]:
    """Yield how long the program takes on each conflict, start included."""
    with tempfile.TemporaryDirectory(prefix="wta-bench-") as name:
        folder = Path(name)
        for case in cases:
            for side in ("base", "ours", "theirs"):
                (folder / side).write_text(case[side], encoding="utf-8", newline="")
            sides = (folder / side for side in ("base", "ours", "theirs"))
            argv = [*WTA, "resolve-files", "--", *sides, case["path"], folder / "out"]
            begun = time.perf_counter()
            subprocess.run(argv, cwd=PROJECT, capture_output=True, check=False)
            yield time.perf_counter() - begun


def _percent(share: float | None) -> str:
    return "    -" if share is None else f"{share:5.1f} %"
