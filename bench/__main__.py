"""Every benchmark, one after another, each in a process of its own: `python -m bench [name …]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: Not benchmarks: what they share.
SHARED = {"__init__", "__main__", "bare", "bare_delivery", "table", "estate"}


def main() -> int:
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if path.stem not in SHARED)
    missed = []
    for name in names:
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            missed.append(name)
    print(f"\n{len(names) - len(missed)} of {len(names)} benchmarks meet their targets")
    if missed:
        print(f"not: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
