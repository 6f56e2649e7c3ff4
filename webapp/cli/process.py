"""What every server process does once it has loaded."""

from __future__ import annotations

import gc


def tame_collector() -> None:
    """Keep the garbage collector from walking the whole program while somebody waits for a page.

    What is loaded by now stays for good, and a page makes tens of thousands of short-lived objects, hardly one of
    them in a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
