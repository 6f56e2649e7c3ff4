"""The bus of the embedded profile: a SQLite file of its own, so that what waits outlives the process."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from webapp.adapters.bus.wire import DELAYS, from_wire, to_wire
from webapp.core.errors import Unavailable
from webapp.domain.events.topics import matches
from webapp.domain.events.types import Envelope

log = logging.getLogger(__name__)

#: How many events one `take` hands over at most.
BATCH = 50
#: How soon what another process published, or what rested, is noticed.
LOOK_SECONDS = 0.2
SCHEMA = """
CREATE TABLE IF NOT EXISTS consumers (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS patterns (consumer TEXT, pattern TEXT, PRIMARY KEY (consumer, pattern));
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer TEXT NOT NULL,
    event TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    due REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting_for ON waiting (consumer, id);
CREATE TABLE IF NOT EXISTS dead (id INTEGER PRIMARY KEY, consumer TEXT NOT NULL, message NOT NULL);
"""


class LocalBus:
    """Queues in one file; several threads and processes may share it.

    An event leaves its queue only after `handle` returned. Two processes that take for one consumer may both be handed
    an event; readers do each once by its id.
    """

    def __init__(self, folder: Path | None = None, delays: Sequence[float] = DELAYS) -> None:
        """Keep the queues in a folder, or in memory for as long as this object lives."""
        self._folder = folder
        self._delays = tuple(delays)
        self._lock = threading.RLock()
        self._published = threading.Condition(self._lock)
        self._in_hand: set[int] = set()
        self._connection: sqlite3.Connection | None = None

    def declare(self, consumers: dict[str, Sequence[str]]) -> None:
        """Set up each consumer with its patterns; what waits for a consumer stays."""
        with self._writing() as database:
            for name, patterns in consumers.items():
                database.execute("INSERT OR IGNORE INTO consumers VALUES (?)", (name,))
                database.execute("DELETE FROM patterns WHERE consumer = ?", (name,))
                database.executemany(
                    "INSERT OR IGNORE INTO patterns VALUES (?, ?)", [(name, pattern) for pattern in patterns]
                )

    def publish(self, events: Sequence[Envelope]) -> None:
        """Put each event into the queues of those who listen to it; all are on the disk when this returns."""
        with self._writing() as database:
            listening = database.execute("SELECT consumer, pattern FROM patterns").fetchall()
            for event in events:
                for name in sorted({name for name, pattern in listening if matches(pattern, event.name)}):
                    self._put(database, name, event)
            self._published.notify_all()

    def put_again(self, events: Sequence[tuple[str, Envelope]]) -> None:
        """Give each consumer its event anew, all or none."""
        with self._writing() as database:
            for consumer, event in events:
                self._put(database, consumer, event)
            self._published.notify_all()

    def take(self, consumer: str, handle: Callable[[Envelope, int], None], wait_seconds: float) -> int:
        """Hand over what waits, oldest first; see `Subscriber.take`."""
        handled = 0
        ends = time.monotonic() + wait_seconds
        while handled < BATCH:
            found = self._next(consumer, ends if not handled else 0.0)
            if found is None:
                break
            self._deliver(found, handle)
            handled += 1
        return handled

    def waiting(self) -> dict[str, int]:
        """Return how many events wait for each consumer, those that rest included."""
        with self._database() as database:
            rows = database.execute(
                "SELECT name, (SELECT COUNT(*) FROM waiting WHERE consumer = name) FROM consumers ORDER BY name"
            )
            return {str(name): int(count) for name, count in rows}

    def ping(self) -> None:
        """Raise Unavailable unless the file can be read."""
        with self._database() as database:
            database.execute("SELECT 1 FROM consumers LIMIT 1").fetchall()

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        with self._lock:
            if self._connection is not None and self._folder is not None:
                self._connection.close()
                self._connection = None

    @staticmethod
    def _put(database: sqlite3.Connection, consumer: str, event: Envelope) -> None:
        database.execute("INSERT INTO waiting (consumer, event) VALUES (?, ?)", (consumer, to_wire(event)))

    def _next(self, consumer: str, ends: float) -> tuple[int, str, int] | None:
        """Return the oldest event that is due, marked as in hand; wait for one until then."""
        with self._database() as database:
            while True:
                rows = database.execute(
                    "SELECT id, event, attempt FROM waiting WHERE consumer = ? AND due <= ? ORDER BY id LIMIT ?",
                    (consumer, time.time(), len(self._in_hand) + 1),
                )
                found = next((row for row in rows.fetchall() if row[0] not in self._in_hand), None)
                if found is not None:
                    id, text, attempt = found
                    self._in_hand.add(id)
                    return int(id), str(text), int(attempt)
                left = ends - time.monotonic()
                if left <= 0:
                    return None
                self._published.wait(min(left, LOOK_SECONDS))

    def _deliver(self, found: tuple[int, str, int], handle: Callable[[Envelope, int], None]) -> None:
        id, text, attempt = found
        event = self._read(id, text)
        if event is None:
            return
        try:
            handle(event, attempt)
        except Unavailable:
            raise
        except Exception:
            log.warning("attempt %d of an event failed; it comes again: %s", attempt, text[:200], exc_info=True)
            rest = self._delays[min(attempt, len(self._delays)) - 1]
            with self._writing() as database:
                database.execute(
                    "UPDATE waiting SET attempt = attempt + 1, due = ? WHERE id = ?", (time.time() + rest, id)
                )
        else:
            with self._writing() as database:
                database.execute("DELETE FROM waiting WHERE id = ?", (id,))
        finally:
            with self._lock:
                self._in_hand.discard(id)

    def _read(self, id: int, text: str) -> Envelope | None:
        """Return the event, or None and put aside for good what is none."""
        try:
            return from_wire(text)
        except (ValueError, KeyError, TypeError):
            log.exception("an unreadable message is put aside")
        try:
            with self._writing() as database:
                database.execute("INSERT INTO dead SELECT id, consumer, event FROM waiting WHERE id = ?", (id,))
                database.execute("DELETE FROM waiting WHERE id = ?", (id,))
        finally:
            with self._lock:
                self._in_hand.discard(id)
        return None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give the file for a change that is whole, and on the disk, or not made at all."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                yield self._connection
            except sqlite3.Error as error:
                raise Unavailable(f"The bus cannot use its file: {error}") from error

    def _open(self) -> sqlite3.Connection:
        target = ":memory:"
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Unavailable(f"The bus cannot make its folder: {error}") from error
            target = str(self._folder / "bus.sqlite3")
        opened = sqlite3.connect(target, timeout=30, isolation_level=None, check_same_thread=False)
        opened.execute("PRAGMA journal_mode=WAL")
        # A power cut must not take what the outbox counts as told.
        opened.execute("PRAGMA synchronous=FULL")
        opened.executescript(SCHEMA)
        return opened
