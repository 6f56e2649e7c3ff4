"""Importing every view module of a surface."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def import_views(package: ModuleType) -> None:
    """Import each module of the package, so that its routes are registered."""
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
