"""One permission enum and one table; views, services and templates all ask here."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What somebody may do."""

    CAMPAIGN_READ = "campaign.read"
    CAMPAIGN_WRITE = "campaign.write"
    CREATIVE_READ = "creative.read"
    CREATIVE_WRITE = "creative.write"
    BALANCE_READ = "balance.read"
    BALANCE_TOP_UP = "balance.top_up"
    REPORT_READ = "report.read"
    STATISTICS_IMPORT = "statistics.import"
    ADVERTISER_MANAGE = "advertiser.manage"

    STAFF_AREA = "staff.area"
    STAFF_MODERATE = "staff.moderate"
    STAFF_ADVERTISERS = "staff.advertisers"
    STAFF_USERS = "staff.users"
    STAFF_LEDGER_READ = "staff.ledger.read"
    STAFF_LEDGER_ADJUST = "staff.ledger.adjust"
    STAFF_INVENTORY_READ = "staff.inventory.read"
    STAFF_INVENTORY = "staff.inventory"
    STAFF_JOBS = "staff.jobs"
    STAFF_AUDIT = "staff.audit"


class AdvertiserRole(StrEnum):
    """A member's role at one advertiser."""

    OWNER = "owner"
    MANAGER = "manager"
    ANALYST = "analyst"
    BILLING = "billing"


class StaffRole(StrEnum):
    """A role of the people who run the installation."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    FINANCE = "finance"
    SUPPORT = "support"


_P = Permission
_READ = frozenset({_P.CAMPAIGN_READ, _P.CREATIVE_READ, _P.REPORT_READ})

ADVERTISER_PERMISSIONS: dict[AdvertiserRole, frozenset[Permission]] = {
    AdvertiserRole.OWNER: _READ
    | {
        _P.CAMPAIGN_WRITE,
        _P.CREATIVE_WRITE,
        _P.BALANCE_READ,
        _P.BALANCE_TOP_UP,
        _P.STATISTICS_IMPORT,
        _P.ADVERTISER_MANAGE,
    },
    AdvertiserRole.MANAGER: _READ | {_P.CAMPAIGN_WRITE, _P.CREATIVE_WRITE, _P.BALANCE_READ, _P.STATISTICS_IMPORT},
    AdvertiserRole.ANALYST: _READ,
    AdvertiserRole.BILLING: frozenset({_P.CAMPAIGN_READ, _P.REPORT_READ, _P.BALANCE_READ, _P.BALANCE_TOP_UP}),
}

STAFF_PERMISSIONS: dict[StaffRole, frozenset[Permission]] = {
    StaffRole.ADMIN: frozenset(permission for permission in Permission if permission.startswith("staff.")),
    StaffRole.MODERATOR: frozenset({_P.STAFF_AREA, _P.STAFF_MODERATE, _P.STAFF_ADVERTISERS}),
    StaffRole.FINANCE: frozenset(
        {_P.STAFF_AREA, _P.STAFF_ADVERTISERS, _P.STAFF_LEDGER_READ, _P.STAFF_LEDGER_ADJUST, _P.STAFF_AUDIT}
    ),
    StaffRole.SUPPORT: frozenset(
        {_P.STAFF_AREA, _P.STAFF_ADVERTISERS, _P.STAFF_USERS, _P.STAFF_LEDGER_READ, _P.STAFF_INVENTORY_READ}
    ),
}
