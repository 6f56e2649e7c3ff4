"""What every part of the local store shares: the file, its lock, and what is kept in memory beside it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.adapters.serving.local.funnel import Requests
from webapp.adapters.serving.local.leases import LeaseBook
from webapp.adapters.serving.local.log import Log
from webapp.adapters.serving.local.rates import Rates
from webapp.adapters.serving.local.schema import TABLES, open_file
from webapp.adapters.serving.local.shown import Shown
from webapp.core.errors import Unavailable
from webapp.domain.delivery.pacing import Bucket
from webapp.domain.delivery.types import Limits


class Node:
    """One open file. The file is the truth; what is in memory is read from it anew after a failed or foreign write."""

    connection: sqlite3.Connection
    requests: Requests
    rates: Rates
    shown: Shown
    leases: LeaseBook
    log: Log
    #: Campaign → its pace; a restart begins with one price.
    buckets: dict[int, Bucket]
    #: Campaigns no lease covered since somebody asked.
    hungry: set[int]
    #: The latest instant anybody spoke of.
    seen_ms: int

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.limits = limits
        self._folder = folder
        self._lock = threading.RLock()
        self._open = False
        self._version = -1
        self._snapshot = -1
        self._forget()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all or nothing of one call, alone; raise Unavailable when the file cannot be used."""
        with self._lock:
            try:
                self._begin()
                try:
                    yield
                except BaseException:
                    self._fresh = False
                    self.connection.execute("ROLLBACK")
                    raise
                self.connection.execute("COMMIT")
            except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as error:
                self._fresh = False
                if self._open and self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise Unavailable(f"serving node: {error}") from error

    def reach_disk(self) -> None:
        """Wait until what was committed would survive a power cut."""
        with self._lock:
            if self._open:
                self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._open:
                self.connection.close()
            self._open = self._fresh = False

    def wipe(self) -> None:
        """Empty the file and forget all; the log's numbers go on."""
        with self.transaction():
            next_seq = self.log.next_seq
            for table in TABLES:
                self.connection.execute(f"DELETE FROM {table}")  # noqa: S608
            meta = {"first_seq": next_seq, "fence_ms": 0, "seen_ms": 0, "snapshot": self._snapshot + 1}
            self.connection.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))
        with self._lock:
            self._forget()

    def saw(self, now_ms: int) -> None:
        """Remember the latest instant anybody spoke of."""
        self.seen_ms = max(self.seen_ms, now_ms)

    def meta(self, name: str) -> int:
        """Return one of the node's numbers."""
        return int(self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])

    def set_meta(self, name: str, value: int) -> None:
        """Write one of the node's numbers."""
        self.connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))

    def snapshot_changed(self) -> None:
        """Tell other processes with this file open to read the snapshot anew."""
        self._snapshot += 1
        self.set_meta("snapshot", self._snapshot)

    def _forget(self) -> None:
        """Begin with nothing in memory."""
        self.requests = Requests()
        self.rates = Rates(self.limits)
        self.buckets = {}
        self.hungry = set()
        self.seen_ms = 0
        self._fresh = False

    def _begin(self) -> None:
        if not self._open:
            self.connection = open_file(self._folder)
            self._open = True
        self.connection.execute("BEGIN IMMEDIATE")
        version = int(self.connection.execute("PRAGMA data_version").fetchone()[0])
        if not self._fresh or version != self._version:
            self._read(everything=not self._fresh)
            self._version = version
            self._fresh = True

    def _read(self, everything: bool) -> None:
        snapshot = self.meta("snapshot")
        if everything or snapshot != self._snapshot:
            self.shown = Shown.read(self.connection, self.limits)
            self.requests.follow(self.shown)
            self._snapshot = snapshot
        self.leases = LeaseBook.read(self.connection, self.meta("fence_ms"))
        self.log = Log.read(self.connection, self.meta("first_seq"), self.leases)
        self.saw(max(self.meta("seen_ms"), self.log.latest_ms()))
