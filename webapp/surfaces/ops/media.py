"""Pictures of creatives, to anybody who knows their address: that address cannot be guessed."""

from __future__ import annotations

from flask import Flask, Response, request, send_file, url_for
from flask.blueprints import BlueprintSetupState

from webapp.core.ids import PublicId
from webapp.domain.ads.models import Asset
from webapp.domain.ads.pictures import EXTENSIONS
from webapp.domain.ads.services.media import MediaFile
from webapp.surfaces.ops import bp
from webapp.web.access import public
from webapp.web.app import services
from webapp.web.cookieless import CookielessSessions

A_YEAR = 365 * 24 * 3600
#: A file opened by itself can do nothing, whatever is in it.
LONE_FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@bp.record_once
def _without_cookies(state: BlueprintSetupState) -> None:
    assert isinstance(state.app, Flask)
    state.app.session_interface = CookielessSessions()


@bp.get("/media/<public_id:asset_id>.<any(png,jpg,gif,webp):extension>")
@public
def media(asset_id: PublicId, extension: str) -> Response:
    """Hand out a picture."""
    return _answer(services().media.open_public(asset_id, extension))


@bp.get("/media/<public_id:asset_id>-thumb.webp")
@public
def media_thumbnail(asset_id: PublicId) -> Response:
    """Hand out a picture's small copy."""
    return _answer(services().media.open_thumbnail(asset_id))


def _answer(file: MediaFile) -> Response:
    """Send the bytes under their own type, cacheable for ever: another picture has another address."""
    response = send_file(
        file.stream, mimetype=file.mime, download_name=file.name, etag=file.tag, max_age=A_YEAR, conditional=True
    )
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{file.name}"'
    response.headers["Content-Security-Policy"] = LONE_FILE_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # ads are shown on other sites
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "HEAD" or response.status_code == 304:
        file.stream.close()
    return response


@bp.app_template_global()
def media_url(asset: Asset) -> str:
    """Return the address of a picture."""
    return url_for("web.media", asset_id=asset.public_id, extension=EXTENSIONS[asset.mime])


@bp.app_template_global()
def thumb_url(asset: Asset) -> str:
    """Return the address of a picture's small copy; of the picture itself until there is one."""
    return url_for("web.media_thumbnail", asset_id=asset.public_id) if asset.thumbnail_key else media_url(asset)
