"""The shop that the benchmark's log comes from: people, sessions, orders, tickets, drawn slot by slot.

People come in sessions (`page_viewed` … `order_placed` within minutes, with a form before the order), orders
are shipped and delivered days later under one order id, with messages before and scores after, tickets are
opened and answered, and now and then somebody hammers on a button that does not answer. The 60 days are cut into slots of equal activity; one slot at a time is drawn
and sorted, and what falls due later waits in `pending`. So memory depends on the slot and not on the log.
Only numpy; `make_log.py` writes the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.void]  # structured, of `ROW`
Generator = np.random.Generator

DAYS = 60
FIRST_DAY_US = 1_772_323_200_000_000  # 2026-03-01T00:00Z
SLOT_EVENTS = 2_000_000

EVENTS = (
    "page_viewed",
    "click",
    "search",
    "product_viewed",
    "cart_opened",
    "checkout_started",
    "order_placed",
    "order_shipped",
    "order_delivered",
    "order_cancelled",
    "ticket_opened",
    "ticket_answered",
    "reaction",
    "help_viewed",
    "signed_in",
    "field_focused",
    "field_changed",
    "field_refused",
    "error_shown",
    "message_sent",
    "survey_answered",
    "shared",
)
PAGE, CLICK, SEARCH, PRODUCT, CART, CHECKOUT = range(6)
PLACED, SHIPPED, DELIVERED, CANCELLED, TICKET, ANSWER = range(6, 12)
REACTION, HELP, SIGNED_IN, FOCUSED, CHANGED, REFUSED, ERROR, MESSAGE, SURVEY, SHARED = range(12, 22)

CHANNELS = ("web", "app", "chat", "email", "voice")
WEB, APP, CHAT, EMAIL, VOICE = range(5)

AREAS = ("home", "category", "product", "basket", "account", "orders", "help", "campaign")
LEAVES = ("overview", "list", "detail", "edit", "done")
PAGES = tuple(f"/{area}/{leaf}" for area in AREAS for leaf in LEAVES)
FORM_PAGE, HELP_PAGE, RESULTS_PAGE = (
    PAGES.index(f"/{page}") for page in ("basket/edit", "help/detail", "category/list")
)
# No name holds a word of the controls that people press many times on purpose (stepper, pager, gallery …).
CONTROLS = tuple(
    f"{what}-{kind}"
    for what in "add pay save apply-coupon login filter track send show-more banner".split()
    for kind in ("button", "link", "icon")
)
FIELDS = ("street-field", "birthday-field", "card-field", "phone-field")
TEMPLATES = ("order-confirmation", "shipping-note")
ELEMENTS = (*CONTROLS, *FIELDS, *TEMPLATES)
FIRST_FIELD, FIRST_TEMPLATE = len(CONTROLS), len(CONTROLS) + len(FIELDS)

# The steps of a session: event, the chance that a session has it, the mean seconds since the step before it, and how
# many steps before stands the one that it needs (0: none); its chance is then the one given that step.
STEPS = (
    (PAGE, 1.00, 0.0, 0),
    (SIGNED_IN, 0.25, 15.0, 0),
    (CLICK, 0.60, 20.0, 0),
    (REACTION, 0.93, 0.4, 1),
    (SEARCH, 0.45, 25.0, 0),
    (PAGE, 0.50, 20.0, 0),
    (HELP, 0.05, 30.0, 0),
    (PRODUCT, 0.70, 30.0, 0),
    (CLICK, 0.40, 25.0, 0),
    (REACTION, 0.93, 0.4, 1),
    (ERROR, 0.03, 5.0, 0),
    (PRODUCT, 0.35, 60.0, 0),
    (SHARED, 0.01, 20.0, 0),
    (CART, 0.40, 60.0, 0),
    (CHECKOUT, 0.70, 90.0, 1),
    (FOCUSED, 0.90, 10.0, 1),
    (CHANGED, 0.90, 8.0, 1),
    (FOCUSED, 0.80, 6.0, 3),
    (CHANGED, 0.90, 8.0, 1),
    (REFUSED, 0.10, 1.0, 1),
    (PLACED, 0.70, 60.0, 6),
)
TIED_GAPS = 0.02  # share of steps at the very instant of the one before
EVENTS_PER_SESSION = 8.2  # a little above the mean with what follows, so that sessions do not overfill a slot
SESSION_SHARE = 0.9  # of the rows that nothing earlier has filled; lone page views and clicks fill the rest
RAGE_BURSTS = 0.001  # share of clicks that become a burst of 4–6: about 0.5 % of clicks are then in one

# Activity by hour of the day, UTC, relative.
HOURLY = (3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 13, 12, 11, 11, 12, 13, 15, 17, 18, 15, 10, 6)

ROW = np.dtype(
    [
        ("at", np.int64),  # microseconds since 1970
        ("order", np.int64),  # -1: none
        ("ticket", np.int64),  # -1: none
        ("amount", np.float64),  # NaN: none
        ("duration", np.float32),  # seconds, NaN: none
        ("customer", np.int32),
        ("x", np.int16),  # -1: none
        ("y", np.int16),  # -1: none
        ("event", np.int8),
        ("channel", np.int8),
        ("page", np.int8),  # -1: none
        ("element", np.int8),  # -1: none
        ("score", np.int8),  # -1: none
    ]
)


def make_slots(events: int, customers: int, seed: int) -> Iterator[Rows]:
    """The rows of one slot after another, each in order of time; together exactly `events` rows."""
    rng = np.random.default_rng(seed)
    slots = max(1, -(-events // SLOT_EVENTS))
    pending = np.zeros(0, ROW)
    orders = tickets = 0
    for slot in range(slots):
        wanted = events * (slot + 1) // slots - events * slot // slots
        share = (slot / slots, (slot + 1) / slots)
        end_us = int(_instants(np.array([share[1]]))[0])
        due = int(np.count_nonzero(pending["at"] < end_us))
        sessions = max(0, int((wanted - due) * SESSION_SHARE / EVENTS_PER_SESSION))
        starts = _draw_starts(rng, sessions, share)
        parts, orders, tickets = _draw_sessions(rng, starts, customers, orders, tickets)
        filling = max(0, wanted - due - sum(int(np.count_nonzero(part["at"] < end_us)) for part in parts))
        lone = _draw_lone_rows(rng, _draw_starts(rng, filling, share), customers)
        everything = np.concatenate([pending, *parts, lone])
        # A slot of few rows may be overfull by chance; then its last rows open the next one, still in order.
        order = np.argsort(everything["at"], kind="stable")
        pending = everything[order[wanted:]]
        yield everything[order[:wanted]]


def _instants(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The instants at which these shares (0–1) of the whole activity are over; whole milliseconds."""
    activity = np.concatenate([[0.0], np.cumsum(np.tile(np.array(HOURLY, np.float64), DAYS))])
    hours = np.interp(shares * activity[-1], activity, np.arange(len(activity)))
    instants: npt.NDArray[np.int64] = FIRST_DAY_US + (hours * 3_600_000).astype(np.int64) * 1000
    return instants


