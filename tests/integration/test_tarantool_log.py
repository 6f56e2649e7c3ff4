"""What is read from a Tarantool node's log is on its disk: a reader's own note of it must never be ahead of the log."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgpack
import pytest
import tarantool

from tests.servers.process import Server
from tests.servers.tarantool import PASSWORD, USER, start_tarantool
from tests.support.serving import Desk, event_of
from webapp.adapters.serving.tarantool import TarantoolServingStore
from webapp.adapters.serving.tarantool.codec import event_arguments
from webapp.domain.delivery.types import EventKind, Limits

CALL, REQUEST, SYNC, NAME, ARGUMENTS, DATA = 0x0A, 0x00, 0x01, 0x22, 0x21, 0x30
READ, RECORD = 1, 2


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Server]:
    running = start_tarantool(tmp_path, 3)
    running.wait()
    yield running
    running.stop()


def test_a_record_is_read_only_once_it_is_written(node: Server) -> None:
    """Both calls arrive together: the reading one begins while the record is on its way to the disk."""
    desk = Desk(TarantoolServingStore.from_url(node.url, Limits()))
    desk.store.migrate()
    desk.open()
    event = event_of(EventKind.IMPRESSION, desk.ask(), desk.now_ms, desk.now_ms + 1000)
    after = desk.store.state().last_seq
    answers = together(node, (RECORD, "kabinet.record", event_arguments(event)), (READ, "kabinet.read", [after, 10]))
    assert [number for number, _ in answers] == [RECORD, READ]
    assert [row[0] for row in answers[1][1]] == [after + 1]


def together(node: Server, *calls: tuple[int, str, list[Any]]) -> list[tuple[int, Any]]:
    """Send calls in one packet; return number and answer of each in the order in which they are answered."""
    client = tarantool.Connection(
        "127.0.0.1", urlsplit(node.url).port, user=USER, password=PASSWORD, fetch_schema=False
    )
    line: socket.socket = client._socket
    line.sendall(b"".join(packet(*call) for call in calls))
    unpacker = msgpack.Unpacker(strict_map_key=False)
    found: list[tuple[int, Any]] = []
    while len(found) < len(calls):
        _length, header, body = (next_of(unpacker, line) for _ in range(3))
        found.append((header[SYNC], body[DATA][0]))
    client.close()
    return found


def packet(number: int, name: str, arguments: list[Any]) -> bytes:
    """Return a call as it travels."""
    body = msgpack.packb({REQUEST: CALL, SYNC: number}) + msgpack.packb({NAME: name, ARGUMENTS: arguments})
    return b"\xce" + len(body).to_bytes(4, "big") + body


def next_of(unpacker: msgpack.Unpacker, line: socket.socket) -> Any:
    """Return the next thing that arrives."""
    while True:
        try:
            return unpacker.unpack()
        except msgpack.OutOfData:
            unpacker.feed(line.recv(65536))
