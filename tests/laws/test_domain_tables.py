"""A folder of the domain keeps its tables to itself: others call its services and use its types."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = ROOT / "webapp" / "domain"
PRIVATE = ("models", "store")
FILES = sorted(path for path in DOMAIN.glob("*/**/*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """List the full names a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def foreign_tables(file: Path) -> list[str]:
    """List what a file takes from the models or the store of another folder."""
    own = file.relative_to(DOMAIN).parts[0]
    names = (name.split(".") for name in imported(ast.parse(file.read_text())))
    return [
        ".".join(parts)
        for parts in names
        if parts[:2] == ["webapp", "domain"] and parts[2:3] != [own] and parts[3:4] and parts[3] in PRIVATE
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(DOMAIN)))
def test_no_folder_reaches_into_the_tables_of_another(file: Path) -> None:
    found = foreign_tables(file)
    assert not found, f"{file.relative_to(ROOT)} imports {', '.join(found)}: ask that folder's services instead"
