"""Calls to a node: one connection a thread, made anew after a failure."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
import tarantool
from tarantool.error import Error as TarantoolError

from webapp.core.errors import Unavailable

SECONDS = 1.0
#: For what an operator asks, not a visitor: procedures may be loaded and indexes built meanwhile.
PATIENT_SECONDS = 60.0

# A CALL of Tarantool's binary protocol: header {type: call, sync: 0}, then {name: …, arguments: …}.
_CALL = b"\x82\x00\x0a\x01\x00\x82\x22"
_ARGUMENTS = b"\x21"
_CODE, _DATA, _ERROR = 0x00, 0x30, 0x31
_LENGTH = 5
# Nearly every answer begins alike: a header {code: 0, sync: 8 bytes, schema: 4 bytes}, a body of the data alone.
_FINE = b"\x83\x00\xce\x00\x00\x00\x00\x01\xcf"
_BODY = b"\x81\x30"
_BODY_AT = _LENGTH + 23
_CHUNK = 65536
#: Enough for what a visitor's request brings back; a small piece of memory is had faster than a large one.
_FIRST_CHUNK = 8192
#: A line that answered less than this many seconds ago is taken to be alive.
_QUIET_SECONDS = 0.1

# `socket.send` lets go of the interpreter's lock, and another thread takes it: for a send that never waits, getting the
# lock back costs several times what the send does. This one keeps the lock.
_send_at_once: Callable[[int, bytes, int, int], int] = ctypes.PyDLL(None).send
_send_at_once.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)  # type: ignore[attr-defined]
_send_at_once.restype = ctypes.c_ssize_t  # type: ignore[attr-defined]


class NodeError(Exception):
    """What a node answered in place of a result."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node answers, and as whom."""

    host: str
    port: int
    user: str
    password: str


class Line:
    """One connection. The connector signs in; calls are packed here, at half its cost."""

    def __init__(self, address: Address, seconds: float) -> None:
        self._connection = tarantool.Connection(
            address.host,
            address.port,
            user=address.user,
            password=address.password,
            socket_timeout=seconds,
            connection_timeout=seconds,
            reconnect_max_attempts=0,
            fetch_schema=False,
        )
        self._socket: socket.socket = self._connection._socket
        # The kernel keeps the time: Python's own timeouts cost a poll before every read.
        self._socket.setblocking(True)
        timeout = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        self._number = self._socket.fileno()
        self._pack: Callable[[Any], bytes] = msgpack.Packer().pack
        self._heard = 0.0

    def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """Return what a procedure answers; raise NodeError with its words, OSError when the node is lost."""
        pack = self._pack
        body = b"".join((_CALL, pack(name), _ARGUMENTS, pack(arguments)))
        self._say(b"\xce" + len(body).to_bytes(4, "big") + body)
        data = self._receive()
        self._heard = time.monotonic()
        return _answer(data)

    def is_alive(self) -> bool:
        """Tell whether the other end is still there: nothing to read on a quiet line, not even its end."""
        if time.monotonic() - self._heard < _QUIET_SECONDS:
            return True
        try:
            self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __del__(self) -> None:
        # A thread that ended leaves its line behind; a line whose node never answered has no connection.
        if hasattr(self, "_connection"):
            self._connection.close()

    def _say(self, message: bytes) -> None:
        sent = _send_at_once(self._number, message, len(message), socket.MSG_DONTWAIT)
        if sent < len(message):
            # No room left, or the line is broken: this waits, or says what is wrong.
            self._socket.sendall(message[max(sent, 0) :])

    def _receive(self) -> bytes:
        data = self._socket.recv(_FIRST_CHUNK)
        while len(data) < _LENGTH:
            data += self._more()
        missing = int.from_bytes(data[1:_LENGTH], "big") + _LENGTH - len(data)
        if missing <= 0:
            return data
        parts = [data]
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bytes:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise ConnectionResetError("the node hung up")
        return data


def _answer(data: bytes) -> Any:
    if not data:
        raise ConnectionResetError("the node hung up")
    if data[_LENGTH : _LENGTH + len(_FINE)] == _FINE and data[_BODY_AT : _BODY_AT + 2] == _BODY:
        found = msgpack.unpackb(memoryview(data)[_BODY_AT + 2 :], strict_map_key=False, use_list=False)
        return found[0] if found else None
    unpacker = msgpack.Unpacker(strict_map_key=False, max_buffer_size=0, use_list=False)
    unpacker.feed(memoryview(data)[_LENGTH:])
    header, body = unpacker.unpack(), unpacker.unpack()
    if header[_CODE]:
        raise NodeError(body.get(_ERROR, ""))
    found = body[_DATA]
    return found[0] if found else None


class Connections(threading.local):
    """The lines of this process to one node, one a thread."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._line: Line | None = None
        self._process = 0

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a procedure once; raise Unavailable when it is not known to have answered."""
        try:
            line = self._ready()
            return line.call(name, arguments)
        except (OSError, TarantoolError) as error:
            self._drop()
            raise Unavailable from error
        except NodeError as error:
            raise Unavailable from error
        except BaseException:
            # An answer that was not read must not be taken for that of the next call.
            self._drop()
            raise

    def call_patiently(self, name: str, *arguments: Any) -> Any:
        """Do the same with a line of its own and a long time to wait."""
        try:
            line = Line(self._address, PATIENT_SECONDS)
        except (OSError, TarantoolError) as error:
            raise Unavailable from error
        try:
            return line.call(name, arguments)
        except (OSError, NodeError) as error:
            raise Unavailable from error
        finally:
            line.close()

    def _ready(self) -> Line:
        # A line must not be shared with the process this one was forked from.
        if self._line is not None and self._process == os.getpid() and self._line.is_alive():
            return self._line
        self._drop()
        self._line, self._process = Line(self._address, SECONDS), os.getpid()
        return self._line

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()
