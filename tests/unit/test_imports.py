"""The life of an import: once, all or nothing, removable as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import event, select, update

from tests.support.imports import Desk, check_of
from tests.support.memory import add_advertiser, memory_session
from webapp.core.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.core.permissions import AdvertiserRole
from webapp.core.scope import Scope
from webapp.domain.ads.models import Ad, Campaign, CampaignStatus, Origin
from webapp.domain.ads.services.imported import ImportedAds
from webapp.domain.analytics.imports.store import ImportStore
from webapp.domain.analytics.imports.types import ImportOptions, Target
from webapp.domain.analytics.models import ImportState, StatisticsImport
from webapp.domain.tasks.models import Task

HEAD = "Date,Campaign ID,Campaign,Ad ID,Ad,Impressions,Clicks,Cost\n"
ROWS = (
    "2026-11-01,77,Winter,901,Red,10,1,0.5\n2026-11-01,77,Winter,902,Blue,20,2,1\n2026-11-02,78,Spring,901,Red,5,0,0\n"
)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with memory_session() as session:
        yield Desk(session, add_advertiser(session))


def remove(desk: Desk, row: StatisticsImport) -> StatisticsImport:
    desk.imports.remove(desk.scope, row.public_id)
    desk.work.remove_facts(desk.scope, row.public_id)
    return desk.work.finish_removal(desk.scope, row.public_id)


def test_an_import_creates_paused_campaigns_and_ads_without_creatives(desk: Desk) -> None:
    row = desk.run(desk.upload(HEAD + ROWS))
    assert row.state is ImportState.DONE
    assert row.row_count == 3
    campaigns = desk.session.scalars(select(Campaign).order_by(Campaign.external_id)).all()
    assert [(c.name, c.external_id, c.status, c.origin) for c in campaigns] == [
        ("Winter", "77", CampaignStatus.PAUSED, Origin.IMPORT),
        ("Spring", "78", CampaignStatus.PAUSED, Origin.IMPORT),
    ]
    ads = desk.session.scalars(select(Ad).order_by(Ad.campaign_id, Ad.external_id)).all()
    assert [(ad.campaign_id, ad.name, ad.creative_id) for ad in ads] == [
        (campaigns[0].id, "Red", None), (campaigns[0].id, "Blue", None), (campaigns[1].id, "Red", None),
    ]  # fmt: skip
    assert desk.facts.by("ad_id", "impressions") == {ads[0].id: 10, ads[1].id: 20, ads[2].id: 5}
    assert not desk.files.kept or row.storage_key in desk.files.kept


def test_a_later_file_finds_what_an_earlier_one_created(desk: Desk) -> None:
    desk.run(desk.upload(HEAD + ROWS))
    later = desk.upload(HEAD + "2026-11-03,77,Winter renamed,901,Red,7,0,0\n2026-11-03,79,Summer,1,New,7,0,0\n")
    check = check_of(later)
    assert (check.new_campaigns, check.known_campaigns, check.new_ads, check.known_ads) == (1, 1, 1, 1)
    desk.run(later)
    names = desk.session.scalars(select(Campaign.name).order_by(Campaign.external_id)).all()
    assert names == ["Winter", "Spring", "Summer"]


def test_the_same_rows_are_refused_at_the_check_and_at_the_start(desk: Desk) -> None:
    first, second = desk.upload(HEAD + ROWS), desk.upload((HEAD + ROWS).replace("\n", "\r\n"))
    assert check_of(second).ready
    desk.run(first)
    with pytest.raises(Invalid, match="already imported on 2026-11-19 by Mara Lindholm"):
        desk.imports.start(desk.scope, second.public_id)
    assert [note.code for note in check_of(desk.upload(HEAD + ROWS)).obstacles] == ["already_imported"]


def test_the_same_file_read_another_way_is_warned_of(desk: Desk) -> None:
    desk.run(desk.upload(HEAD + ROWS))
    again = desk.upload(HEAD + ROWS)
    columns = ImportOptions.from_json(again.options).columns
    without_clicks = tuple(replace(c, target=Target.IGNORE) if c.target is Target.CLICKS else c for c in columns)
    check = check_of(desk.change(again, columns=without_clicks))
    assert [note.code for note in check.warnings] == ["same_file"]


def test_days_another_file_covers_are_warned_of(desk: Desk) -> None:
    desk.run(desk.upload(HEAD + ROWS, "november.csv"))
    other = desk.check(HEAD + "2026-11-02,80,Other,1,Ad,9,0,0\n")
    assert [(note.code, note.values["file"]) for note in other.warnings] == [("same_days", "november.csv")]
    assert other.ready


def test_another_advertiser_may_have_the_same_rows(desk: Desk) -> None:
    desk.run(desk.upload(HEAD + ROWS))
    other = Desk(desk.session, add_advertiser(desk.session, name="Somebody Else"), facts=desk.facts, files=desk.files)
    row = other.upload(HEAD + ROWS)
    assert check_of(row).ready
    other.run(row)
    with pytest.raises(NotFound):
        other.imports.get(desk.scope, row.public_id)


def test_bad_rows_stop_everything_unless_the_good_ones_are_asked_for(desk: Desk) -> None:
    row = desk.upload(HEAD + ROWS + "2026-11-02,78,Spring,901,Red,-5,0,0\n")
    with pytest.raises(Invalid, match="1 rows cannot be imported"):
        desk.imports.start(desk.scope, row.public_id)
    desk.run(row, only_good_rows=True)
    assert desk.facts.totals()["impressions"] == 35


def test_asking_twice_starts_it_once(desk: Desk) -> None:
    row = desk.upload(HEAD + ROWS)
    for _ in range(2):
        assert desk.imports.start(desk.scope, row.public_id).state is ImportState.QUEUED
    assert len(desk.session.scalars(select(Task)).all()) == 1
    with pytest.raises(Conflict):
        desk.imports.remove(desk.scope, row.public_id)


def test_a_file_read_another_way_while_it_is_started_is_looked_at_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = desk.upload(HEAD + ROWS)
    lock_twins = ImportStore.lock_twins

    def change_first(store: ImportStore, scope: Scope, found: StatisticsImport) -> list[StatisticsImport]:
        monkeypatch.undo()
        changed = update(StatisticsImport).where(StatisticsImport.id == found.id).values(rows_sha256="0" * 64)
        desk.session.execute(changed.execution_options(synchronize_session=False))
        return lock_twins(store, scope, found)

    monkeypatch.setattr(ImportStore, "lock_twins", change_first)
    with pytest.raises(Conflict, match="another way"):
        desk.imports.start(desk.scope, row.public_id)
    assert row.state is ImportState.CHECKED
    assert desk.imports.start(desk.scope, row.public_id).state is ImportState.QUEUED


def test_work_begun_again_leaves_its_rows_once(desk: Desk) -> None:
    row = desk.upload(HEAD + ROWS)
    desk.imports.start(desk.scope, row.public_id)
    for _ in range(2):
        begun = desk.work.begin(desk.scope, row.public_id)
        assert begun
        with desk.work.open_run(desk.scope, begun) as run:
            run.clear()
            for batches in run.slices():
                facts = run.resolve(batches)
                run.remember()
                run.write(facts)
    desk.work.finish(desk.scope, row.public_id)
    assert desk.facts.totals()["impressions"] == 35
    assert desk.work.begin(desk.scope, row.public_id) is None


def test_removing_leaves_nothing(desk: Desk) -> None:
    row = remove(desk, desk.run(desk.upload(HEAD + ROWS)))
    assert row.state is ImportState.REMOVED
    assert not desk.facts.batches
    assert not desk.session.scalars(select(Campaign)).all()
    assert not desk.session.scalars(select(Ad)).all()
    assert check_of(desk.upload(HEAD + ROWS)).ready


def test_removing_keeps_what_another_import_uses(desk: Desk) -> None:
    first = desk.run(desk.upload(HEAD + ROWS))
    desk.run(desk.upload(HEAD + "2026-11-03,77,Winter,901,Red,7,0,0\n"))
    remove(desk, first)
    assert desk.session.scalars(select(Campaign.name)).all() == ["Winter"]
    assert desk.session.scalars(select(Ad.external_id)).all() == ["901"]
    assert desk.facts.totals()["impressions"] == 7


def test_a_file_of_which_nothing_was_imported_is_forgotten_at_once(desk: Desk) -> None:
    row = desk.imports.remove(desk.scope, desk.upload(HEAD + ROWS).public_id)
    assert row.state is ImportState.REMOVED
    assert not desk.session.scalars(select(Task)).all()


def test_large_files_are_checked_by_a_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.domain.analytics.imports.service.CHECK_AT_ONCE_BYTES", 10)
    row = desk.upload(HEAD + ROWS)
    assert row.state is ImportState.UPLOADED
    assert desk.session.scalars(select(Task.kind)).all() == ["import_check"]
    with pytest.raises(Conflict):
        desk.imports.start(desk.scope, row.public_id)


def test_who_may_not_import_may_not(desk: Desk) -> None:
    analyst = Desk(desk.session, add_advertiser(desk.session, role=AdvertiserRole.ANALYST))
    with pytest.raises(Forbidden):
        analyst.upload(HEAD + ROWS)


def test_names_cost_a_constant_number_of_questions_for_each_thousand(desk: Desk) -> None:
    ads, statements = ImportedAds(desk.session, desk.clock), []
    campaigns = ads.find_or_create_campaigns(desk.scope, {"77": "Winter"}, 1)
    event.listen(desk.session.get_bind(), "before_cursor_execute", lambda *args: statements.append(args[2]))
    names = {(campaigns["77"], f"{number}"): f"Ad {number}" for number in range(2500)}
    found = ads.find_or_create_ads(desk.scope, names, 1)
    assert len(set(found.values())) == 2500
    assert len(statements) <= 9
    assert ads.find_or_create_ads(desk.scope, names, 2) == found
    assert ads.count_created(desk.scope, 1) == (1, 2500)
    assert ads.count_created(desk.scope, 2) == (0, 0)
