"""The application factory."""

from __future__ import annotations

import logging
from datetime import timedelta

from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import extensions
from webapp.db.engines import engine_options, prepare_engine
from webapp.settings import ROOT, Profile, Settings
from webapp.surfaces import admin, auth, cabinet, ops
from webapp.surfaces.loading import import_views
from webapp.web.access import register_access
from webapp.web.app import KabinetFlask
from webapp.web.converters import register_converters
from webapp.web.errors import register_errors
from webapp.web.filters import register_filters
from webapp.web.headers import register_headers
from webapp.web.jinja import register_texts
from webapp.web.locale import choose_locale
from webapp.web.once import register_once
from webapp.web.sessions import register_sessions
from webapp.web.shell import register_shell
from webapp.web.static_files import serve_static_files
from webapp.wiring import Adapters, build_adapters

SURFACES = (auth, cabinet, admin, ops)
#: A request's body; a statistics file is the largest thing anybody sends.
MAX_REQUEST_BYTES = 210 * 1024 * 1024
MAX_FORM_BYTES = 2 * 1024 * 1024


def create_app(settings: Settings, adapters: Adapters | None = None) -> KabinetFlask:
    """Build the application of these settings."""
    app = KabinetFlask(
        "webapp",
        root_path=str(ROOT / "webapp"),
        instance_path=str(settings.instance),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static" / "dist"),
        static_url_path="/static",
    )
    app.settings = settings
    app.config.from_mapping(_config(settings))
    app.adapters = adapters or build_adapters(settings)
    app.config["RATELIMIT_STORAGE_URI"] = app.adapters.redis_url.replace("unix://", "redis+unix://", 1)
    _register(app)
    serve_static_files(app)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        "SESSION_COOKIE_NAME": "kabinet",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "REMEMBER_COOKIE_NAME": "kabinet_remember",
        "REMEMBER_COOKIE_DURATION": timedelta(days=30),
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.secure_cookies,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_FORM_BYTES,
        "MAX_FORM_PARTS": 2000,
        "RATELIMIT_ENABLED": settings.rate_limits,
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": False,
        # A Redis that does not answer must not keep anybody from signing in.
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "webapp" / "translations"),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),
        "TEMPLATES_AUTO_RELOAD": settings.debug,
    }


def _register(app: KabinetFlask) -> None:
    register_converters(app)
    register_headers(app)
    extensions.db.init_app(app)
    with app.app_context():
        prepare_engine(extensions.db.engine)
    extensions.migrate.init_app(app, extensions.db, directory=str(ROOT / "migrations"))
    extensions.csrf.init_app(app)
    extensions.babel.init_app(app, locale_selector=choose_locale)
    extensions.htmx.init_app(app)
    register_sessions(app)
    extensions.limiter.init_app(app)
    register_access(app)
    register_errors(app)
    register_filters(app)
    register_texts(app)
    register_shell(app)
    register_once(app)
    for surface in SURFACES:
        import_views(surface)
        app.register_blueprint(surface.bp)
    if app.settings.profile is Profile.STACK:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