def _draw_starts(rng: Generator, count: int, share: tuple[float, float]) -> npt.NDArray[np.int64]:
    return _instants(rng.uniform(share[0], share[1], count))


def _draw_customers(rng: Generator, count: int, customers: int) -> npt.NDArray[np.int32]:
    """Customers by a zipf law with exponent 0.7, the busy ones scattered over the ids."""
    top = (customers + 1) ** 0.3 - 1
    ranks = ((rng.random(count) * top + 1) ** (1 / 0.3)).astype(np.int64) - 1
    stride = next(s for s in range(int(customers * 0.618) | 1, 2 * customers + 3) if gcd(s, customers) == 1)
    numbers: npt.NDArray[np.int32] = (np.minimum(ranks, customers - 1) * stride % customers).astype(np.int32)
    return numbers


def _blank_rows(count: int) -> Rows:
    rows = np.zeros(count, ROW)
    for name in ("order", "ticket", "x", "y", "page", "element", "score"):
        rows[name] = -1
    rows["amount"] = rows["duration"] = np.nan
    return rows


def _draw_sessions(
    rng: Generator, starts: npt.NDArray[np.int64], customers: int, orders: int, tickets: int
) -> tuple[list[Rows], int, int]:
    """All that follows from sessions beginning at `starts`, in no order, and the numbers of orders and tickets so far."""
    rows = _draw_steps(rng, starts, customers)
    placed = rows["event"] == PLACED
    bought = int(np.count_nonzero(placed))
    rows["order"][placed] = np.arange(orders, orders + bought)
    bursts = _draw_bursts(rng, rows[rows["event"] == CLICK])
    deliveries = _draw_deliveries(rng, rows[placed])
    asked = _draw_tickets(rng, rows[placed], rows[rows["event"] == PAGE], tickets)
    words = _draw_words(rng, rows[placed], deliveries)
    opened = int(np.count_nonzero(asked["event"] == TICKET))
    return [rows, bursts, deliveries, words, asked], orders + bought, tickets + opened


