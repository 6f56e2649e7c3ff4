"""Batches in ClickHouse's Native format: columns as the engine keeps them, the fastest thing it can read."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any

from webapp.domain.analytics.types import FactBatch

_TYPES = {"UInt8": "B", "UInt16": "H", "UInt32": "I", "UInt64": "Q", "Int64": "q"}
#: Columns that are not String.
COLUMN_TYPES = {
    "advertiser_id": "UInt32", "source": "UInt8", "import_id": "UInt32", "ts": "DateTime('UTC')", "local_day": "Date",
    "campaign_id": "UInt32", "ad_id": "UInt32", "dim_names": "Array(String)", "dim_values": "Array(String)",
    "impressions": "UInt64", "clicks": "UInt64", "conversions": "UInt64", "sales": "UInt64",
    "spend_micros": "Int64", "revenue_micros": "Int64", "filtered": "UInt64",
    "node": "UInt16", "seq": "UInt64", "decision": "UInt64", "placement_id": "UInt32", "decided_ms": "Int64",
    "happened_ms": "Int64", "lease_id": "UInt64", "after": "UInt64", "touched": "Array(UInt64)",
}  # fmt: skip


def encode(batch: FactBatch) -> bytes:
    """Return the batch as one block."""
    words: dict[str, bytes] = {}
    names = batch.columns()
    parts = [_length(len(names)), _length(len(batch))]
    for name in names:
        kind = COLUMN_TYPES.get(name, "String")
        parts += [_text(name), _text(kind), _column(kind, getattr(batch, name), words)]
    return b"".join(parts)


def _column(kind: str, values: Sequence[Any], words: dict[str, bytes]) -> bytes:
    if kind == "String":
        return _strings(values, words)
    if kind.startswith("Array("):
        ends = array("Q", accumulate(map(len, values)))
        inner = kind.removeprefix("Array(").removesuffix(")")
        return _little_endian(ends) + _column(inner, list(chain.from_iterable(values)), words)
    stored = {"Date": "UInt16", "DateTime('UTC')": "UInt32"}.get(kind, kind)
    return _little_endian(array(_TYPES[stored], values))


def _strings(values: Sequence[str], words: dict[str, bytes]) -> bytes:
    """Encode each different word once: dimensions repeat themselves."""
    for word in set(values).difference(words):
        words[word] = _text(word)
    return b"".join(map(words.__getitem__, values))


def _text(word: str) -> bytes:
    encoded = word.encode("utf-8", "replace")
    return _length(len(encoded)) + encoded


def _length(number: int) -> bytes:
    """Encode seven bits a byte, the low ones first; a set high bit says that more follow."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _little_endian(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
