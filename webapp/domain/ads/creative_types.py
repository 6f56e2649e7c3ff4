"""What goes into a creative and what its lists and pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from webapp.core.ids import PublicId
from webapp.core.words import Message
from webapp.domain.ads.models import Ad, Asset, Campaign, Creative, CreativeKind, CreativeVersion, VersionState

#: States a version can still be changed or taken back in; a creative has at most one such version.
OPEN_STATES = frozenset({VersionState.DRAFT, VersionState.IN_REVIEW})


@dataclass(frozen=True, slots=True)
class CreativeInput:
    """Everything a person decides about a creative's next version."""

    #: Seen by nobody but the advertiser; made from the title or the file's name when left empty.
    name: str = ""
    title: str = ""
    text: str = ""
    #: Public id of an uploaded picture.
    asset_id: PublicId | None = None


class GalleryTab(StrEnum):
    """The tabs of the gallery: where the newest version stands."""

    ALL = "all"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class GalleryQuery:
    """What the gallery is narrowed to."""

    tab: GalleryTab = GalleryTab.ALL
    kind: CreativeKind | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """One creative of the gallery with its newest version."""

    creative: Creative
    latest: CreativeVersion
    asset: Asset | None
    #: Ads that show it, archived ones left out.
    ads: int

    @property
    def keeps_serving(self) -> bool:
        """Tell whether an earlier, approved version is shown while the newest is not approved."""
        return self.creative.approved_version_id not in (None, self.latest.id)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, its picture, and what is another than in the version before it."""

    version: CreativeVersion
    asset: Asset | None
    before: CreativeVersion | None = None
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a version against the same field of an earlier one."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class UsedIn:
    """An ad that shows the creative."""

    ad: Ad
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class CreativeDetail:
    """A creative with all its versions, newest first, and the ads that show it."""

    creative: Creative
    versions: tuple[VersionRow, ...]
    used_in: tuple[UsedIn, ...] = ()

    @property
    def latest(self) -> VersionRow:
        """Return the newest version."""
        return self.versions[0]

    @property
    def open(self) -> VersionRow | None:
        """Return the version that is being written or reviewed, if there is one."""
        return self.latest if self.latest.version.state in OPEN_STATES else None

    @property
    def approved(self) -> VersionRow | None:
        """Return the version that is shown to people, if there is one."""
        wanted = self.creative.approved_version_id
        return next((row for row in self.versions if row.version.id == wanted), None)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a moderator or a site would look at: `sentence` is a gettext key."""

    ok: bool
    sentence: Message
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a version is refused: a code, the field it is about, and the sentence the advertiser reads."""

    code: str
    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One version waiting for a verdict."""

    version: CreativeVersion
    creative: Creative
    asset: Asset | None
    advertiser_name: str


@dataclass(frozen=True, slots=True)
class QueueState:
    """How long the queue is, and since when its oldest item waits."""

    waiting: int = 0
    oldest_at: datetime | None = None
    #: What this moderator decided in the last 24 hours.
    decided: int = 0


@dataclass(frozen=True, slots=True)
class AdvertiserRecord:
    """An advertiser as moderators know it."""

    name: str
    public_id: PublicId
    since: datetime
    creatives: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Review:
    """All that a moderator looks at before deciding."""

    row: VersionRow
    creative: Creative
    #: The version that is shown to people now, and what the new one changes in it.
    approved: VersionRow | None
    advertiser: AdvertiserRecord
    #: Addresses the ads with this creative lead to, each once.
    landing_urls: tuple[str, ...]
    checks: tuple[Check, ...]
