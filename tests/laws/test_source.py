"""Laws of the source, each failing with the sentence a reviewer would say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted(path for folder in ("webapp", "jobs") for path in (ROOT / folder).rglob("*.py"))
MONEY = [ROOT / "webapp/core/money.py", *sorted((ROOT / "webapp/domain/billing").rglob("*.py"))]
DOMAIN = sorted(path for folder in ("core", "domain") for path in (ROOT / "webapp" / folder).rglob("*.py"))
MAX_LINES = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", [path for path in PYTHON if path != ROOT / "webapp/db/transaction.py"], ids=name_of)
def test_only_one_place_commits(path: Path) -> None:
    lines = [call.lineno for call in calls(path) if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"]
    assert not lines, f"{name_of(path)}:{lines} commits; the entry point does that, through webapp.db.transaction"


@pytest.mark.parametrize("path", MONEY, ids=name_of)
def test_no_float_comes_near_money(path: Path) -> None:
    tree = ast.parse(path.read_text())
    floats = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not floats, f"{name_of(path)}:{floats} has a float; money is integer micros"


@pytest.mark.parametrize("path", [path for path in DOMAIN if path.name != "clock.py"], ids=name_of)
def test_the_domain_asks_the_clock_it_was_given(path: Path) -> None:
    lines = [
        call.lineno
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("now", "utcnow", "today")
        if isinstance(call.func.value, ast.Name) and call.func.value.id in ("datetime", "date")
    ]
    assert not lines, f"{name_of(path)}:{lines} reads the machine's clock; take the Clock port"


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_file_has_one_subject(path: Path) -> None:
    count = len(path.read_text().splitlines())
    assert count <= MAX_LINES, f"{name_of(path)} has {count} lines: it has two subjects, split it"


def test_migrations_are_numbered_in_one_line() -> None:
    files = sorted((ROOT / "migrations/versions").glob("*.py"))
    numbers = [file.name[:4] for file in files]
    assert numbers == [f"{number:04d}" for number in range(1, len(files) + 1)], f"number the migrations: {numbers}"
    for file, number in zip(files, numbers, strict=True):
        text = file.read_text()
        before = f'"{int(number) - 1:04d}"' if number != "0001" else "None"
        assert f'revision = "{number}"' in text, f"{file.name} is not revision {number}"
        assert f"down_revision = {before}" in text, f"{file.name} does not follow {before}"
