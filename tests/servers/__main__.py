"""Make sure the real servers are there, then run a command: `python -m tests.servers pytest …`."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.servers import apt, docker
from tests.servers.programs import CHROMIUM, EVERYTHING, Program


def main(command: list[str]) -> int:
    """Install what is missing, or put containers in its place, or say what is missing; then run the command."""
    if missing() and apt.usable():
        apt.install([program.package for program in missing()])
    if not missing():
        os.execv(command[0], command)
    lacking = missing()
    if CHROMIUM not in lacking and docker.usable():
        with docker.containers(lacking) as addresses:
            return subprocess.run(command, env={**os.environ, **addresses}, check=False).returncode
    return refuse(lacking)


def missing() -> list[Program]:
    """List what neither the machine has nor the environment names."""
    return [program for program in EVERYTHING if not program.find() and not docker.named(program)]


def refuse(lacking: list[Program]) -> int:
    """Name what is missing and every way to get it."""
    packages = " ".join(program.package for program in lacking)
    print(f"Tests need real servers, and these are missing: {', '.join(p.title for p in lacking)}.", file=sys.stderr)
    print(f"  Debian, Ubuntu:  sudo apt-get install {packages}", file=sys.stderr)
    print("  elsewhere:       start Docker, which is then used for the servers (not for Chromium)", file=sys.stderr)
    for program in lacking:
        if program in docker.VARIABLES:
            print(f"  or name one:     {docker.VARIABLES[program]}=… for {program.title}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
