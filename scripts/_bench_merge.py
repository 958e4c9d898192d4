"""How well and how fast wta lands: `scripts/bench merge [--only PART] [--conflicts FOLDER]`.

Each part is a file `_merge_PART.py` beside this one with `measure(options) -> dict` and
`show(found) -> list of lines`. What all parts found is written with the facts of the machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


def main() -> int:
    """Measure the parts that are asked for, show and store what they found."""
    parts = sorted(path.stem.removeprefix("_merge_") for path in HERE.glob("_merge_*.py"))
    parser = argparse.ArgumentParser(
        prog="scripts/bench merge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=parts, action="append", help="measure only this part")
    parser.add_argument(
        "--conflicts",
        type=Path,
        help="folder with *.jsonl.gz: one conflict a line with path, base, ours, theirs, human",
    )
    parser.add_argument("--limit", type=int, help="use only so many conflicts")
    parser.add_argument(
        "--gate", type=float, default=3.0, metavar="SECONDS", help="what a gate of the queue takes"
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--out", type=Path, help="where to write the JSON document")
    options = parser.parse_args()
    out = options.out or Path(tempfile.gettempdir()) / "wta-bench-merge.json"
    found = {}
    for part in options.only or parts:
        if part == "conflicts" and options.conflicts is None and not options.only:
            print("conflicts: not measured, no folder was given (--conflicts FOLDER)")
            continue
        module = importlib.import_module(f"_merge_{part}")
        found[part] = module.measure(options)
        print("\n".join([f"{part}:", *(f"  {line}" for line in module.show(found[part]))]))
    out.write_text(json.dumps({"machine": machine(), "parts": found}, indent=2) + "\n")
    print(f"written to {out}")
    missed = any(part.get("met") is False for part in found.values())
    return 1 if options.strict and missed else 0


def machine() -> dict[str, object]:
    """Return what the figures were measured on."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "git": git.split()[-1],
    }


if __name__ == "__main__":
    sys.exit(main())
