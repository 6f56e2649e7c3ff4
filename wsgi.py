"""The WSGI application that a server runs."""

from webapp.factory import create_app
from webapp.settings import Settings

app = create_app(Settings.from_env())
