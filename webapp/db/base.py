"""Declarative base and column types that behave alike on SQLite, MySQL and MariaDB."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Integer, MetaData, String
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every model."""

    metadata = MetaData(naming_convention=NAMING)
    __table_args__: Any = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC with microseconds in every database."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Keep microseconds on MySQL too."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a naive instant; store the rest as naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the instant its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


#: SQLite numbers rows by itself only for INTEGER keys.
BigId = BigInteger().with_variant(Integer, "sqlite")
#: Case counts, accents count: what a key, a hash or a public id needs.
ExactString = String(64).with_variant(mysql.VARCHAR(64, collation="utf8mb4_bin"), "mysql", "mariadb")


def exact_string(length: int) -> Any:
    """Return a string type that compares byte by byte on every database."""
    return String(length).with_variant(mysql.VARCHAR(length, collation="utf8mb4_bin"), "mysql", "mariadb")


Key = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
PublicKey = Annotated[str, mapped_column(exact_string(24), unique=True)]
Micros = Annotated[int, mapped_column(BigInteger)]
Instant = Annotated[datetime, mapped_column(UtcDateTime())]


def enum_string(kind: type[enum.Enum], length: int = 24) -> Any:
    """Return a column type that stores an enum's value as text, so that a new value needs no ALTER."""
    return SqlEnum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )
