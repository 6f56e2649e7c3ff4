"""Opening accounts, proving addresses, signing in and changing passwords."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core.clock import Clock
from webapp.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from webapp.core.ids import PublicId, new_public_id
from webapp.core.paging import Page, PageRequest
from webapp.core.permissions import AdvertiserRole, Permission, StaffRole
from webapp.core.scope import SYSTEM, SYSTEM_PERMISSIONS, Actor, Scope, StaffScope
from webapp.db.likes import ESCAPE, anywhere
from webapp.domain.accounts.models import Advertiser, Membership, User
from webapp.domain.accounts.passwords import Passwords, password_fault
from webapp.domain.accounts.policies import ensure_can_register, normalise_email
from webapp.domain.accounts.ports import Postbox
from webapp.domain.accounts.tokens import Tokens
from webapp.domain.accounts.types import MembershipView, Registration
from webapp.domain.audit.services import AuditLog, difference


class Accounts:
    """Users, advertisers and memberships."""

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, passwords: Passwords, tokens: Tokens, postbox: Postbox
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._passwords = passwords
        self._tokens = tokens
        self._postbox = postbox

    # --- opening an account -------------------------------------------------------------------

    def register(self, registration: Registration) -> None:
        """Open an account and send the confirmation letter.

        A taken address gets a letter that says so; who registers is told the same either way, after the same time.
        """
        email = ensure_can_register(registration)
        known = self._find_by_email(email)
        is_same = known is not None and self._passwords.verify(known.password_hash, registration.password)
        if known is None:
            is_same = True
            try:
                with self._session.begin_nested():
                    known = self._create(registration, email)
            except IntegrityError:  # a second click won the race
                known = self._find_by_email(email)
                if known is None:
                    raise
        self._postbox.post(self._letter_to(known, is_same=is_same), known.id)

    @staticmethod
    def _letter_to(user: User, *, is_same: bool) -> str:
        """Return which letter whoever reads the address gets.

        An account that waits for confirmation under another password may have been opened by a stranger: the password
        is then chosen anew through the letter, and links sent before confirm nothing any more.
        """
        if user.email_confirmed_at is not None or user.disabled_at is not None:
            return "account_exists"
        if is_same:
            return "confirm_email"
        user.session_epoch += 1
        return "reset_password"

    def _create(self, registration: Registration, email: str) -> User:
        name = registration.name.strip() or email.split("@", maxsplit=1)[0]
        user = self._add_user(email, registration.password, name, registration.locale)
        actor = Actor(user.id, user.name)
        advertiser = self.create_advertiser(
            actor, registration.advertiser_name, registration.currency, registration.zone
        )
        self.add_member(actor, advertiser, user, AdvertiserRole.OWNER)
        return user

    def _add_user(
        self, email: str, password: str, name: str, locale: str = "en", staff_role: StaffRole | None = None
    ) -> User:
        user = User(
            public_id=new_public_id("u"),
            email=email,
            name=name[:120],
            password_hash=self._passwords.hash(password),
            locale=locale,
            staff_role=staff_role,
            session_epoch=1,
            created_at=self._clock.now(),
        )
        self._session.add(user)
        self._session.flush()
        return user

    def create_advertiser(self, actor: Actor, name: str, currency: str, zone: str) -> Advertiser:
        """Open an advertiser; its currency and zone are for good."""
        advertiser = Advertiser(
            public_id=new_public_id("a"), name=name.strip(), currency=currency, zone=zone, created_at=self._clock.now()
        )
        self._session.add(advertiser)
        self._session.flush()
        self._audit.record(
            actor,
            "advertiser.create",
            advertiser_id=advertiser.id,
            subject_type="advertiser",
            subject_id=advertiser.public_id,
            subject_name=advertiser.name,
            changes=difference({}, {"currency": currency, "zone": zone}),
        )
        return advertiser

    def add_member(self, actor: Actor, advertiser: Advertiser, user: User, role: AdvertiserRole) -> Membership:
        """Give a user a role at an advertiser."""
        membership = Membership(user_id=user.id, advertiser_id=advertiser.id, role=role, created_at=self._clock.now())
        self._session.add(membership)
        self._session.flush()
        self._audit.record(
            actor,
            "member.add",
            advertiser_id=advertiser.id,
            subject_type="user",
            subject_id=user.public_id,
            subject_name=user.name,
            changes=difference({}, {"role": role}),
        )
        return membership

    def create_staff(self, email: str, password: str, name: str, role: StaffRole) -> User:
        """Add a member of staff, or give an existing user the role (its password stays); for the command line."""
        address = normalise_email(email)
        user = self._find_by_email(address)
        if user is None:
            fault = password_fault(password, email=address)
            if fault:
                raise Invalid({"password": fault})
            user = self._add_user(address, password, name or address.split("@")[0])
        before = {"staff_role": user.staff_role}
        user.staff_role = role
        user.email_confirmed_at = user.email_confirmed_at or self._clock.now()
        self._audit.record(
            SYSTEM,
            "user.staff_role",
            advertiser_id=None,
            subject_type="user",
            subject_id=user.public_id,
            subject_name=user.name,
            changes=difference(before, {"staff_role": role}),
        )
        return user

    # --- proving an address -------------------------------------------------------------------

    def send_confirmation(self, email: str) -> None:
        """Send the confirmation letter again, if there is such an account and it still needs one."""
        user = self._find_by_email(email.strip().lower())
        if user is not None and user.email_confirmed_at is None:
            self._postbox.post("confirm_email", user.id)

    def confirm_email(self, token: str) -> User:
        """Take a confirmation link; raise NotFound when it is false, too old or of another address."""
        read = self._tokens.read_confirm(token)
        user = self._find_by_public_id(read[0]) if read else None
        if read is None or user is None or not self._tokens.confirms(user, read[1]):
            raise NotFound("This link is no longer valid. Sign in and ask for a new one.")
        user.email_confirmed_at = user.email_confirmed_at or self._clock.now()
        return user

    # --- signing in ---------------------------------------------------------------------------

    def authenticate(self, email: str, password: str) -> User:
        """Return the user these belong to; raise Invalid without telling which of the two is wrong."""
        user = self._find_by_email(email.strip().lower())
        good = self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not good:
            raise Invalid({"password": "This e-mail and password do not belong together."})
        if user.disabled_at is not None:
            raise Invalid("This account is closed. Write to support to open it again.")
        if user.email_confirmed_at is not None:
            user.last_signed_in_at = self._clock.now()
        if self._passwords.is_outdated(user.password_hash):
            user.password_hash = self._passwords.hash(password)
        return user

    def find_user(self, public_id: str, epoch: int) -> User | None:
        """Return the user of a session unless the session was ended or the account closed."""
        user = self._find_by_public_id(public_id)
        return user if user and user.session_epoch == epoch and user.disabled_at is None else None

    # --- passwords ----------------------------------------------------------------------------

    def forgot_password(self, email: str) -> None:
        """Send a reset letter, if there is such an account; the caller is told the same either way."""
        user = self._find_by_email(email.strip().lower())
        if user is not None and user.disabled_at is None:
            self._postbox.post("reset_password", user.id)

    def find_by_reset_token(self, token: str) -> User:
        """Return the user of a reset link; raise NotFound when it is false, too old or used."""
        read = self._tokens.read_reset(token)
        user = self._find_by_public_id(read[0]) if read else None
        if read is None or user is None or not self._tokens.matches(user, read[1]):
            raise NotFound("This link is no longer valid. Ask for a new one.")
        return user

    def reset_password(self, token: str, password: str) -> User:
        """Set a new password through a reset link; the address is proven by it, all sessions end."""
        user = self.find_by_reset_token(token)
        self._set_password(user, password, field="password")
        user.email_confirmed_at = user.email_confirmed_at or self._clock.now()
        return user

    def change_password(self, actor: Actor, current: str, new: str) -> User:
        """Change one's own password; every other session ends."""
        user = self._session.get(User, actor.user_id) if actor.user_id else None
        if user is None:
            raise NotFound
        if not self._passwords.verify(user.password_hash, current):
            raise Invalid({"current": "This is not your current password."})
        self._set_password(user, new, field="new")
        return user

    def _set_password(self, user: User, password: str, *, field: str) -> None:
        fault = password_fault(password, email=user.email)
        if fault:
            raise Invalid({field: fault})
        user.password_hash = self._passwords.hash(password)
        user.session_epoch += 1
        self._audit.record(
            Actor(user.id, user.name),
            "user.password",
            advertiser_id=None,
            subject_type="user",
            subject_id=user.public_id,
            subject_name=user.name,
        )
        self._postbox.post("password_changed", user.id)

    def set_locale(self, actor: Actor, locale: str) -> None:
        """Remember the language somebody reads."""
        user = self._session.get(User, actor.user_id) if actor.user_id else None
        if user is not None:
            user.locale = locale

    def rename(self, actor: Actor, name: str) -> None:
        """Change one's own name."""
        user = self._session.get(User, actor.user_id) if actor.user_id else None
        if user is None:
            raise NotFound
        if not name.strip():
            raise Invalid({"name": "Write your name."})
        user.name = name.strip()[:120]

    def rename_advertiser(self, scope: Scope, name: str) -> None:
        """Change the advertiser's name."""
        scope.require(Permission.ADVERTISER_MANAGE)
        if not 0 < len(name.strip()) <= 120:
            raise Invalid({"advertiser_name": FieldError("Write a name of 1 to %(count)s characters.", count=120)})
        advertiser = self._session.get(Advertiser, scope.advertiser_id)
        if advertiser is None:
            raise NotFound
        changes = difference({"name": advertiser.name}, {"name": name.strip()})
        advertiser.name = name.strip()
        if changes:
            self._audit.record(
                scope.actor,
                "advertiser.update",
                advertiser_id=advertiser.id,
                subject_type="advertiser",
                subject_id=advertiser.public_id,
                subject_name=advertiser.name,
                changes=changes,
            )

    # --- belonging ----------------------------------------------------------------------------

    def memberships_of(self, user_id: int) -> list[MembershipView]:
        """Return where a user belongs, the oldest membership first."""
        query = (
            select(Membership.role, Advertiser)
            .join(Advertiser, Advertiser.id == Membership.advertiser_id)
            .where(Membership.user_id == user_id)
            .order_by(Membership.id)
        )
        return [
            MembershipView(row.id, PublicId(row.public_id), row.name, row.currency, row.zone, role)
            for role, row in self._session.execute(query)
        ]

    def system_scope(self, advertiser_public_id: str, actor: Actor = SYSTEM) -> Scope:
        """Return the scope of a job or a command at work for an advertiser; raise NotFound."""
        row = self._session.scalar(select(Advertiser).where(Advertiser.public_id == advertiser_public_id))
        if row is None:
            raise NotFound("There is no advertiser %(id)s.", id=advertiser_public_id)
        return scope_of(row, actor)

    def system_scope_by_id(self, advertiser_id: int, actor: Actor = SYSTEM) -> Scope:
        """Return the scope of a job at work for an advertiser; raise NotFound."""
        row = self._session.get(Advertiser, advertiser_id)
        if row is None:
            raise NotFound
        return scope_of(row, actor)

    def get_user(self, user_id: int) -> User:
        """Return a user by internal id, for letters; raise NotFound."""
        user = self._session.get(User, user_id)
        if user is None:
            raise NotFound
        return user

    def _find_by_email(self, email: str) -> User | None:
        return self._session.scalar(select(User).where(User.email == email))

    def _find_by_public_id(self, public_id: str) -> User | None:
        return self._session.scalar(select(User).where(User.public_id == public_id))

    # --- staff --------------------------------------------------------------------------------

    def search_users(self, staff: StaffScope, page: PageRequest, text: str = "") -> Page[User]:
        """Return a page of all users, newest first, filtered by address, name or id."""
        staff.require(Permission.STAFF_USERS)
        query = select(User)
        if text:
            like = anywhere(text)
            query = query.where(
                or_(User.email.like(like, escape=ESCAPE), User.name.like(like, escape=ESCAPE), User.public_id == text)
            )
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = self._session.scalars(query.order_by(User.id.desc()).offset(page.offset).limit(page.size))
        return Page(list(rows), total, page)

    def set_disabled(self, staff: StaffScope, public_id: str, disabled: bool, reason: str) -> User:
        """Close or open a user's account, with the reason for the audit log; all sessions end."""
        staff.require(Permission.STAFF_USERS)
        user = self._find_by_public_id(public_id)
        if user is None:
            raise NotFound
        if user.id == staff.actor.user_id:
            raise Conflict("You cannot close your own account.")
        if user.staff_role is not None and Permission.STAFF_LEDGER_ADJUST not in staff.permissions:
            raise Forbidden
        if not reason.strip():
            raise Invalid({"reason": "Write why; it is kept in the audit log."})
        user.disabled_at = self._clock.now() if disabled else None
        user.session_epoch += 1
        self._audit.record(
            staff.actor,
            "user.disable" if disabled else "user.enable",
            advertiser_id=None,
            subject_type="user",
            subject_id=user.public_id,
            subject_name=user.name,
            reason=reason.strip(),
        )
        return user


def scope_of(row: Advertiser, actor: Actor) -> Scope:
    """Return the full scope of an advertiser for the system's own work."""
    return Scope(
        actor=actor,
        advertiser_id=row.id,
        advertiser_public_id=PublicId(row.public_id),
        advertiser_name=row.name,
        currency=row.currency,
        zone_name=row.zone,
        permissions=SYSTEM_PERMISSIONS,
    )
