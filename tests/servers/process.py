"""Start server processes so that none outlives the tests, whatever ends them."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.programs import find_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import IO

    Command = Sequence[str | Path]

READY_SECONDS = 90.0
# Without this newer ClickHouse servers run under a parent of their own.
ENVIRONMENT = {"CLICKHOUSE_WATCHDOG_ENABLE": "0"}


@dataclass
class Server:
    """A server process of ours, the leader of its own process group, and the address it will answer at."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    probe: Callable[[], object]
    command: Command = ()
    folder: Path | None = None

    def kill(self) -> None:
        """End the whole group as a power cut would; `revive` continues on the same data."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def revive(self) -> None:
        """Start the server again on its own data and port."""
        assert self.folder is not None
        with self.log.open("ab") as output:
            self.process = _spawn(self.command, self.folder, output)

    def wait(self, seconds: float = READY_SECONDS) -> None:
        """Wait until the server answers; raise with its last words when it ended or stays silent."""
        try:
            wait_for(self.probe, self.name, seconds, alive=lambda: self.process.poll() is None)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.tail()}") from error
        except ChildProcessError as error:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}") from error

    def stop(self) -> None:
        """Kill the whole group at once: its data goes with the temporary folder, there is nothing to save."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self in _running:
            _running.remove(self)

    def tail(self, lines: int = 15) -> str:
        """Return the end of what the server wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


_running: list[Server] = []


@atexit.register
def stop_all() -> None:
    """Stop every server still running; also called when Python ends on its own."""
    for server in reversed(_running.copy()):
        server.stop()


def wait_for(
    probe: Callable[[], object], name: str, seconds: float = READY_SECONDS, alive: Callable[[], bool] = lambda: True
) -> None:
    """Call a probe until it stops failing; raise ChildProcessError when nobody is left to answer, or TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            probe()
        except Exception as error:
            if not alive():
                raise ChildProcessError(name) from error
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is silent after {seconds:.0f} s: {error}") from error
            time.sleep(0.1)
        else:
            return


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(command: Command, folder: Path, url: str, probe: Callable[[], object]) -> Server:
    """Start a server in its folder, writing to a log there, and remember to stop it."""
    name = folder.name
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = _spawn(command, folder, output)
    server = Server(name, url, process, log, probe, command, folder)
    _running.append(server)
    return server


def _spawn(command: Command, folder: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_dies_with_us(), *map(str, command)],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _dies_with_us() -> list[str]:
    # Where Linux can, the kernel ends the server even if these tests are killed with SIGKILL.
    setpriv = find_command("setpriv")
    return [str(setpriv), "--pdeathsig", "KILL", "--"] if setpriv else []
