"""For whom the signed-in person acts: worked out once a request, in one query."""

from __future__ import annotations

from typing import cast

from flask import g, request
from flask import session as cookie
from flask_login import current_user

from webapp.core.errors import Forbidden, NotFound
from webapp.core.permissions import ADVERTISER_PERMISSIONS, STAFF_PERMISSIONS
from webapp.core.scope import Actor, Scope, StaffScope
from webapp.domain.accounts.models import User
from webapp.domain.accounts.types import MembershipView
from webapp.web.app import services

ADVERTISER_KEY = "advertiser"


def user() -> User:
    """Return the signed-in person."""
    return cast(User, current_user._get_current_object().user)


def actor() -> Actor:
    """Return the signed-in person as an actor, with the address for the audit log."""
    person = user()
    return Actor(user_id=person.id, name=person.name, ip=request.remote_addr or "")


def memberships() -> list[MembershipView]:
    """Return where the signed-in person belongs, the oldest membership first."""
    if "kabinet_memberships" not in g:
        g.kabinet_memberships = services().accounts.memberships_of(user().id)
    return cast(list[MembershipView], g.kabinet_memberships)


def find_scope() -> Scope | None:
    """Return the scope of the chosen (else the first) advertiser, None for somebody who belongs nowhere."""
    if "kabinet_scope" not in g:
        g.kabinet_scope = _build_scope()
    return cast("Scope | None", g.kabinet_scope)


def _build_scope() -> Scope | None:
    chosen = cookie.get(ADVERTISER_KEY)
    own = memberships()
    membership = next((item for item in own if item.advertiser_public_id == chosen), own[0] if own else None)
    if membership is None:
        return None
    return Scope(
        actor=actor(),
        advertiser_id=membership.advertiser_id,
        advertiser_public_id=membership.advertiser_public_id,
        advertiser_name=membership.advertiser_name,
        currency=membership.currency,
        zone_name=membership.zone,
        permissions=ADVERTISER_PERMISSIONS[membership.role],
        role=membership.role,
    )


def scope() -> Scope:
    """Return the scope of the advertiser acted for; raise NotFound for somebody who belongs nowhere."""
    found = find_scope()
    if found is None:
        raise NotFound
    return found


def staff_scope() -> StaffScope:
    """Return the scope of a member of staff; raise Forbidden for anybody else."""
    role = user().staff_role
    if role is None:
        raise Forbidden
    return StaffScope(actor=actor(), permissions=STAFF_PERMISSIONS[role])


def choose_advertiser(public_id: str) -> None:
    """Act for another advertiser of one's own from now on; raise NotFound for any other."""
    if all(item.advertiser_public_id != public_id for item in memberships()):
        raise NotFound
    cookie[ADVERTISER_KEY] = public_id
    g.pop("kabinet_scope", None)
