"""What a simulation asks the installation it runs against: where ads may stand, and what accounts are kept in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from webapp.db.engines import reading
from webapp.extensions import db
from webapp.simulator.places import Place, known_places

if TYPE_CHECKING:
    from webapp.web.app import KabinetFlask


def offered_places(app: KabinetFlask) -> Sequence[Place]:
    """Return every place anybody may ask for."""
    with app.app_context(), reading():
        try:
            offered = app.adapters.services(db.session()).inventory.offered()
            return known_places((str(place.public_id), place.site) for place in offered)
        finally:
            db.session.remove()


def currencies(app: KabinetFlask) -> Callable[[int], str]:
    """Return what tells the currency of an advertiser's account."""

    @cache
    def currency_of(advertiser_id: int) -> str:
        with app.app_context(), reading():
            try:
                return app.adapters.services(db.session()).directory.accounts({advertiser_id})[advertiser_id].currency
            finally:
                db.session.remove()

    return currency_of
