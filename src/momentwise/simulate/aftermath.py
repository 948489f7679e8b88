"""What follows an order: messages, a look at where it is, questions, the guide, a review, a survey, a word to friends."""

from __future__ import annotations

from random import Random

from momentwise.simulate import plans as p
from momentwise.simulate.desk import Desk, write_contact, write_message, write_review, write_survey
from momentwise.simulate.orders import ASSEMBLY, PREORDER, Order
from momentwise.simulate.people import Person
from momentwise.simulate.visit import Visit
from momentwise.simulate.voices import draw_stars, draw_topic, draw_words
from momentwise.simulate.world import DAY, HOUR, MINUTE, SECOND, Records, World

Hurts = list[tuple[str, float]]

_ASKS_USUALLY, _LOOKS, _LOOKS_LATE, _SHOWS_DATE = 0.05, 0.35, 0.60, 0.97
_HELPS_ONESELF, _FINDS_HELP, _ASKS_AFTER_HELP = 0.10, 0.95, 0.05
_OPENS_GUIDE, _FINISHES, _FINISHES_FAULTY = 0.75, 0.92, 0.12
_REVIEWS, _SURVEYED = 0.36, 0.28
_SHARES, _REFERS, _JOINS, _POSTS = 0.12, 0.08, 0.35, 0.01
_ARTICLES = ("returns", "payment", "care", "delivery-areas")


def follow_order(order: Order, random: Random, person: Person, desk: Desk, world: World, records: Records) -> Hurts:
    """What keeps the customer from coming back: the names of plans, each with its factor on the chance.

    Args:
        order: A placed order.
        random: All chance.
        person: Who placed it.
        desk: Where the customer asks.
        world: The shop.
        records: Where the rows and the tally go.
    """
    after = _Aftermath(order, random, person, desk, world, records)
    after.confirm()
    if order.shipped is not None and order.delivered is not None:
        after.wait_for_it(order.shipped, order.delivered)
        if order.delivered < world.end:
            after.unpack(order.delivered)
    return after.hurts


