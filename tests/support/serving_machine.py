"""A machine that does to serving stores whatever may happen, and sees after each step whether the money is right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.serving import (
    DAY,
    NOON_MS,
    PERSON,
    WipeableStore,
    ad,
    campaign,
    event_of,
    hours,
    lease,
    placement,
    whole_days,
)
from webapp.domain.delivery.types import (
    Charging,
    Decision,
    DecisionRequest,
    EventKind,
    IncomingEvent,
    LeaseGrant,
    LogRecord,
    PublishedCampaign,
    Verdict,
    Wanted,
)

PRICES = (700, 3000, 110_000)
AMOUNTS = (700, 2999, 3000, 50_000, 1_000_000)
#: Steps of the clock in milliseconds; clocks of several processes differ a little, so it also steps back.
STEPS = (
    *(-2000, 0, 1, 299, 300, 1000, 2000, 15_000, 30_000, 30_000, 60_000, 60_000, 300_000, 600_000, 600_001),
    *(3_600_000, 6 * 3_600_000, 86_400_000),
)
#: How long people take before the next visit, and before they see, view, click and buy.
PAUSES = (0, 200, 1000, 20_000, 400_000)
PLACES = (
    placement(1),
    placement(2, size="native", site="m.blog.example"),
    placement(3, categories=("shops",), floor_micros=40_000, site="blog.example"),
)
REPORTED = (EventKind.IMPRESSION, EventKind.VIEW, EventKind.CLICK, EventKind.CONVERSION)
VISITORS = (
    PERSON,
    replace(PERSON, user_key="other", user_day="other-today", country="EE", device="desktop"),
    replace(PERSON, suspect=Verdict.DATACENTER),
    replace(PERSON, user_key="", user_day="", ip_prefix="", language=""),
)
SHAPES = (whole_days(DAY - 1, 8), (*hours([1, 5] * 12), *hours([3] * 24, DAY + 1)), hours([7] * 13))


@dataclass
class Watched:
    """A store, and what was read of it."""

    store: WipeableStore
    first_seq: int
    records: list[LogRecord] = field(default_factory=list)

    @classmethod
    def of(cls, store: WipeableStore) -> Watched:
        """Watch an empty store."""
        return cls(store, store.state().first_seq)

    def catch_up(self) -> None:
        """Read what is new, and see that no number is missing."""
        last = self.first_seq + len(self.records) - 1
        new = self.store.read(last, 10_000)
        assert [line.seq for line in new] == list(range(last + 1, last + 1 + len(new)))
        self.records += new
        assert self.store.state().last_seq == last + len(new)

    def comparable(self, value: Any) -> Any:
        """Return an answer with the numbers of this store's log taken out."""
        if hasattr(value, "seq"):
            return replace(value, seq=value.seq - self.first_seq)
        if hasattr(value, "first_seq"):
            first, last = value.first_seq - self.first_seq, value.last_seq - self.first_seq
            return replace(value, first_seq=first, last_seq=last)
        return [self.comparable(one) for one in value] if isinstance(value, Sequence | tuple) else value


campaigns = st.builds(
    lambda id, clicks, price, rank, even, daily, shape, cap, window, more: campaign(
        id,
        charging=Charging.CLICK if clicks else Charging.IMPRESSION,
        price_micros=price,
        rank_micros=rank,
        even=even,
        daily_micros=daily,
        windows=SHAPES[shape],
        cap_count=cap,
        cap_window=window,
        **more,
    ),
    id=st.integers(1, 4),
    clicks=st.booleans(),
    price=st.sampled_from(PRICES),
    rank=st.sampled_from((1, 40_000, 1_000_000)),
    even=st.booleans(),
    daily=st.sampled_from((None, 2000, 500_000, 10_000_000)),
    shape=st.integers(0, 2),
    cap=st.sampled_from((0, 0, 1, 4)),
    window=st.sampled_from(("hour", "day", "campaign")),
    more=st.sampled_from(
        (
            {},
            {},
            {"ads": (ad(91, weight=1), ad(92, weight=3), ad(93, size="native"))},
            {"countries": ("LV",), "languages": ("lv", "ru")},
            {"site_mode": "except", "sites": ("blog.example",)},
            {"category": "games", "keywords": ("boats",)},
        )
    ),
)