def _draw_steps(rng: Generator, starts: npt.NDArray[np.int64], customers: int) -> Rows:
    """What people do in the shop itself, session by session."""
    shape = (len(starts), len(STEPS))
    events, chances, gaps, needs = (np.array(column) for column in zip(*STEPS, strict=True))
    has_step = rng.random(shape, np.float32) < chances.astype(np.float32)
    for later in np.flatnonzero(needs):
        has_step[:, later] &= has_step[:, later - needs[later]]
    seconds = rng.standard_exponential(shape, np.float32) * gaps.astype(np.float32)
    seconds[rng.random(shape, np.float32) < TIED_GAPS] = 0
    offsets = (np.cumsum(seconds, axis=1) * 1000).astype(np.int64) * 1000
    session, step = np.nonzero(has_step)
    rows = _blank_rows(len(session))
    rows["at"] = (starts[:, None] + offsets)[has_step]
    rows["event"] = events[step]
    rows["customer"] = _draw_customers(rng, len(starts), customers)[session]
    rows["channel"] = (rng.random(len(starts)) < 0.4).astype(np.int8)[session]  # WEB or APP
    prices = np.round(np.exp(rng.normal(3.9, 0.9, len(starts))), 2)[session]
    has_amount = (rows["event"] >= PRODUCT) & (rows["event"] <= PLACED)
    rows["amount"] = np.where(has_amount, prices, np.nan)
    _draw_places(rng, rows)
    reactions = np.flatnonzero(rows["event"] == REACTION)  # each right behind its click
    rows["page"][reactions] = rows["page"][reactions - 1]
    return rows


def _draw_lone_rows(rng: Generator, starts: npt.NDArray[np.int64], customers: int) -> Rows:
    """Page views, and clicks beside every control, that belong to no session."""
    rows = _blank_rows(len(starts))
    rows["at"] = starts
    rows["event"] = rng.integers(PAGE, CLICK + 1, len(starts))
    rows["customer"] = _draw_customers(rng, len(starts), customers)
    rows["channel"] = rng.integers(WEB, APP + 1, len(starts))
    _draw_places(rng, rows)
    rows["element"] = -1
    return rows


def _draw_places(rng: Generator, rows: Rows) -> None:
    """Fills page, element and position where the event has them."""
    on_page = np.flatnonzero(rows["event"] <= CLICK)
    rows["page"][on_page] = rng.integers(0, len(PAGES), len(on_page), np.int8)
    for event, page in ((SEARCH, RESULTS_PAGE), (HELP, HELP_PAGE), (ERROR, FORM_PAGE)):
        rows["page"][rows["event"] == event] = page
    viewed = np.flatnonzero(rows["event"] == PAGE)
    rows["duration"][viewed] = np.exp(rng.standard_normal(len(viewed), np.float32) * 0.6 - 1.05)  # 0.35 s, 4 % above 1
    clicks = np.flatnonzero(rows["event"] == CLICK)
    controls = rng.integers(0, len(CONTROLS), len(clicks), np.int8)
    rows["element"][clicks] = np.where(rng.random(len(clicks), np.float32) < 0.6, controls, -1)
    rows["x"][clicks] = rng.integers(0, 1440, len(clicks), np.int16)
    rows["y"][clicks] = rng.integers(0, 3000, len(clicks), np.int16)
    typed = np.flatnonzero((rows["event"] >= FOCUSED) & (rows["event"] <= REFUSED))
    rows["page"][typed] = FORM_PAGE
    rows["element"][typed] = FIRST_FIELD + rng.integers(0, len(FIELDS), len(typed), np.int8)
    behind = typed[rows["event"][typed] != FOCUSED]  # what is changed or refused is what was focused before
    for _ in range(2):
        rows["element"][behind] = rows["element"][behind - 1]


