"""One page of a longer list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE_SIZES = (25, 50, 100)
#: No list is longer; a larger number in an address would not fit a database's OFFSET.
MAX_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for; numbers start at 1."""

    number: int = 1
    size: int = 50

    def __post_init__(self) -> None:
        """Keep the number within what can be counted."""
        object.__setattr__(self, "number", min(max(1, self.number), MAX_NUMBER))

    @property
    def offset(self) -> int:
        """Return how many items come before the page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The items of one page and how many there are in all."""

    items: Sequence[T]
    total: int
    request: PageRequest

    @property
    def pages(self) -> int:
        """Return the number of pages, at least 1."""
        return max(1, -(-self.total // self.request.size))

    @property
    def first(self) -> int:
        """Return the position of the first item, 0 when there is none."""
        return self.request.offset + 1 if self.items else 0

    @property
    def last(self) -> int:
        """Return the position of the last item."""
        return self.request.offset + len(self.items)