#: How far ahead the fence is moved, mostly.
AHEAD_MS = 86_400_000


class ServingMachine(RuleBasedStateMachine):
    """Does everything to all its stores, and expects the same answers of each."""

    def __init__(self, empty: Sequence[WipeableStore], reopen: Callable[[], WipeableStore] | None = None) -> None:
        super().__init__()
        self.watched = [Watched.of(store) for store in empty]
        self.reopen = reopen
        self.now_ms = NOON_MS
        self.decisions: list[tuple[Decision, int]] = []
        self.granted: dict[int, LeaseGrant] = {}
        even = campaign(2, even=True, daily_micros=500_000, rank_micros=2_000_000, price_micros=3000)
        shown = (campaign(1), even, campaign(3, charging=Charging.CLICK, rank_micros=1_000_000, price_micros=110_000))
        self._all(lambda store: store.publish(PLACES, shown))
        for each in shown:
            self._grant(each.id, 1_000_000 if each.id < 3 else 150_000, DAY, AHEAD_MS)

    def _all(self, do: Callable[[WipeableStore], Any]) -> Any:
        """Do the same to every store; return the answer, which is one."""
        answers = [watched.comparable(do(watched.store)) for watched in self.watched]
        assert all(answer == answers[0] for answer in answers), answers
        return answers[0]

    def _grant(self, campaign_id: int, amount: int, day: int, ahead_ms: int) -> None:
        given = lease(len(self.granted) + 1, campaign_id, amount, day)
        self.granted[given.lease_id] = given
        self._all(lambda store: store.grant(given, self.now_ms + ahead_ms))

    def _record(self, event: IncomingEvent) -> None:
        self._all(lambda store: store.record(event))

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: int) -> None:
        self.now_ms += step

    @rule(ahead=st.sampled_from((-5000, 30_000, AHEAD_MS, AHEAD_MS)))
    def renew(self, ahead: int) -> None:
        self._all(lambda store: store.renew(self.now_ms + ahead))

    @rule(number=st.integers(1, 4), amount=st.sampled_from(AMOUNTS), later=st.sampled_from((0, 0, 0, 1)))
    def grant(self, number: int, amount: int, later: int) -> None:
        self._grant(number, amount, self.now_ms // 86_400_000 + later, AHEAD_MS)

    @precondition(lambda self: self.granted)
    @rule(data=st.data())
    def grant_again(self, data: st.DataObject) -> None:
        given = data.draw(st.sampled_from(list(self.granted.values())))
        if given.day_ends * 1000 > self.now_ms - 2 * 86_400_000:
            self._all(lambda store: store.grant(given, self.now_ms))

    @precondition(lambda self: self.granted)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        lease_id = data.draw(st.sampled_from(list(self.granted)))
        self._all(lambda store: store.revoke((lease_id, 10**6)))

    @rule(published=st.lists(campaigns, max_size=3, unique_by=lambda each: each.id))
    def publish(self, published: list[PublishedCampaign]) -> None:
        self._all(lambda store: store.publish((), published))

    @rule(campaign_id=st.integers(1, 4))
    def withdraw(self, campaign_id: int) -> None:
        self._all(lambda store: store.withdraw((), (campaign_id,)))

    @rule(
        places=st.lists(st.sampled_from(("pl_1", "pl_1", "pl_2", "pl_3", "pl_9")), min_size=1, max_size=3),
        visitor=st.sampled_from(VISITORS),
        seed=st.integers(0, 10**6),
        words=st.sampled_from(((), ("boats",))),
        site=st.sampled_from(("", "", "sub.blog.example")),
    )
    def decide(self, places: list[str], visitor: Any, seed: int, words: tuple[str, ...], site: str) -> None:
        self._decide(places, random.Random(seed), visitor, words, site)

    def _decide(
        self, places: Sequence[str], chance: random.Random, visitor: Any, words: tuple[str, ...] = (), site: str = ""
    ) -> list[Decision]:
        wanted = tuple(Wanted(place, chance.getrandbits(63), chance.getrandbits(31)) for place in places)
        request = DecisionRequest(self.now_ms, wanted, visitor, words, site)
        self._all(lambda store: store.trace(request))
        filled = [answer for answer in self._all(lambda store: store.decide(request)) if answer.filled]
        self.decisions += [(answer, self.now_ms) for answer in filled]
        return filled

    @rule(seed=st.integers(0, 10**6), visits=st.integers(1, 12))
    def people_come(self, seed: int, visits: int) -> None:
        chance = random.Random(seed)
        for _ in range(visits):
            self.now_ms += chance.choice(PAUSES)
            visitor = chance.choice((*VISITORS, *VISITORS[:2] * 2))
            for answer in self._decide(["pl_1", "pl_3"][: chance.randint(1, 2)], chance, visitor):
                self._live_through(answer, chance, visitor)

    def _live_through(self, answer: Decision, chance: random.Random, visitor: Any) -> None:
        decided_ms = now_ms = self.now_ms
        for kind in REPORTED:
            now_ms += chance.choice(PAUSES)
            for _ in range(chance.choice((0, 1, 1, 1, 2))):
                order = chance.choice(("", "A-1", "B-2", "C-3"))
                self._record(event_of(kind, answer, decided_ms, now_ms, visitor=visitor, order=order))

    def live_a_day(self, chance: random.Random, crowds: int = 60) -> None:
        """Live through a day of campaigns that pace, caps and click rates hold back, with a tick between the crowds."""
        paced = {"even": True, "windows": SHAPES[1], "price_micros": 700}
        shown = (
            campaign(1, daily_micros=2_500_000, rank_micros=900_000, **paced),
            campaign(2, daily_micros=1_000_000, rank_micros=1_100_000, **paced),
            campaign(3, charging=Charging.CLICK, daily_micros=5_000_000, rank_micros=170_000, **paced),
            campaign(4, charging=Charging.CLICK, rank_micros=200_000, cap_count=2, cap_window="hour"),
        )
        # Nobody's, but their places in the ranking show where click rates have moved the others.
        marks = tuple(campaign(id, rank_micros=50_000 * id, countries=("ZZ",)) for id in range(10, 60))
        self._all(lambda store: store.publish((), shown + marks))
        for each in shown:
            self._grant(each.id, 50_000_000, DAY, AHEAD_MS)
        people = [replace(PERSON, user_key=f"p{number}", user_day="", ip_prefix="") for number in range(5)]
        for _ in range(crowds):
            self.now_ms += chance.choice((60_000, 120_000, 400_000, 900_000))
            self.tick()
            for _ in range(chance.randrange(4, 16)):
                self.now_ms += chance.randrange(200)
                visitor = chance.choice(people)
                for answer in self._decide(["pl_1"], chance, visitor):
                    self._live_through(answer, chance, visitor)

    @precondition(lambda self: self.decisions)
    @rule(data=st.data())
    def decide_again(self, data: st.DataObject) -> None:
        answer, _ = data.draw(st.sampled_from(self.decisions[-20:]))
        wanted = (Wanted(answer.placement, answer.key, 5),)
        (again,) = self._all(lambda store: store.decide(DecisionRequest(self.now_ms, wanted, PERSON)))
        if again.repeated:
            assert replace(again, repeated=False) == replace(answer, placement=again.placement)
        elif again.filled:
            self.decisions = [kept for kept in self.decisions if kept[0].key != again.key] + [(again, self.now_ms)]

    @precondition(lambda self: self.decisions)
    @rule(
        data=st.data(),
        kind=st.sampled_from(REPORTED + REPORTED[:1] * 3),
        visitor=st.sampled_from(VISITORS),
        order=st.sampled_from(("", "A-1", "A-2")),
        before=st.sampled_from((Verdict.OK,) * 5 + (Verdict.EXPIRED,)),
    )
    def report(self, data: st.DataObject, kind: EventKind, visitor: Any, order: str, before: Verdict) -> None:
        answer, decided_ms = data.draw(st.sampled_from(self.decisions[-20:]))
        event = event_of(kind, answer, decided_ms, self.now_ms, visitor=visitor, verdict=before, order=order)
        self._record(event)

    @precondition(lambda self: self.decisions)
    @rule()
    def everybody_saw_it(self) -> None:
        for answer, decided_ms in self.decisions[-20:]:
            self._record(event_of(EventKind.IMPRESSION, answer, decided_ms, self.now_ms))

    @rule(order=st.sampled_from(("A-1", "B-2")), key=st.integers(1, 3), claimed=st.booleans())
    def orders_of_other_nodes(self, order: str, key: int, claimed: bool) -> None:
        if claimed:
            self._all(lambda store: store.claim_order(7, order, key, self.now_ms))
        else:
            self._all(lambda store: store.release_order(7, order, key))

    @rule()
    def tick(self) -> None:
        self._all(lambda store: store.tick(self.now_ms) * 0)

    @rule(keep=st.integers(0, 3))
    def trim(self, keep: int) -> None:
        for watched in self.watched:
            watched.store.trim(watched.first_seq + len(watched.records) - 1 - keep)

    @precondition(lambda self: self.reopen is not None)
    @rule()
    def restart(self) -> None:
        assert self.reopen is not None
        before = self.watched[0].store.state()
        self.watched[0].store = self.reopen()
        after = self.watched[0].store.state()
        assert replace(after, seen_ms=0) == replace(before, hungry=frozenset(), seen_ms=0)

    @invariant()
    def all_tell_the_same(self) -> None:
        for watched in self.watched:
            watched.catch_up()
        assert all(
            watched.comparable(watched.records[-5:]) == self.watched[0].comparable(self.watched[0].records[-5:])
            for watched in self.watched
        )
        if len(self.watched) > 1:
            self._all(lambda store: store.state())
            self._all(lambda store: [list(store.funnel(number, 0)) for number in (1, 2)])
            self._all(lambda store: store.traffic(0))
            self._all(lambda store: store.fingerprints())

    @invariant()
    def every_micro_is_somewhere(self) -> None:
        state, records = self.watched[0].store.state(), self.watched[0].records
        paid: Counter[int] = Counter()
        closed: set[int] = set()
        for line in records:
            assert line.lease_id not in closed, "a lease said something after its last word"
            if line.kind is EventKind.LEASE_CLOSED:
                closed.add(line.lease_id)
                assert line.charged_micros == paid[line.lease_id]
            elif line.charged_micros:
                paid[line.lease_id] += line.charged_micros
                granted = self.granted[line.lease_id]
                assert (line.day, line.campaign_id) == (granted.day, granted.campaign_id)
                assert line.verdict is Verdict.OK
        closed.discard(0)
        assert {each.lease_id for each in state.leases} == set(self.granted) - closed
        for each in state.leases:
            assert each.left_micros + each.held_micros + each.spent_micros == each.amount_micros
            assert min(each.left_micros, each.held_micros, each.spent_micros) >= 0
            assert each.spent_micros == paid[each.lease_id]
            assert each.amount_micros == self.granted[each.lease_id].amount_micros
        assert all(paid[lease_id] <= granted.amount_micros for lease_id, granted in self.granted.items())

    @invariant()
    def counters_agree_with_the_log(self) -> None:
        if self.now_ms > NOON_MS + 30 * 86_400_000:
            return
        events: Counter[tuple[Any, ...]] = Counter()
        charged: Counter[tuple[Any, ...]] = Counter()
        for line in self.watched[0].records:
            if line.kind is not EventKind.LEASE_CLOSED:
                key = (line.campaign_id, line.day, line.kind, line.verdict)
                events[key] += 1
                charged[key] += line.charged_micros
        counted = self._all(lambda store: sorted(store.counted((), 0, DAY + 999), key=str))
        assert {(one.campaign_id, one.day, one.kind, one.verdict): one.events for one in counted} == events
        assert {(one.campaign_id, one.day, one.kind, one.verdict): one.charged_micros for one in counted} == charged
