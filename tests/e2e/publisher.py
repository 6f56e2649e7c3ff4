"""A publisher's plain page, a shop to land on, and the delivery surface beside them, for a browser."""

from __future__ import annotations

import io
import os
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.e2e.live import free_port, process
from tests.servers import Servers
from tests.support.apps import settings_for
from tests.support.serving import DAY_SECONDS, ad, campaign, lease, placement, whole_days
from webapp.domain.delivery.ports import ServingStore
from webapp.domain.delivery.types import LogRecord
from webapp.settings import Profile
from webapp.surfaces.admin.tags import script_tag
from webapp.surfaces.delivery.app import DeliveryApp
from webapp.wiring import geography_of, serving_nodes

NEVER_MS = 4_000_000_000_000
START_SECONDS = 60


@dataclass
class Publisher:
    """A site with tags on its pages."""

    url: str
    delivery: str
    stores: tuple[ServingStore, ...]
    number: int
    #: The markup of the page, and what it is sent with.
    body: str = ""
    policy: str = ""

    def sell(self, size: str = "300x250", **fields: Any) -> None:
        """Publish one campaign for one placement on every node, with money for today."""
        today = int(time.time()) // DAY_SECONDS
        landing = f"{self.url}/landing?a=1&a=1&empty=&c={{campaign_id}}&click={{click_id}}"
        values = {"landing_url": landing, "image": "/media/picture.png", "size": size, **fields}
        shown = campaign(
            self.number, public_id=f"cm_{self.number}", ads=(ad(self.number, **values),), windows=whole_days(today - 1)
        )
        for store in self.stores:
            store.migrate()
            store.publish((placement(self.number, size=size),), (shown,))
            store.grant(lease(self.number, self.number, 1_000_000, today), NEVER_MS)

    def withdraw(self) -> None:
        """Take placement and campaign out again, so that the next has its placement for itself."""
        for store in self.stores:
            store.withdraw([self.number], [self.number])
            store.revoke([self.number])

    def tag(self, size: str = "300x250") -> str:
        """Return the JS tag of the placement, as staff copy it."""
        return script_tag(f"pl_{self.number}", size, self.delivery)

    def logged(self) -> list[LogRecord]:
        """Return what the nodes logged of the campaign."""
        found = [
            record
            for store in self.stores
            for record in store.read(store.state().first_seq - 1, 100_000)
            if record.campaign_id == self.number
        ]
        return sorted(found, key=lambda record: record.at_ms)

    def waited(self, count: int) -> list[str]:
        """Wait until so many events are logged; return their kinds, filtered ones with their verdict."""
        deadline = time.monotonic() + 20
        while len(self.logged()) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return [":".join(filter(None, (record.kind.value, record.verdict.value))) for record in self.logged()]

    def answer(self, request: Request) -> Response:
        """Serve the page, the picture and the shop."""
        if request.path == "/media/picture.png":
            return Response(_picture(), mimetype="image/png")
        if request.path == "/landing":
            return Response("<!doctype html><title>Shop</title><p>Welcome to the shop.", mimetype="text/html")
        if request.path != "/":
            return Response(status=404)
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        html = (
            f'<!doctype html><html lang="en"><title>News</title><link rel="icon" href="data:,"><h1>News</h1>{self.body}'
        )
        return Response(html, mimetype="text/html", headers=headers)


@contextmanager
def publisher(profile: Profile, folder: Path, servers: Servers | None, number: int) -> Iterator[Publisher]:
    """Serve a publisher's page beside a delivery surface of a profile."""
    with ExitStack() as stack:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = replace(settings_for(profile, folder, servers), public_url=url)
        stores = serving_nodes(settings)
        for store in stores:
            store.migrate()
        delivery_port = free_port()
        running = Publisher(url, f"http://127.0.0.1:{delivery_port}", stores, number)
        if profile is Profile.STACK:
            stack.enter_context(_process(settings.serving_urls, url, running.delivery, delivery_port, folder))
        else:
            settings = replace(settings, delivery_url=running.delivery)
            _serve(stack, delivery_port, DeliveryApp(settings, stores, geography_of(settings)))
        _serve(stack, port, Request.application(running.answer))
        yield running


@contextmanager
def _process(serving: tuple[str, ...], public: str, url: str, port: int, folder: Path) -> Iterator[None]:
    """Run the delivery surface as operators do, alone: it is told of nothing but its nodes."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KABINET_")},
        "KABINET_PROFILE": "stack",
        "KABINET_INSTANCE": str(folder),
        "SECRET_KEY": "end-to-end-tests-only-0123456789-abcdefghijk",
        "SERVING_URLS": " ".join(serving),
        "PUBLIC_URL": public,
        "DELIVERY_URL": url,
        "PORT": str(port),
    }
    with process(["serve", "--surface", "delivery"], environment, folder / "delivery.log"):
        _wait(f"{url}/health", folder / "delivery.log")
        yield


def _wait(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"delivery does not answer:\n{log.read_text(errors='replace')[-4000:]}")


def _serve(stack: ExitStack, port: int, app: Any) -> None:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.shutdown)


def _picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (300, 250), (40, 90, 160)).save(made, "PNG")
    return made.getvalue()