class _Aftermath:
    """One order under way."""

    def __init__(
        self, order: Order, random: Random, person: Person, desk: Desk, world: World, records: Records
    ) -> None:
        self._order, self._random, self._person = order, random, person
        self._desk, self._world, self._records = desk, world, records
        self._was_silent = order.category == PREORDER and "silent-week" in world.plans
        self.hurts: Hurts = []

    def confirm(self) -> None:
        """The confirmation, and the questions that it or nothing in particular brings."""
        order, random, world = self._order, self._random, self._world
        self._send(order.created + 20 * SECOND, order.template)
        if "vague-confirmation" in world.plans:
            is_vague = order.template == p.VAGUE_TEMPLATE
            asks = is_vague and random.random() < p.VAGUE_ASKS
            at = order.created + int(HOUR * (0.5 + 3.5 * random.random()))
            if asks:
                self._desk.ask(at, "what-now", order)
            if is_vague:
                self._records.touch("vague-confirmation", asked=int(asks and at < world.end))
                self.hurts.append(("vague-confirmation", p.VAGUE_BACK))
            else:
                self._records.count("vague-confirmation.others")
        if random.random() < _ASKS_USUALLY:
            until = (order.delivered or order.paid) + 6 * DAY
            self._desk.ask(
                int(order.paid + HOUR + (until - order.paid) * random.random()), draw_topic(random, order), order
            )

    def wait_for_it(self, shipped: int, delivered: int) -> None:
        """From payment to delivery: messages or silence, looks at where it is, questions when it is late."""
        order, random = self._order, self._random
        if order.category == PREORDER:
            self._pass_the_week(shipped)
        self._send(shipped + 10 * MINUTE, "order-shipped")
        if random.random() < (_LOOKS_LATE if order.late_days > 0 else _LOOKS):
            self._look(shipped + int((delivered - shipped) * random.random()))
        if order.late_days > 0:
            asks = random.random() < p.LATE_ASKS
            at = order.promised + int((delivered - order.promised) * (0.1 + 0.9 * random.random()))
            if asks:
                self._desk.ask(at, "where-is-it", order)
            self._tell_late(delivered, asks and at < self._world.end)

    def unpack(self, delivered: int) -> None:
        """The parcel is there: guide, help, opinions, and what hurts."""
        order, random, world = self._order, self._random, self._world
        self._send(delivered + 5 * MINUTE, "order-delivered")
        self._send(delivered + 2 * DAY, "survey-invitation")
        if order.category == ASSEMBLY:
            self._assemble(delivered)
        if random.random() < _HELPS_ONESELF:
            self._seek_help(delivered + int(DAY * (0.2 + 4 * random.random())))
        self._speak(delivered)
        if "quiet-region" in world.plans and self._person.region == p.REGION and delivered >= world.quiet_since:
            self._records.touch("quiet-region")
            self.hurts.append(("quiet-region", p.REGION_BACK))

    def _send(self, at: int, template: str) -> None:
        write_message(at, template, self._order, self._world, self._records)

    def _visit(self, at: int) -> Visit:
        return Visit(self._random, self._person, at, self._world, self._records.web)

    def _pass_the_week(self, shipped: int) -> None:
        order, random = self._order, self._random
        if not self._was_silent:
            for day in range(2, (shipped - order.paid) // DAY, 2):
                self._send(order.paid + day * DAY, "order-status")
            return
        asks = random.random() < p.SILENT_ASKS
        at = order.paid + int(DAY * (3.2 + 3.6 * random.random()))
        if asks:
            self._desk.ask(at, "any-news", order)
        if shipped < self._world.end:
            self._records.touch("silent-week", asked=int(asks), gap_s=(shipped - order.created) // SECOND)
            self.hurts.append(("silent-week", p.SILENT_BACK))

    def _look(self, at: int) -> None:
        visit, random = self._visit(at), self._random
        visit.page("/account")
        visit.wait(8 * SECOND, 0.4)
        visit.note("view_order", "/account/orders")
        if random.random() < _SHOWS_DATE:
            visit.wait(SECOND, 0.3)
            visit.note("delivery_date", "/account/orders", "delivery-date")

    def _tell_late(self, delivered: int, asks: bool) -> None:
        order, world = self._order, self._world
        if delivered >= world.end:
            return
        self._records.touch("late-period", asked=int(asks), late_s=(delivered - order.promised) // SECOND)
        if world.late_since <= order.promised < world.late_until:
            self._records.count("late-period.in_period")
        self.hurts.append(("late-period", p.LATE_BACK))

    def _assemble(self, delivered: int) -> None:
        order, random, records = self._order, self._random, self._records
        opened = delivered + int(HOUR * (1 + 30 * random.random()))
        if random.random() < _OPENS_GUIDE:
            visit = self._visit(opened)
            visit.page("/guide")
            visit.note("guide_opened", "/guide", "assembly-guide")
            visit.wait(25 * MINUTE, 0.35)
            if random.random() < (_FINISHES_FAULTY if order.is_faulty else _FINISHES):
                visit.note("guide_finished", "/guide", "assembly-guide")
        if order.is_faulty:
            asks = random.random() < p.FAULT_ASKS
            at = opened + int(HOUR * (0.2 + 5 * random.random()))
            if asks:
                self._desk.ask(at, "broken-part", order)
            records.touch("broken-part", asked=int(asks and at < self._world.end))
            self.hurts.append(("broken-part", p.FAULT_BACK))
        records.count("assembly.delivered")

    def _seek_help(self, at: int) -> None:
        visit, random = self._visit(at), self._random
        visit.page("/help")
        visit.wait(6 * SECOND, 0.4)
        visit.note("help_search", "/help", "help-box")
        if random.random() < _FINDS_HELP:
            visit.wait(7 * SECOND, 0.4)
            visit.note("help_article", "/help/article", random.choice(_ARTICLES))
        if random.random() < _ASKS_AFTER_HELP:
            self._desk.ask(at + int(HOUR * (1 + 40 * random.random())), draw_topic(random, self._order), self._order)

    def _speak(self, delivered: int) -> None:
        """Review and survey, each at its own time and with its own mood; then perhaps a word to friends."""
        order, random, world, records = self._order, self._random, self._world, self._records
        stars = draw_stars(random, order, self._was_silent)
        at = delivered + int(DAY * (1 + 10 * random.random()))
        if random.random() < _REVIEWS and at < world.end:
            write_review(at, stars, draw_words(random, stars, order, self._was_silent), order, records)
            self._count_stars("review", stars)
        score = draw_stars(random, order, self._was_silent)
        asked_at = delivered + int(DAY * (2.05 + 4 * random.random()))
        if random.random() < _SURVEYED and asked_at < world.end:
            write_survey(asked_at, score, draw_words(random, score, order, self._was_silent), order, records)
            self._count_stars("survey", score)
        if stars == 5:
            self._tell_friends(at)

    def _count_stars(self, source: str, stars: int) -> None:
        order, count = self._order, self._records.count
        groups = ["all"]
        groups += ["late-period"] if order.late_days > 0 else []
        groups += ["silent-week"] if self._was_silent else []
        groups += ["broken-part"] if order.is_faulty else []
        for group in groups:
            count(f"stars.{source}.{group}.n")
            count(f"stars.{source}.{group}.sum", stars)

    def _tell_friends(self, at: int) -> None:
        random, order, world = self._random, self._order, self._world
        if random.random() < _SHARES:
            self._visit(at + HOUR).note("share", "/account/orders", "share-order")
        if random.random() < _REFERS:
            self._visit(at + 2 * HOUR).note("referral_sent", "/account/friends", "invite")
            if random.random() < _JOINS:
                self._visit(at + 2 * HOUR + int(DAY * (1 + 8 * random.random()))).note(
                    "referral_joined", "/account/friends"
                )
        posted = at + 3 * HOUR
        if random.random() < _POSTS and posted < world.end:
            write_contact(posted, "public_post", "praise", order, "My new favourite shop!", self._records)
