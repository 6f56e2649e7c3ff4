"""What is done to something that serving stores know leaves an event beside its line in the log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.loops.subscriptions import CONSUMERS, handler_of
from webapp.domain.events import types
from webapp.domain.events.topics import matches

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted((ROOT / "webapp/domain/ads/services").glob("*.py"))
NAMES = {name: value for name, value in vars(types).items() if name.isupper() and isinstance(value, str)}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def records(function: ast.FunctionDef, where: str) -> bool:
    """Tell whether a function calls `self._<where>.record`."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(ast.unparse(call) == f"self._{where}.record" for call in calls)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_what_is_audited_is_told(path: Path) -> None:
    silent = [found.name for found in functions(path) if records(found, "audit") and not records(found, "outbox")]
    assert not silent, f"{path.name}: {', '.join(silent)} writes to the log but tells no event"


@pytest.mark.parametrize("name", NAMES.values())
def test_an_events_name_says_folder_noun_verb_and_version(name: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+\.[a-z]+\.v\d+", name), f"{name} is no <folder>.<noun>.<past verb>.v<number>"


@pytest.mark.parametrize("name", NAMES.values())
def test_somebody_listens_to_every_event(name: str) -> None:
    heard = any(matches(pattern, name) for consumer in CONSUMERS.values() for pattern in consumer.patterns)
    assert heard, f"nobody listens to {name}: leave it out or subscribe to it"


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_consumer_has_its_handler(consumer: str) -> None:
    assert callable(handler_of(consumer))
