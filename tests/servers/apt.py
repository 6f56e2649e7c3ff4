"""Debian packages, installed without starting any service."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Debian asks this script before it starts a service; 101 means no.
POLICY = Path("/usr/sbin/policy-rc.d")
REFUSAL = "#!/bin/sh\nexit 101\n"


def usable() -> bool:
    """Say whether this user may install packages here without being asked for a password."""
    if shutil.which("apt-get") is None:
        return False
    return os.geteuid() == 0 or _quietly("sudo", "-n", "true")


def install(packages: list[str]) -> None:
    """Install packages one by one, so that one the release lacks does not keep out the others."""
    print(f"installing {', '.join(packages)} (no service is started)", flush=True)
    with _services_stay_down():
        _apt("update", "-qq")
        for package in packages:
            if not _apt("install", "-y", "-qq", "--no-install-recommends", package):
                print(f"apt-get could not install {package}", flush=True)


def _apt(*arguments: str) -> bool:
    quiet = ["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1"]
    command = [*_as_root(), "env", *quiet, "apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode == 0


@contextmanager
def _services_stay_down() -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    subprocess.run([*_as_root(), "tee", str(POLICY)], input=REFUSAL, text=True, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*_as_root(), "chmod", "755", str(POLICY)], check=True)
    try:
        yield
    finally:
        subprocess.run([*_as_root(), "rm", "-f", str(POLICY)], check=True)


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _quietly(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False
