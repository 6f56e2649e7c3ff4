"""Write requirements/*.txt anew: every package pinned, with its hashes, for Python 3.11 and newer on any system."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTS = ("base", "dev", "node")
# No address of a registry goes into the files: whoever installs decides where packages come from.
FLAGS = [
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--excludes=requirements/excludes.txt",
]


def lock(name: str, extra: list[str]) -> None:
    """Compile one list; dev is held to what base pins."""
    files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
    print(f"requirements/{name}.txt", flush=True)
    subprocess.run([ROOT / ".venv/bin/uv", "pip", "compile", *FLAGS, *extra, *files], cwd=ROOT, check=True)


def main() -> None:
    """Compile all lists, base first."""
    for name in LISTS:
        lock(name, sys.argv[1:])


if __name__ == "__main__":
    main()
