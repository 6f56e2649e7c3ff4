"""Check what this machine has of what Kabinet needs; print what is fine, what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tests.servers.programs import EVERYTHING, find_command

ROOT = Path(__file__).resolve().parent.parent
GIGABYTE = 1_000_000_000
SQLITE_NEEDED = (3, 38)
NODE_NEEDED = 20
FREE_NEEDED = 2 * GIGABYTE
PROFILES = ("embedded", "stack")
SECRET_LENGTH = 32
STACK_SETTINGS = ("DATABASE_URL", "ANALYTICS_URL", "REDIS_URL", "SERVING_URLS", "BUS_URL", "MAIL_URL", "SECRET_KEY")


@dataclass(frozen=True)
class Finding:
    """One line of the report: good, or a problem with its remedy; only some problems stop everything."""

    what: str
    state: str
    good: bool = True
    remedy: str = ""
    stops: bool = True

    def __str__(self) -> str:
        """Write the finding as a line, with the remedy beneath."""
        mark = "ok  " if self.good else "FAIL" if self.stops else "warn"
        line = f"  {mark}  {self.what:<22} {self.state}"
        return line if self.good else f"{line}\n        {'':<22} → {self.remedy}"


def python() -> Finding:
    """Check the Python that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", version, sys.version_info >= (3, 11), "apt-get install python3 python3-venv")


def sqlite() -> Finding:
    """Check the SQLite inside Python."""
    good = sqlite3.sqlite_version_info >= SQLITE_NEEDED
    return Finding("SQLite", sqlite3.sqlite_version, good, "use a Python built with SQLite 3.38 or newer")


def node() -> Finding:
    """Check the Node that builds the front end, the system's or the one in .venv."""
    for program in (find_command("node"), ROOT / ".venv/bin/node"):
        version = _answer(program, "--version").lstrip("v")
        if version.split(".")[0].isdecimal() and int(version.split(".")[0]) >= NODE_NEEDED:
            return Finding("Node", f"{version}, {program}")
    return Finding("Node", "missing or too old", good=False, remedy="make front  (installs one into .venv)")


def packages() -> Finding:
    """Check that what is installed is what requirements/*.txt pin."""
    pinned = [line.split(" ")[0] for name in ("base", "dev") for line in _pins(name) if _applies(line)]
    wrong = [pin for pin in pinned if _installed(pin.split("==")[0]) != pin.split("==")[1]]
    state = f"{len(set(pinned))} as pinned" if not wrong else f"differ from their pins: {', '.join(wrong[:5])}"
    return Finding("Python packages", state, not wrong, "rm -rf .venv && make env", stops=False)


def front_end() -> Finding:
    """Check that the front end is built."""
    manifest = ROOT / "static/dist/manifest.json"
    return Finding("front end", "built" if manifest.exists() else "not built", manifest.exists(), "make front")


def programs() -> list[Finding]:
    """Check the servers and the browser that only tests need."""
    remedy = "make test installs it where it may; by hand: apt-get install {}"
    found = [(program, program.find()) for program in EVERYTHING]
    return [
        Finding(p.title, str(path or "missing"), path is not None, remedy.format(p.package), stops=False)
        for p, path in found
    ]


def port() -> Finding:
    """Check that the port to serve on is free."""
    number = os.environ.get("PORT", "5000")
    if not number.isdecimal() or not 0 < int(number) < 2**16:
        return Finding("PORT", f"{number!r} is no port", good=False, remedy="PORT=5000 make run")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(number)))
        except OSError as error:
            return Finding(f"port {number}", f"{error.strerror}", False, "PORT=5001 make run", stops=False)
    return Finding(f"port {number}", "free")


def disk() -> Finding:
    """Check the free space where data and packages go."""
    free = shutil.disk_usage(ROOT).free
    return Finding("disk", f"{free / GIGABYTE:.1f} GB free", free >= FREE_NEEDED, "free 2 GB here", stops=False)


def writable() -> Finding:
    """Check that the data folder can be written."""
    folder = ROOT / "instance"
    target = folder if folder.exists() else ROOT
    return Finding("instance/", str(folder), os.access(target, os.W_OK), f"chown -R $(id -un) {target}")


def settings() -> list[Finding]:
    """Check the environment variables that choose the profile, and what the stack profile insists on."""
    profile = os.environ.get("KABINET_PROFILE", "embedded")
    known = Finding("KABINET_PROFILE", profile, profile in PROFILES, f"one of: {', '.join(PROFILES)}")
    if profile != "stack":
        return [known]
    return [known, *map(_stack_setting, STACK_SETTINGS)]


def _stack_setting(name: str) -> Finding:
    value = os.environ.get(name, "")
    if name != "SECRET_KEY":
        return Finding(name, "set" if value else "missing", bool(value), f"set {name}; see docs/operating.md")
    state = "set" if len(value) >= SECRET_LENGTH else "missing or shorter than 32 characters"
    remedy = "export SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_hex(32))')"
    return Finding(name, state, len(value) >= SECRET_LENGTH, remedy)


def _answer(program: Path | None, *arguments: str) -> str:
    if program is None or not program.exists():
        return ""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout.strip()


def _pins(name: str) -> list[str]:
    lines = (ROOT / f"requirements/{name}.txt").read_text().splitlines()
    return [line.rstrip("\\ ") for line in lines if line[:1].isalnum()]


def _applies(pin: str) -> bool:
    from packaging.markers import Marker

    return ";" not in pin or Marker(pin.split(";", 1)[1].strip()).evaluate()


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def findings() -> list[Finding]:
    """Collect everything there is to say."""
    single = [python(), sqlite(), node(), packages(), front_end(), port(), disk(), writable()]
    return [*single, *settings(), *programs()]


def main() -> int:
    """Print the report; fail when something that stops Kabinet is wrong."""
    found = findings()
    print("environment", *found, sep="\n", flush=True)
    failed = [finding.what for finding in found if not finding.good and finding.stops]
    if failed:
        print(f"Kabinet cannot run here yet: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
