"""The event log: one number more with each record, and the counters that grow with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter

from webapp.adapters.serving.local.leases import LeaseBook
from webapp.domain.delivery.types import Counted, EventKind, LogRecord, Verdict

_NAMES = tuple(field.name for field in fields(LogRecord))
_VALUES = attrgetter(*_NAMES)
_INSERT = f"INSERT INTO log ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608
_SELECT = f"SELECT {', '.join(_NAMES)} FROM log WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
_COUNT = (
    "INSERT INTO counters VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT (campaign_id, day, kind, verdict)"
    " DO UPDATE SET events = events + 1, charged_micros = charged_micros + excluded.charged_micros"
)


class Log:
    """The records that were not trimmed, and their numbers."""

    def __init__(self, connection: sqlite3.Connection, first_seq: int, last_seq: int, leases: LeaseBook) -> None:
        self._connection = connection
        self._leases = leases
        self.first_seq = first_seq
        self.last_seq = last_seq

    @classmethod
    def read(cls, connection: sqlite3.Connection, first_seq: int, leases: LeaseBook) -> Log:
        """Find the log's ends in the file."""
        last = connection.execute("SELECT MAX(seq) FROM log").fetchone()[0]
        return cls(connection, first_seq, first_seq - 1 if last is None else int(last), leases)

    @property
    def next_seq(self) -> int:
        """Return the number of the record to come."""
        return self.last_seq + 1

    def append(self, record: LogRecord) -> None:
        """Write a record and count it; a lease's last word is no event and is not counted."""
        if record.seq != self.next_seq:
            raise ValueError(f"record {record.seq} does not follow {self.last_seq}")
        self._connection.execute(_INSERT, _VALUES(record))
        self.last_seq = record.seq
        if record.kind is EventKind.LEASE_CLOSED:
            return
        key = (record.campaign_id, record.day, record.kind, record.verdict)
        self._connection.execute(_COUNT, (*key, record.charged_micros))
        if record.charged_micros:
            self._leases.count_charge(record.campaign_id, record.day, record.charged_micros)

    def after(self, seq: int, limit: int) -> list[LogRecord]:
        """Return the records behind a number, in order."""
        rows = self._connection.execute(_SELECT, (seq, limit))
        return [_record(row) for row in rows]

    def trim(self, upto: int) -> int:
        """Forget records up to and with a number; return the number of the first that is kept."""
        upto = min(upto, self.last_seq)
        self._connection.execute("DELETE FROM log WHERE seq <= ?", (upto,))
        self.first_seq = max(self.first_seq, upto + 1)
        return self.first_seq

    def latest_ms(self) -> int:
        """Return when the last record happened, 0 without any."""
        row = self._connection.execute("SELECT at_ms FROM log WHERE seq = ?", (self.last_seq,)).fetchone()
        return int(row[0]) if row else 0


def counted(
    connection: sqlite3.Connection, campaign_ids: Sequence[int], first_day: int, last_day: int
) -> list[Counted]:
    """Return the counters of these campaigns (all when empty) for the days."""
    query = "SELECT * FROM counters WHERE day BETWEEN ? AND ?"
    if campaign_ids:
        query += f" AND campaign_id IN ({', '.join('?' * len(campaign_ids))})"
    rows = connection.execute(query + " ORDER BY campaign_id, day, kind, verdict", (first_day, last_day, *campaign_ids))
    return [Counted(row[0], row[1], EventKind(row[2]), Verdict(row[3]), row[4], row[5]) for row in rows]


def _record(row: sqlite3.Row) -> LogRecord:
    values = dict(row)
    values["kind"], values["verdict"] = EventKind(values["kind"]), Verdict(values["verdict"])
    values["sale"] = bool(values["sale"])
    return LogRecord(**values)
