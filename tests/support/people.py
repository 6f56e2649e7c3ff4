"""People and advertisers for functional tests: fresh ones for each test."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tests.support.browser import Browser
from webapp.core.permissions import ADVERTISER_PERMISSIONS, AdvertiserRole, StaffRole
from webapp.core.scope import Actor, Scope
from webapp.db.transaction import transaction
from webapp.domain.accounts.models import User
from webapp.domain.accounts.services import scope_of
from webapp.domain.accounts.types import Registration
from webapp.extensions import db
from webapp.web.app import KabinetFlask

PASSWORD = "correct horse battery"


@dataclass
class Person:
    """A signed-in person: the browser, and the scope the same person has below the web."""

    browser: Browser
    scope: Scope
    email: str


def open_account(
    app: KabinetFlask, *, name: str = "Mara Lindholm", currency: str = "USD", zone: str = "Europe/Riga"
) -> Scope:
    """Register and confirm a user with an advertiser of its own; return the owner's scope."""
    email = f"person-{secrets.token_hex(6)}@tallbrook.example"
    with app.app_context(), transaction(db.session()) as session:
        services = app.adapters.services(session)
        services.accounts.register(
            Registration(
                email=email,
                password=PASSWORD,
                advertiser_name="Tallbrook Outdoor",
                currency=currency,
                zone=zone,
                name=name,
            )
        )
        user = services.accounts.authenticate(email, PASSWORD)
        user.email_confirmed_at = app.adapters.clock.now()
        membership = services.accounts.memberships_of(user.id)[0]
        return Scope(
            actor=Actor(user.id, user.name),
            advertiser_id=membership.advertiser_id,
            advertiser_public_id=membership.advertiser_public_id,
            advertiser_name=membership.advertiser_name,
            currency=currency,
            zone_name=zone,
            permissions=ADVERTISER_PERMISSIONS[AdvertiserRole.OWNER],
            role=AdvertiserRole.OWNER,
        )


def sign_in(app: KabinetFlask, user_id: int) -> Browser:
    """Return a browser with a session of this user."""
    client = app.test_client()
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user is not None
        token, _email = f"{user.public_id}:{user.session_epoch}", user.email
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return Browser(client)


def new_owner(app: KabinetFlask, **about: str) -> Person:
    """Return the signed-in owner of a fresh advertiser."""
    scope = open_account(app, **about)
    assert scope.actor.user_id is not None
    return Person(sign_in(app, scope.actor.user_id), scope, "")


def new_member(app: KabinetFlask, scope: Scope, role: AdvertiserRole) -> Browser:
    """Return a signed-in member with a role at an existing advertiser."""
    other = open_account(app, name=f"The {role}")
    assert other.actor.user_id is not None
    with app.app_context(), transaction(db.session()) as session:
        from webapp.domain.accounts.models import Advertiser, Membership

        services = app.adapters.services(session)
        session.query(Membership).filter_by(user_id=other.actor.user_id).delete()
        advertiser, user = session.get(Advertiser, scope.advertiser_id), session.get(User, other.actor.user_id)
        assert advertiser is not None
        assert user is not None
        services.accounts.add_member(scope.actor, advertiser, user, role)
    return sign_in(app, other.actor.user_id)


def new_staff(app: KabinetFlask, role: StaffRole = StaffRole.ADMIN) -> Browser:
    """Return a signed-in member of staff."""
    with app.app_context(), transaction(db.session()) as session:
        email = f"staff-{secrets.token_hex(6)}@kabinet.example"
        user = app.adapters.services(session).accounts.create_staff(email, PASSWORD, "Oskar Tamm", role)
        session.flush()
        user_id = user.id
    return sign_in(app, user_id)


def system_scope(app: KabinetFlask, scope: Scope) -> Scope:
    """Return the system's own scope for the advertiser of another scope."""
    from webapp.domain.accounts.models import Advertiser

    with app.app_context():
        row = db.session.get(Advertiser, scope.advertiser_id)
        assert row is not None
        return scope_of(row, scope.actor)
