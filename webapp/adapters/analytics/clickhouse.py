"""ClickHouse over its native protocol."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Self, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from clickhouse_driver import Client
from clickhouse_driver.errors import ErrorCodes, NetworkError, ServerException, SocketTimeoutError

from webapp.adapters.analytics.engine import Row
from webapp.adapters.analytics.store import SqlAnalyticsStore
from webapp.core.errors import Unavailable
from webapp.domain.analytics.types import FactBatch, from_unix_day

T = TypeVar("T")
log = logging.getLogger(__name__)
#: A page must not hang on a server that is gone; the address may say otherwise.
TIMEOUTS = {"connect_timeout": 3, "send_receive_timeout": 30}
#: The driver's list of codes ends before this one: a server's answer to a wrong name or password.
AUTHENTICATION_FAILED = 516
_SILENT = (NetworkError, SocketTimeoutError, EOFError, OSError)
_BUSY = frozenset(
    {ErrorCodes.TOO_MANY_SIMULTANEOUS_QUERIES, ErrorCodes.MEMORY_LIMIT_EXCEEDED, ErrorCodes.TIMEOUT_EXCEEDED}
)
_CLOSED = frozenset(
    {
        AUTHENTICATION_FAILED,
        ErrorCodes.UNKNOWN_USER,
        ErrorCodes.WRONG_PASSWORD,
        ErrorCodes.REQUIRED_PASSWORD,
        ErrorCodes.DATABASE_ACCESS_DENIED,
        ErrorCodes.UNKNOWN_DATABASE,
        ErrorCodes.NETWORK_ERROR,
        ErrorCodes.SOCKET_TIMEOUT,
    }
)


class ClickHouseEngine:
    """Runs statements on a server, over one connection a thread, opened when first needed and again when it broke."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()

    def rows(self, sql: str) -> Sequence[Row]:
        """Return the answer of a SELECT; a broken connection is tried once more, reading twice does no harm."""
        try:
            answer: Sequence[Row] = self._with_client(lambda client: client.execute(sql))
        except Unavailable:
            answer = self._with_client(lambda client: client.execute(sql))
        return answer

    def run(self, sql: str, query_id: str = "") -> None:
        """Run a statement that answers nothing."""
        self._with_client(lambda client: client.execute(sql, query_id=query_id or None))

    def insert(self, batch: FactBatch, query_id: str = "") -> None:
        """Write a batch into `facts`."""
        names = batch.columns()
        insert = f"INSERT INTO facts ({', '.join(names)}) VALUES"
        # The driver wants dates; the same few days repeat.
        days = {number: from_unix_day(number) for number in set(batch.local_day)}
        columns = [getattr(batch, name) for name in names]
        columns[names.index("local_day")] = [days[number] for number in batch.local_day]
        self._with_client(lambda client: client.execute(insert, columns, columnar=True, query_id=query_id or None))

    def _with_client(self, work: Callable[[Client], T]) -> T:
        client = self._client()
        try:
            return work(client)
        except _SILENT as error:
            client.disconnect()
            raise Unavailable("The analytics store does not answer at the moment.") from error
        except ServerException as error:
            if error.code in _BUSY:
                raise Unavailable("The analytics store is too busy at the moment.") from error
            if error.code in _CLOSED:
                log.error("the analytics store refuses: %s", error)
                client.disconnect()
                raise Unavailable("The analytics store does not answer at the moment.") from error
            raise

    def _client(self) -> Client:
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = Client.from_url(_with_timeouts(self._url))
        return client


def _with_timeouts(url: str) -> str:
    """Return the address with our timeouts, those it names itself kept."""
    parts = urlsplit(url)
    query = {**TIMEOUTS, **dict(parse_qsl(parts.query, keep_blank_values=True))}
    return urlunsplit(parts._replace(query=urlencode(query)))


class ClickHouseAnalyticsStore(SqlAnalyticsStore):
    """`AnalyticsStore` on a server: `clickhouse://user:password@host:9000/database`."""

    def __init__(self, url: str) -> None:
        super().__init__(ClickHouseEngine(url))

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Connect to `clickhouse://user:password@host:9000/database` when first asked."""
        return cls(url)
