"""The frame around every page: who is signed in, where they may go, what is left on the balance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import get_locale, gettext
from flask_login import current_user

from webapp.core.permissions import AdvertiserRole, Permission, StaffRole
from webapp.core.scope import Scope
from webapp.domain.accounts.types import MembershipView
from webapp.web.app import services
from webapp.web.tenancy import find_scope, memberships, staff_scope, user


@dataclass(frozen=True, slots=True)
class ShellUser:
    """The signed-in person."""

    name: str
    initials: str
    email: str


@dataclass(frozen=True, slots=True)
class ShellAdvertiser:
    """An advertiser in the switcher."""

    public_id: str
    name: str
    initials: str
    role_label: str
    currency: str
    zone: str


@dataclass(frozen=True, slots=True)
class ShellBalance:
    """The balance card at the foot of the side bar."""

    available_micros: int
    currency: str
    days_left: int | None


@dataclass
class Shell:
    """What the layouts show; each part is looked up only when a layout asks for it."""

    theme: str
    locale: str
    _counts: dict[str, int] = field(default_factory=dict)

    @cached_property
    def user(self) -> ShellUser | None:
        """Return the signed-in person."""
        if not current_user.is_authenticated:
            return None
        person = user()
        return ShellUser(person.name, initials(person.name), person.email)

    @cached_property
    def scope(self) -> Scope | None:
        """Return the scope of the advertiser acted for."""
        return find_scope() if current_user.is_authenticated else None

    @cached_property
    def advertiser(self) -> ShellAdvertiser | None:
        """Return the advertiser acted for."""
        scope = self.scope
        return next((item for item in self.memberships if scope and item.public_id == scope.advertiser_public_id), None)

    @cached_property
    def memberships(self) -> list[ShellAdvertiser]:
        """Return every advertiser the person may switch to."""
        return [_advertiser(item) for item in memberships()] if current_user.is_authenticated else []

    @cached_property
    def is_staff(self) -> bool:
        """Tell whether the person may enter the staff area."""
        return bool(current_user.is_authenticated and user().staff_role)

    @cached_property
    def staff_role_label(self) -> str:
        """Return the staff role in words."""
        role = user().staff_role if self.is_staff else None
        return staff_role_label(role) if role else ""

    @cached_property
    def nav_counts(self) -> dict[str, int]:
        """Return the figures beside the menu's entries."""
        if "/admin" in request.path:
            return self._staff_counts() if self.is_staff else {}
        return services().campaigns.nav_counts(self.scope) if self.scope else {}

    @cached_property
    def balance(self) -> ShellBalance | None:
        """Return the balance card, None where the role may not see it."""
        scope = self.scope
        if scope is None or not scope.can(Permission.BALANCE_READ):
            return None
        balances = services().balances
        return ShellBalance(balances.balance(scope).available_micros, scope.currency, balances.days_left(scope))

    @cached_property
    def unread(self) -> int | None:
        """Return how many notices are unread, None outside the cabinet."""
        if request.blueprint != "cabinet" or self.scope is None:
            return None
        return services().notices.unread_count(self.scope)

    def _staff_counts(self) -> dict[str, int]:
        if not self.can(Permission.STAFF_MODERATE):
            return {}
        return {"moderation": services().moderation.queue_state(staff_scope()).waiting}

    def can(self, permission: str) -> bool:
        """Tell whether the person may do this, for templates."""
        wanted = Permission(permission)
        if wanted.startswith("staff."):
            from webapp.core.permissions import STAFF_PERMISSIONS

            role = user().staff_role if self.is_staff else None
            return role is not None and wanted in STAFF_PERMISSIONS[role]
        return self.scope is not None and self.scope.can(wanted)


def initials(name: str) -> str:
    """Return one or two letters that stand for a name."""
    words = [word for word in name.split() if word[0].isalnum()] or [name or "?"]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def role_label(role: AdvertiserRole) -> str:
    """Return an advertiser role in words."""
    return str(
        {
            AdvertiserRole.OWNER: gettext("Owner"),
            AdvertiserRole.MANAGER: gettext("Manager"),
            AdvertiserRole.ANALYST: gettext("Analyst"),
            AdvertiserRole.BILLING: gettext("Billing"),
        }[role]
    )


def staff_role_label(role: StaffRole) -> str:
    """Return a staff role in words."""
    return str(
        {
            StaffRole.ADMIN: gettext("Administrator"),
            StaffRole.MODERATOR: gettext("Moderator"),
            StaffRole.FINANCE: gettext("Finance"),
            StaffRole.SUPPORT: gettext("Support"),
        }[role]
    )


def _advertiser(item: MembershipView) -> ShellAdvertiser:
    name = item.advertiser_name
    return ShellAdvertiser(
        item.advertiser_public_id, name, initials(name), role_label(item.role), item.currency, item.zone
    )


def shell() -> Shell:
    """Return the frame of this request's page."""
    if "kabinet_shell" not in g:
        theme = request.cookies.get("theme", "system")
        locale = get_locale()
        g.kabinet_shell = Shell(
            theme=theme if theme in ("light", "dark") else "system", locale=locale.language if locale else "en"
        )
    found: Shell = g.kabinet_shell
    return found


def register_shell(app: Flask) -> None:
    """Give templates `shell`."""

    @app.context_processor
    def _context() -> dict[str, Any]:
        return {"shell": shell()} if has_request_context() else {}

    # Macros are imported without the page's context, so the bell asks for itself.
    app.jinja_env.globals["unread_notices"] = lambda: shell().unread if has_request_context() else None
