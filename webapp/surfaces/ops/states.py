"""Every control in every state, for those who build pages; only in debug mode."""

from __future__ import annotations

from flask import abort, render_template

from webapp.surfaces.ops import bp
from webapp.web.access import public
from webapp.web.app import kabinet


@bp.get("/_states")
@public
def states() -> str:
    """Show the page of states."""
    if not kabinet().settings.debug:
        abort(404)
    return render_template("dev/states.html")
