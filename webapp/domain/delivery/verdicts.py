"""Judging events: which of them count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webapp.domain.delivery.types import Charging, EventKind, IncomingEvent, Limits, Verdict, Visitor

#: Verdicts of an event that leaves no mark on its decision: it never had its turn.
UNMARKED = frozenset({Verdict.DUPLICATE, Verdict.EXPIRED, Verdict.VIEW_WITHOUT_IMPRESSION})


@dataclass(slots=True)
class OpenDecision:
    """A decision whose events may still come."""

    key: int
    decided_ms: int
    #: The last instant at which an event of it is known.
    keep_until_ms: int
    advertiser_id: int
    campaign_id: int
    ad_id: int
    placement_id: int
    #: Domain and size of the placement.
    site: str
    size: str
    charging: Charging
    #: Frozen: a later bid changes nothing.
    price_micros: int
    #: The lease that holds the price, 0 for none.
    lease_id: int
    #: Budget day of the decision.
    day: int
    visitor: Visitor
    impression_ms: int | None = None
    impression: Verdict = Verdict.OK
    viewed: bool = False
    click_ms: int | None = None
    click: Verdict = Verdict.OK

    def keep(self, limits: Limits) -> None:
        """Reckon anew until when it must be kept."""
        until = self.decided_ms + limits.hold_seconds * 1000
        if self.impression_ms is not None:
            view = self.impression_ms + limits.view_window_seconds * 1000
            until = max(view, self.decided_ms + limits.click_seconds * 1000)
        if self.click_ms is not None:
            until = max(until, self.click_ms + limits.click_window_seconds * 1000)
        self.keep_until_ms = until

    def mark(self, event: IncomingEvent, verdict: Verdict, limits: Limits) -> None:
        """Remember what came, so that it counts once."""
        if event.kind is EventKind.IMPRESSION:
            self.impression_ms, self.impression = event.now_ms, verdict
        elif event.kind is EventKind.VIEW:
            self.viewed = True
        elif verdict is Verdict.CLICK_WITHOUT_IMPRESSION:
            # Known, so that it is told once; the impression may still come, and a click that counts after it.
            self.click = verdict
        elif event.kind is EventKind.CLICK:
            self.click_ms, self.click = event.now_ms, verdict
        self.keep(limits)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the events of one node."""

    limits: Limits
    #: Count an event's arrival and tell whether it is one too many.
    too_many: Callable[[IncomingEvent], bool]
    #: Tell whether a conversion's order was counted before.
    known_order: Callable[[IncomingEvent], bool]

    def judge(self, event: IncomingEvent, decision: OpenDecision | None) -> Verdict:
        """Return the verdict, before it is known whether a click's price is covered."""
        if event.verdict is not Verdict.OK:
            return event.verdict
        if event.kind is EventKind.CONVERSION:
            return self._conversion(event, decision)
        if decision is None:
            return Verdict.EXPIRED
        if event.kind is EventKind.IMPRESSION:
            return self._impression(event, decision)
        if event.kind is EventKind.VIEW:
            return self._view(event, decision)
        if event.kind is EventKind.CLICK:
            return self._click(event, decision)
        raise ValueError(f"{event.kind} is written by the node alone")

    def _impression(self, event: IncomingEvent, decision: OpenDecision) -> Verdict:
        if decision.impression_ms is not None:
            return Verdict.DUPLICATE
        if suspect := decision.visitor.suspect or event.visitor.suspect:
            return suspect
        return Verdict.RATE if self.too_many(event) else Verdict.OK

    def _view(self, event: IncomingEvent, decision: OpenDecision) -> Verdict:
        if decision.impression_ms is None:
            return Verdict.VIEW_WITHOUT_IMPRESSION
        if decision.viewed:
            return Verdict.DUPLICATE
        return decision.visitor.suspect or event.visitor.suspect or decision.impression

    def _click(self, event: IncomingEvent, decision: OpenDecision) -> Verdict:
        if event.now_ms > decision.decided_ms + self.limits.click_seconds * 1000:
            return Verdict.EXPIRED
        if decision.impression_ms is None:
            blind = Verdict.CLICK_WITHOUT_IMPRESSION
            return Verdict.DUPLICATE if decision.click is blind else blind
        if decision.click_ms is not None:
            return Verdict.DUPLICATE
        if suspect := decision.visitor.suspect or event.visitor.suspect:
            return suspect
        if self.too_many(event):
            return Verdict.RATE
        if decision.impression is not Verdict.OK:
            return decision.impression
        hurried = event.now_ms - decision.impression_ms < self.limits.fastest_click_ms
        return Verdict.TOO_FAST if hurried else Verdict.OK

    def _conversion(self, event: IncomingEvent, decision: OpenDecision | None) -> Verdict:
        if event.order and self.known_order(event):
            return Verdict.DUPLICATE
        if decision is None:
            return Verdict.EXPIRED
        clicked = decision.click_ms is not None and decision.click in {Verdict.OK, Verdict.BUDGET}
        if clicked and self._within(event, decision.click_ms, self.limits.click_window_seconds):
            return Verdict.OK
        seen = decision.impression is Verdict.OK
        if seen and self._within(event, decision.impression_ms, self.limits.view_window_seconds):
            return Verdict.OK
        return Verdict.EXPIRED

    def _within(self, event: IncomingEvent, since_ms: int | None, seconds: int) -> bool:
        return since_ms is not None and event.now_ms <= since_ms + seconds * 1000
