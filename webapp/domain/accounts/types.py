"""Inputs and answers of the accounts domain."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.core.ids import PublicId
from webapp.core.permissions import AdvertiserRole


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody who opens an account tells us."""

    email: str
    password: str
    advertiser_name: str
    currency: str
    zone: str
    name: str = ""
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One advertiser a user belongs to."""

    advertiser_id: int
    advertiser_public_id: PublicId
    advertiser_name: str
    currency: str
    zone: str
    role: AdvertiserRole
