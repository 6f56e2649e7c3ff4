"""Opening an account, confirming it, signing in and out, forgotten passwords."""

from __future__ import annotations

from flask import request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from webapp.core.errors import Invalid, NotFound
from webapp.domain.accounts.models import User
from webapp.domain.accounts.types import Registration
from webapp.extensions import limiter
from webapp.surfaces.auth import bp
from webapp.surfaces.auth.forms import EmailForm, NewPasswordForm, RegisterForm, SignInForm
from webapp.web.access import public, signed_in
from webapp.web.app import services
from webapp.web.htmx import go, invalid, page, safe_next, toast
from webapp.web.locale import choose_locale
from webapp.web.sessions import SessionUser
from webapp.web.tenancy import ADVERTISER_KEY, memberships

SIGN_IN_LIMIT = "10 per minute; 60 per hour"
LETTER_LIMIT = "5 per minute; 20 per hour"


def _typed_email() -> str:
    """Count tries against one address together, wherever they come from."""
    return "email:" + request.form.get("email", "").strip().lower()[:254]


@bp.get("/register")
@public
def register() -> ResponseReturnValue:
    """Show the form that opens an account."""
    return page("auth/register.html", form=RegisterForm())


@bp.post("/register")
@public
@limiter.limit(LETTER_LIMIT)
def register_submit() -> ResponseReturnValue:
    """Open an account and ask to look into the mail."""
    form = RegisterForm()
    if not form.validate():
        return invalid("auth/register.html", form=form)
    try:
        services().accounts.register(_registration(form))
    except Invalid as error:
        form.accept(error)
        return invalid("auth/register.html", form=form)
    cookie["awaiting_email"] = form.email.data
    return go(url_for("auth.check_mail"))


def _registration(form: RegisterForm) -> Registration:
    return Registration(
        email=form.email.data or "",
        password=form.password.data or "",
        name=form.name.data or "",
        advertiser_name=form.advertiser_name.data or "",
        currency=form.currency.data,
        zone=form.zone.data,
        locale=choose_locale(),
    )


@bp.get("/check-mail")
@public
def check_mail() -> ResponseReturnValue:
    """Say that a letter is on its way."""
    return page("auth/check_mail.html", email=cookie.get("awaiting_email", ""), form=EmailForm())


@bp.post("/check-mail")
@public
@limiter.limit(LETTER_LIMIT)
@limiter.limit(LETTER_LIMIT, key_func=_typed_email)
def resend_confirmation() -> ResponseReturnValue:
    """Send the confirmation letter again."""
    services().accounts.send_confirmation(request.form.get("email", ""))
    toast(_("If this address waits for confirmation, the letter is on its way again."))
    return go(url_for("auth.check_mail"))


@bp.get("/confirm/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """Show the button that confirms the address; a mail scanner's visit must not press it."""
    return page("auth/confirm.html", token=token)


@bp.post("/confirm/<token>")
@public
def confirm_submit(token: str) -> ResponseReturnValue:
    """Confirm the address and sign in."""
    try:
        user = services().accounts.confirm_email(token)
    except NotFound:
        return page("auth/bad_link.html", status=404, again=url_for("auth.check_mail"))
    _enter(user, remember=False)
    return go(url_for("cabinet.overview"))


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the sign-in form, or go on for whoever is signed in."""
    if current_user.is_authenticated:
        return go(_home())
    return page("auth/sign_in.html", form=SignInForm())


@bp.post("/sign-in")
@public
@limiter.limit(SIGN_IN_LIMIT)
@limiter.limit(SIGN_IN_LIMIT, key_func=_typed_email)
def sign_in_submit() -> ResponseReturnValue:
    """Sign in."""
    form = SignInForm()
    if not form.validate():
        return invalid("auth/sign_in.html", form=form)
    try:
        user = services().accounts.authenticate(form.email.data or "", form.password.data or "")
    except Invalid as error:
        form.accept(error)
        return invalid("auth/sign_in.html", form=form)
    if user.email_confirmed_at is None:
        cookie["awaiting_email"] = user.email
        services().accounts.send_confirmation(user.email)
        return go(url_for("auth.check_mail"))
    _enter(user, remember=bool(form.remember.data))
    return go(safe_next(request.args.get("next"), _home()))


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign out of this session, also where somebody stays signed in."""
    cookie.clear()
    # Last: it leaves a note in the cookie that the one of 30 days is to go.
    logout_user()
    return go(url_for("auth.sign_in"))


@bp.get("/forgot")
@public
def forgot() -> ResponseReturnValue:
    """Show the form that asks for a reset letter."""
    return page("auth/forgot.html", form=EmailForm())


@bp.post("/forgot")
@public
@limiter.limit(LETTER_LIMIT)
@limiter.limit(LETTER_LIMIT, key_func=_typed_email)
def forgot_submit() -> ResponseReturnValue:
    """Send a reset letter, and say the same whether or not there is such an account."""
    form = EmailForm()
    if not form.validate():
        return invalid("auth/forgot.html", form=form)
    services().accounts.forgot_password(form.email.data or "")
    return page("auth/forgot_sent.html", email=form.email.data)


@bp.get("/reset/<token>")
@public
def reset(token: str) -> ResponseReturnValue:
    """Show the form for a new password."""
    try:
        services().accounts.find_by_reset_token(token)
    except NotFound:
        return page("auth/bad_link.html", status=404, again=url_for("auth.forgot"))
    return page("auth/reset.html", form=NewPasswordForm(), token=token)


@bp.post("/reset/<token>")
@public
def reset_submit(token: str) -> ResponseReturnValue:
    """Set the new password and sign in; every other session ends."""
    form = NewPasswordForm()
    if not form.validate():
        return invalid("auth/reset.html", form=form, token=token)
    try:
        user = services().accounts.reset_password(token, form.password.data or "")
    except Invalid as error:
        form.accept(error)
        return invalid("auth/reset.html", form=form, token=token)
    except NotFound:
        return page("auth/bad_link.html", status=404, again=url_for("auth.forgot"))
    _enter(user, remember=False)
    toast(_("Your password is changed. Other sessions have ended."))
    return go(_home())


@bp.get("/no-advertiser")
@signed_in
def no_advertiser() -> ResponseReturnValue:
    """Tell somebody who belongs to no advertiser where to go; staff go to their own area."""
    if current_user.user.staff_role is not None:
        return go(url_for("admin.home"))
    return page("auth/no_advertiser.html")


def _enter(user: User, *, remember: bool) -> None:
    """Start a fresh session for the user, keeping nothing of what was there before."""
    chosen = cookie.get(ADVERTISER_KEY)
    cookie.clear()
    if chosen:
        cookie[ADVERTISER_KEY] = chosen
    login_user(SessionUser(user), remember=remember)


def _home() -> str:
    return url_for("cabinet.overview") if memberships() else url_for("auth.no_advertiser")
