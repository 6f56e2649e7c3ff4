"""ClickHouse inside the process: the embedded default."""

from __future__ import annotations

import atexit
import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from webapp.adapters.analytics.engine import Row
from webapp.adapters.analytics.native import encode
from webapp.adapters.analytics.store import SqlAnalyticsStore
from webapp.core.errors import Unavailable
from webapp.domain.analytics.types import FactBatch

FORMAT = "JSONCompactEachRow"
#: Left to itself the embedded engine rewrites four parts at a time and rests half a second after.
BACKGROUND = "background_pool_size=8&background_schedule_pool_size=8"
CACHED_ANSWERS = 512
CACHED_ROWS = 2000
DATABASE = re.compile(r"[a-z][a-z0-9_]{0,62}")


class _Process:
    """The one engine a process may have: it keeps its folder locked, and only one folder at a time."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._session: Any = None
        self._opened: tuple[Path, str] | None = None

    def session(self, folder: Path, database: str) -> Any:
        """Return a session in this folder's database; call with the lock held."""
        if self._session is None or self._opened != (folder, database):
            self._session = self._open(folder, database)
            self._opened = (folder, database)
        return self._session

    def _open(self, folder: Path, database: str) -> Any:
        from chdb.session import Session

        if self._session is None or self._opened is None or self._opened[0] != folder:
            self.close()
            folder.mkdir(parents=True, exist_ok=True)
            session: Any = Session(f"{folder}?{BACKGROUND}")  # type: ignore[no-untyped-call]
        else:
            session = self._session
        session.query(f"CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic")
        session.query(f"USE {database}")
        session.query("SET output_format_json_quote_64bit_integers = 0")
        return session

    def close(self) -> None:
        """Let go of the folder."""
        with self.lock:
            if self._session is not None:
                self._session.close()
            self._session, self._opened = None, None


_process = _Process()
atexit.register(_process.close)


class ChdbEngine:
    """Runs statements in the process, one at a time, and remembers answers until something is written.

    Nobody else can write to the folder, so a remembered answer is never stale.
    """

    def __init__(self, folder: Path, database: str = "kabinet", *, remember: bool = True) -> None:
        if not DATABASE.fullmatch(database):
            raise ValueError(f"{database!r} cannot name a database")
        self._folder, self._database = folder.resolve(), database
        self._remember = remember
        self._answers: OrderedDict[str, Sequence[Row]] = OrderedDict()

    def rows(self, sql: str) -> Sequence[Row]:
        """Return the answer of a SELECT."""
        with _process.lock:
            if sql in self._answers:
                self._answers.move_to_end(sql)
                return self._answers[sql]
            rows = _parse(self._ask(sql, FORMAT))
            if self._remember and "system." not in sql and len(rows) <= CACHED_ROWS:
                self._answers[sql] = rows
                while len(self._answers) > CACHED_ANSWERS:
                    self._answers.popitem(last=False)
            return rows

    def run(self, sql: str, query_id: str = "") -> None:  # noqa: ARG002  # nothing outlives this call
        """Run a statement that answers nothing."""
        with _process.lock:
            self._answers.clear()
            self._ask(sql, "Null")
            self._answers.clear()

    def insert(self, batch: FactBatch, query_id: str = "") -> None:  # noqa: ARG002  # nothing outlives this call
        """Write a batch into `facts`."""
        insert = f"INSERT INTO facts ({', '.join(batch.columns())})"
        block = encode(batch)
        with _process.lock:
            self._answers.clear()
            try:
                with self._session().send_insert(insert, "Native") as stream:
                    stream.append(block)
                    stream.finish()
            finally:
                self._answers.clear()

    def _session(self) -> Any:
        try:
            return _process.session(self._folder, self._database)
        except (OSError, RuntimeError) as error:
            # Another process has the folder, or it cannot be written to.
            raise Unavailable("The analytics store cannot be opened.") from error

    def _ask(self, sql: str, output: str) -> bytes:
        return bytes(self._session().query(sql, output).bytes() or b"")


def _parse(answer: bytes) -> Sequence[Row]:
    lines = answer.splitlines()
    rows: Sequence[Row] = json.loads(b"[" + b",".join(lines) + b"]")
    return rows


class ChdbAnalyticsStore(SqlAnalyticsStore):
    """`AnalyticsStore` in a folder of this machine."""

    def __init__(self, folder: Path, database: str = "kabinet") -> None:
        super().__init__(ChdbEngine(folder, database))

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Open `chdb:///absolute/folder`, with `?database=name` if one folder holds several."""
        parts = urlsplit(url)
        database = parse_qs(parts.query).get("database", ["kabinet"])[0]
        return cls(Path(parts.netloc + parts.path), database)
