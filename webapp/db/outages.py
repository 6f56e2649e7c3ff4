"""Telling a database that is away from a statement that is wrong."""

from __future__ import annotations

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from webapp.db.transaction import is_retryable

#: MySQL: too many connections, access denied while it starts, it shuts down, the network broke off.
_SERVER_CODES = {1040, 1041, 1045, 1053, 1129, 1130, 1152, 1158, 1159, 1160, 1161, 1203}
#: From here on the driver speaks: no connection, connection lost.
_FIRST_CLIENT_CODE = 2000
_SQLITE_OUTAGES = ("locked", "unable to open", "disk", "readonly")


def is_outage(error: BaseException) -> bool:
    """Tell whether the same work may succeed once the database is back."""
    if isinstance(error, InterfaceError | PoolTimeout) or is_retryable(error):
        return True
    if not isinstance(error, OperationalError):
        return False
    code = error.orig.args[0] if error.orig is not None and error.orig.args else ""
    if isinstance(code, int):
        return code >= _FIRST_CLIENT_CODE or code in _SERVER_CODES or error.connection_invalidated
    return error.connection_invalidated or any(word in str(code) for word in _SQLITE_OUTAGES)