def _draw_bursts(rng: Generator, clicks: Rows) -> Rows:
    """Three to five more clicks on the spot of a few clicks, all within a second."""
    first = clicks[rng.random(len(clicks)) < RAGE_BURSTS]
    if not len(first):
        return first
    first["element"] = np.maximum(first["element"], 0)
    more = rng.integers(3, 6, len(first))
    rows = np.repeat(first, more)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(more) - more, more) + 1
    rows["at"] += nth * rng.integers(90, 190, len(rows)) * 1000
    rows["x"] += rng.integers(0, 4, len(rows)).astype(np.int16)
    rows["y"] += rng.integers(0, 4, len(rows)).astype(np.int16)
    return rows


def _later(rng: Generator, rows: Rows, event: int, at_least_hours: float, mean_hours: float) -> Rows:
    """The same rows as another event, some exponential time later."""
    after = rows.copy()
    wait = at_least_hours + rng.standard_exponential(len(rows)) * mean_hours
    after["at"] += (wait * 3_600_000).astype(np.int64) * 1000
    after["event"] = event
    return after


def _draw_deliveries(rng: Generator, placed: Rows) -> Rows:
    """What the company does with orders: 6 % cancelled, nine of ten others shipped and delivered."""
    fate = rng.random(len(placed))
    orders = placed.copy()
    orders["channel"] = EMAIL
    cancelled = _later(rng, orders[fate < 0.06], CANCELLED, 0.1, 10)
    orders["amount"] = np.nan
    shipped = _later(rng, orders[fate >= 0.09], SHIPPED, 4, 26)
    arriving = shipped[rng.random(len(shipped)) < 0.9]
    delivered = _later(rng, _later(rng, arriving, DELIVERED, 24, 40), DELIVERED, 0, 40)
    return np.concatenate([cancelled, shipped, delivered])


def _draw_words(rng: Generator, placed: Rows, deliveries: Rows) -> Rows:
    """What is said of an order: the company's messages, and the scores that a third of those give who got theirs."""
    sent = []
    for template, about in enumerate((placed, deliveries[deliveries["event"] == SHIPPED])):
        message = _later(rng, about, MESSAGE, 0, 0.1)
        message["channel"], message["element"], message["amount"] = EMAIL, FIRST_TEMPLATE + template, np.nan
        sent.append(message)
    arrived = deliveries[deliveries["event"] == DELIVERED]
    answers = _later(rng, arrived[rng.random(len(arrived)) < 0.3], SURVEY, 1, 30)
    answers["score"] = rng.choice(np.arange(1, 6, dtype=np.int8), len(answers), p=(0.1, 0.05, 0.1, 0.2, 0.55))
    return np.concatenate([*sent, answers])


def _draw_tickets(rng: Generator, placed: Rows, visits: Rows, first: int) -> Rows:
    """Tickets about one order in eight, tickets about nothing bought, numbered from `first`; and most get an answer."""
    about_order = _later(rng, placed[rng.random(len(placed)) < 0.12], TICKET, 0.2, 120)
    about_order["order"][rng.random(len(about_order)) < 0.2] = -1
    other = _later(rng, visits[rng.random(len(visits)) < 0.01], TICKET, 0.01, 0.5)
    tickets = np.concatenate([about_order, other])
    tickets["channel"] = rng.integers(CHAT, VOICE + 1, len(tickets))
    tickets["amount"] = np.nan
    tickets["page"], tickets["duration"] = -1, np.nan
    tickets["ticket"] = np.arange(first, first + len(tickets))
    answers = tickets[rng.random(len(tickets)) < 0.88]
    minutes = np.exp(rng.normal(3.2, 1.6, len(answers)))
    answers["at"] += (minutes * 60_000).astype(np.int64) * 1000
    answers["event"] = ANSWER
    return np.concatenate([tickets, answers])
