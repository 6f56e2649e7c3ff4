"""The changes worth a number on the chart: launches, pauses, terms and refusals, in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext, ngettext

from webapp.core.periods import Grain, Period, step_start, today_in
from webapp.core.scope import Scope
from webapp.domain.audit.models import AuditRecord
from webapp.surfaces.cabinet.campaign_words import field_names, value_text
from webapp.surfaces.cabinet.figure_chart import Mark
from webapp.web.filters import money, time_of

MOST = 9
_DEEDS = frozenset({"campaign.launch", "campaign.pause", "campaign.resume", "campaign.update", "creative.reject"})
#: What changes delivery, the most telling first.
_FIELDS = ("bid", "daily_budget", "total_budget", "hours", "ends_at")


def short_name(name: str) -> str:
    """Return a campaign's name as far as its first comma."""
    return name.partition(",")[0]


def marks_of(log: Sequence[AuditRecord], scope: Scope, period: Period, grain: Grain) -> list[Mark]:
    """Return the newest changes of a period, oldest first, one number a step; refusals of one day are one change."""
    found: dict[date, list[tuple[AuditRecord, str]]] = {}
    for records in _grouped(record for record in log if _within(record, scope, period)):
        text = _text(records, scope)
        if text:
            found.setdefault(step_start(today_in(scope.zone, records[0].at), grain), []).insert(0, (records[0], text))
    newest = list(found.values())[:MOST][::-1]
    return [_mark(number, deeds, scope) for number, deeds in enumerate(newest, 1)]


def _within(record: AuditRecord, scope: Scope, period: Period) -> bool:
    return record.action in _DEEDS and period.first <= today_in(scope.zone, record.at) <= period.last


def _grouped(records: Iterable[AuditRecord]) -> list[list[AuditRecord]]:
    groups: list[list[AuditRecord]] = []
    for record in records:
        last = groups[-1][-1] if groups else None
        same = last is not None and last.action == record.action == "creative.reject"
        if same and last is not None and last.at.date() == record.at.date():
            groups[-1].append(record)
        else:
            groups.append([record])
    return groups


def _mark(number: int, deeds: Sequence[tuple[AuditRecord, str]], scope: Scope) -> Mark:
    first = deeds[0][0]
    who = dict.fromkeys(f"{record.actor_name}, {time_of(record.at, scope.zone_name)}" for record, _ in deeds)
    return Mark(number, first.at, "; ".join(text for _, text in deeds), "; ".join(who))


def _text(records: Sequence[AuditRecord], scope: Scope) -> str:
    record, name = records[0], short_name(records[0].subject_name)
    if record.action == "creative.reject":
        return _refused(records)
    if record.action == "campaign.update":
        return _changed(record, name, scope)
    words = {
        "campaign.launch": gettext("%(name)s launched", name=name),
        "campaign.pause": gettext("%(name)s paused", name=name),
        "campaign.resume": gettext("%(name)s switched on", name=name),
    }
    return str(words[record.action])


def _refused(records: Sequence[AuditRecord]) -> str:
    if len(records) == 1:
        return str(gettext("“%(name)s” rejected", name=records[0].subject_name))
    return str(ngettext("%(num)s creative rejected", "%(num)s creatives rejected", len(records)))


def _changed(record: AuditRecord, name: str, scope: Scope) -> str:
    changes: dict[str, dict[str, Any]] = {change["field"]: change for change in record.changes}
    field = next((known for known in _FIELDS if known in changes), None)
    if field is None:
        return ""
    before, after = changes[field].get("before"), changes[field].get("after")
    if field == "bid":
        values = {"before": money(before, scope.currency), "after": money(after, scope.currency)}
        return str(gettext("%(name)s: bid %(before)s → %(after)s", name=name, **values))
    if field == "daily_budget" and before and after:
        values = {"before": _whole(before, scope), "after": _whole(after, scope)}
        return str(gettext("%(name)s: %(before)s → %(after)s a day", name=name, **values))
    if field == "hours":
        return str(gettext("%(name)s: new hours", name=name))
    return f"{name}: {field_names()[field].lower()} {value_text(field, after, scope.currency, scope.zone_name)}"


def _whole(micros: int, scope: Scope) -> str:
    return money(micros, scope.currency, 0 if micros % 1_000_000 == 0 else 2)
