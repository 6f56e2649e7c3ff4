"""Prepare a checkout: virtual environment, packages, front end, translations; each only when its inputs changed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / ".stamps"
NODE_NEEDED = 20


def say(line: str) -> None:
    """Print one line of progress."""
    print(f"kabinet: {line}", flush=True)


def stop(problem: str, *remedies: str) -> None:
    """Name what is wrong and the commands that put it right, then leave."""
    print(f"kabinet: {problem}", file=sys.stderr)
    for remedy in remedies:
        print(f"         {remedy}", file=sys.stderr)
    raise SystemExit(1)


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command in the checkout and leave with its exit code when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        say(f"this failed ({done.returncode}): {' '.join(str(part) for part in command)}")
        raise SystemExit(done.returncode)


def fingerprint(files: Iterable[Path]) -> str:
    """Hash names and contents of files, and the Python they are for."""
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(files):
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def unless_done(stage: str, files: Iterable[Path], work: Callable[[], None], *, proof: Path | None = None) -> None:
    """Do the work of a stage unless it was done for exactly these inputs and its proof is still there."""
    stamp, wanted = STAMPS / stage, fingerprint(files)
    if stamp.is_file() and stamp.read_text() == wanted and (proof is None or proof.exists()):
        return
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    work()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    say(f"{stage}: done in {time.monotonic() - started:.0f} s")


def create_venv() -> None:
    """Create .venv with this Python, or say which package the machine lacks for that."""
    if (BIN / "python").exists() and (BIN / "pip").exists():
        return
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        minor = f"{sys.version_info.major}.{sys.version_info.minor}"
        stop(f"Python {minor} here cannot create virtual environments.", f"apt-get install python{minor}-venv")
    say(f"creating .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", VENV)


def install(listing: str) -> None:
    """Install a list of pinned packages; pip refuses any whose hash differs."""
    say(f"installing requirements/{listing}.txt")
    flags = ["--require-hashes", "--no-deps", "--progress-bar=off", "--disable-pip-version-check"]
    run(BIN / "python", "-m", "pip", "install", *flags, "-r", ROOT / "requirements" / f"{listing}.txt")


def install_kabinet() -> None:
    """Put this checkout itself into the environment, with the `kabinet` command."""
    flags = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    run(BIN / "python", "-m", "pip", "install", *flags, "--editable", ROOT)


def stage_base() -> None:
    """Create the environment and install what Kabinet needs to run."""
    create_venv()
    unless_done("packages", [ROOT / "requirements/base.txt"], lambda: install("base"))
    unless_done("kabinet", [ROOT / "pyproject.toml"], install_kabinet, proof=BIN / "kabinet")


def stage_dev() -> None:
    """Install what checks and tests need."""
    unless_done("development packages", [ROOT / "requirements/dev.txt"], lambda: install("dev"))


def node_version(node: str) -> int:
    """Return the major version of a node program, 0 when it does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return int(answer.strip().lstrip("v").split(".")[0])


def node_folder() -> Path:
    """Return the folder of a node and npm that are new enough; install them into .venv when the machine has none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= NODE_NEEDED:
        return Path(node).parent
    listing = ROOT / "requirements/node.txt"
    unless_done("node", [listing], lambda: install("node"), proof=BIN / "npm")
    return BIN


def front_inputs() -> list[Path]:
    """List the files that decide what static/dist holds: scripts, styles, and whatever may name a class."""
    sources = [ROOT / "package.json", ROOT / "package-lock.json", *ROOT.glob("static/*.mjs")]
    patterns = ("static/src/**/*", "static/build/**/*", "templates/**/*.html", "webapp/**/*.py")
    return sources + [path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()]


def stage_front() -> None:
    """Build static/dist."""

    def npm(*arguments: str) -> None:
        folder = node_folder()
        path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
        run(folder / "npm", *arguments, env={**os.environ, "PATH": path})

    def fetch() -> None:
        say("fetching front-end packages")
        npm("ci", "--no-audit", "--no-fund", "--loglevel=error")

    def build() -> None:
        say("building the front end")
        npm("run", "build", "--silent")

    locked = [ROOT / "package.json", ROOT / "package-lock.json"]
    unless_done("front-end packages", locked, fetch, proof=ROOT / "node_modules/.package-lock.json")
    unless_done("front end", front_inputs(), build, proof=ROOT / "static/dist/manifest.json")


def stage_messages() -> None:
    """Compile the translations."""
    folder = ROOT / "webapp/translations"
    catalogues = list(folder.glob("*/LC_MESSAGES/*.po"))
    compiled = [file.with_suffix(".mo") for file in catalogues]
    missing = next((file for file in compiled if not file.exists()), None)
    unless_done("translations", catalogues, compile_messages, proof=missing)


def compile_messages() -> None:
    """Turn .po files into the .mo files that gettext reads."""
    # Not by Babel's own command: its checker takes the places for values of plurals amiss. Our laws check them.
    run(BIN / "python", "-m", "tools.messages", "--compile")


def check_platform() -> None:
    """Stop at once on a system where the embedded stores do not exist."""
    if sys.platform == "win32":
        stop("Kabinet runs on Linux and macOS; on Windows use WSL.", "wsl --install")
    if sysconfig.get_platform().endswith("i686"):
        stop("Kabinet needs a 64-bit system: the ClickHouse engine exists for nothing else.")


STAGES = {"base": stage_base, "dev": stage_dev, "front": stage_front, "messages": stage_messages}


def main(names: list[str]) -> None:
    """Run the named stages in order; the environment comes first whatever was named."""
    check_platform()
    for name in dict.fromkeys(["base", *names]):
        STAGES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
