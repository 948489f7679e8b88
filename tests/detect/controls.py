"""The controls of every signal: stories in which it must be found, and stories that look like it and are not.

The innocent ones are the field's own complaints about false alarms: steppers, galleries and calendars pressed in haste,
words selected by double click, pages opened in a new tab, slow typists, people with screen readers, automatic replies.
"""

from __future__ import annotations

from dataclasses import dataclass

from momentwise.define.signal import Limits
from momentwise.define.span import DAY_US, SECOND_US


@dataclass(frozen=True)
class Control:
    """One story, and how often a signal must be found in it.

    Args:
        signal: The signal's name.
        name: What the story is about.
        lines: The story.
        count: How many signals; 0 for an innocent one.
        end: When the data end, if not long after.
        limits: What was learned, if not from the story.
    """

    signal: str
    name: str
    lines: tuple[str, ...]
    count: int
    end: str = ""
    limits: Limits | None = None

    def __str__(self) -> str:
        """How the tests call it."""
        return f"{self.signal}: {self.name}"


CONTROLS: list[Control] = []


def found(signal: str, name: str, *lines: str, count: int = 1, end: str = "", limits: Limits | None = None) -> None:
    """A story in which the signal must be found."""
    CONTROLS.append(Control(signal, name, lines, count, end, limits))


def silent(signal: str, name: str, *lines: str, end: str = "", limits: Limits | None = None) -> None:
    """A story in which the signal must not be found."""
    CONTROLS.append(Control(signal, name, lines, 0, end, limits))


# ---- Where the screen does not answer ----

PAY = "page=/cart element=pay x=100 y=200"
found("rage_click", "four clicks on a button that does not answer", f"0s+250ms*4 click {PAY}")
found("rage_click", "four clicks within exactly a second", f"0s+300ms*3 click {PAY}", f"1s click {PAY}")
found("rage_click", "six taps on a phone are one", "0s+150ms*6 tap page=/checkout element=place-order x=160 y=580")
found("rage_click", "clicks without a position, on one element", "0s+200ms*5 click page=/cart element=pay")
found("rage_click", "a trembling hand within 30 pixels", f"0s click {PAY}", "200ms click page=/cart x=130 y=200",
      "400ms click page=/cart x=90 y=210", "600ms click page=/cart x=100 y=230")  # fmt: skip
found("rage_click", "twice, a minute apart", f"0s+250ms*4 click {PAY}", f"1m+250ms*4 click {PAY}", count=2)
found("rage_click", "the next step of a checkout", "0s+150ms*5 click page=/checkout element=next-step x=5 y=5")
found("rage_click", "on to what comes next", "0s+150ms*5 click page=/checkout element='continue next' x=5 y=5")
found("rage_click", "a button that says continue", "0s+150ms*5 click page=/checkout element=continue x=5 y=5")
for innocent, element in {
    "a stepper": "quantity-stepper-up",
    "a plus button": "qty-plus",
    "a spin button of a number field": "increment",
    "a pager": "pagination-2",
    "the next button of a gallery": "next-image",
    "the previous button of a gallery": "prev-image",
    "a carousel of products": "carousel-dot",
    "a calendar turned to next summer": "calendar-forward",
    "a datepicker's months": "datepicker-month",
    "a map being moved": "store-map",
    "a map's zoom": "zoom-in",
    "a player's volume": "volume-up",
    "a player skipping ahead": "player-skip",
    "seeking in a film": "seek-bar",
    "a price slider": "price-slider",
    "a text field, all of it selected by clicks": "email-input",
    "a text area": "textarea-message",
    "a control that the owner marked": "like no-rage",
    "an arrow to turn a leaflet": "arrow-right",
    "a chevron that turns pictures": "chevron-left",
    "a swiper": "hero-swiper",
    "a lightbox": "lightbox-forward",
    "thumbnails": "thumbnail-4",
    "a spinner of a number": "spinner-up",
    "a film skipped through": "video-forward",
    "a podcast skipped through": "audio-forward",
}.items():
    silent("rage_click", innocent, f"0s+120ms*8 click page=/p element='{element}' x=200 y=300")
silent("rage_click", "a double click that selects a word", "0s+150ms*2 click page=/p element=description x=50 y=60")
silent(
    "rage_click", "a triple click that selects a paragraph", "0s+150ms*3 click page=/p element=description x=50 y=60"
)
silent("rage_click", "two double clicks, one after the other", "0s+150ms*2 click page=/p element=description x=50 y=60",
       "2s+150ms*2 click page=/p element=description x=50 y=60")  # fmt: skip
silent("rage_click", "four clicks in more than a second", f"0s+400ms*4 click {PAY}")
silent("rage_click", "four boxes ticked quickly, far apart", "0s click page=/filter element=a x=10 y=10",
       "250ms click page=/filter element=b x=10 y=60", "500ms click page=/filter element=c x=10 y=110",
       "750ms click page=/filter element=d x=10 y=160")  # fmt: skip
silent("rage_click", "a click each of four customers", *(f"{n}00ms click {PAY} who=c{n}" for n in range(4)))
silent("rage_click", "clicks of which nobody knows where", "0s+200ms*4 click page=/cart")

# Somebody else's answer shows that the log holds reactions at all.
SEEN = "0s reaction page=/home who=zoe"
BUY = "click page=/cart element=buy"
found("dead_click", "a button that nothing answers", SEEN, f"0s {BUY}", "10s page_viewed page=/home")
found("dead_click", "three clicks are one", SEEN, f"0s+500ms*3 {BUY}")
found("dead_click", "an answer just too late", SEEN, f"0s {BUY}", "2501ms reaction page=/cart")
found("dead_click", "the last click of the data", SEEN, f"0s {BUY}", end="3s")
found("dead_click", "twice on one page", SEEN, f"0s {BUY}", f"5s {BUY}", count=2)
for innocent, answer in {
    "the screen answers": "2s reaction page=/cart",
    "the screen answers at the last moment": "2500ms reaction page=/cart",
    "the screen answers at once": "0s mutation page=/cart",
    "it leads to another page": "800ms page_viewed page=/checkout",
    "it opens a new tab": "300ms visibility_changed page=/cart",
    "it downloads the invoice": "900ms download_started page=/cart",
    "it scrolls to the reviews": "50ms scroll page=/cart",
    "it puts the cursor into a field": "20ms field_focused page=/cart element=email",
    "it opens a dialog": "100ms dialog_opened page=/cart",
    "it sends a request": "10ms request_started page=/cart",
    "it selects a word": "30ms selection_changed page=/cart",
}.items():
    silent("dead_click", innocent, SEEN, f"0s {BUY}", answer)
for innocent, element in {
    "a paragraph while reading": "paragraph-3",
    "a text being selected": "text-block",
    "a text field that has the cursor already": "email-input",
    "a field of a form that has the cursor already": "field-zip",
    "a link to another site": "external-link",
    "a link that opens the mail program": "mailto-support",
    "a player's pause button": "player-pause",
    "a film": "video-intro",
    "a map": "map-canvas",
    "a control that the owner marked": "logo no-dead",
}.items():
    silent("dead_click", innocent, SEEN, f"0s click page=/cart element='{element}'")
silent("dead_click", "a log that holds no reactions", f"0s {BUY}", f"1m {BUY}")
silent("dead_click", "empty space", SEEN, "0s click page=/cart x=10 y=900")
silent("dead_click", "the data end before anybody knows", SEEN, f"0s {BUY}", end="2500ms")

found("error_click", "an error right after a click", f"0s {BUY}", "200ms error page=/cart")
found("error_click", "exactly a second after a tap", "0s tap page=/cart element=buy", "1s js_error page=/cart")
found("error_click", "a request that failed", f"0s {BUY}", "400ms request_failed page=/cart")
found("error_click", "in the same instant", f"0s {BUY}", "0s exception page=/cart")
silent("error_click", "an error much later", f"0s {BUY}", "1001ms error page=/cart")
silent("error_click", "an error of another page", f"0s {BUY}", "200ms error page=/chat-widget")
silent("error_click", "an error before the click", "0s error page=/cart", f"200ms {BUY}")
silent("error_click", "somebody else's error", f"0s {BUY}", "200ms error page=/cart who=bob")
silent("error_click", "an error without a click", "0s page_viewed page=/cart", "200ms error page=/cart")

found("slow_answer", "over a second", "0s page_viewed page=/home duration=1.2")
found("slow_answer", "over ten seconds: attention lost", "0s page_viewed page=/home duration=20")
found("slow_answer", "slower than this page in 19 of 20", "0s page_viewed page=/home duration=0.7",
      limits=Limits(answers={"/home": 600_000}))  # fmt: skip
found("slow_answer", "a slow reaction to a click", "0s reaction page=/home duration=3")
silent("slow_answer", "a second exactly", "0s page_viewed page=/home duration=1")
silent("slow_answer", "three tenths", "0s page_viewed page=/home duration=0.3")
silent("slow_answer", "nobody measured it", "0s page_viewed page=/home")
silent("slow_answer", "slow for this page and still quick", "0s page_viewed page=/home duration=0.4",
       limits=Limits(answers={"/home": 200_000}))  # fmt: skip
silent("slow_answer", "a measurement that cannot be", "0s page_viewed page=/home duration=-5")
silent("slow_answer", "a long call is no slow page", "0s call_ended duration=600")

found("poor_vital", "the largest content late", "0s page_viewed page=/home lcp=4.5")
found("poor_vital", "a slow response to input", "0s page_left page=/home inp=0.6")
found("poor_vital", "a page that jumps", "0s page_left page=/home cls=0.3")
silent("poor_vital", "at the limits", "0s page_viewed page=/home lcp=4 inp=0.5 cls=0.25")
silent("poor_vital", "a good page", "0s page_viewed page=/home lcp=1.8 inp=0.1 cls=0.02")
silent("poor_vital", "nobody measured it", "0s page_viewed page=/home")

found("error_seen", "an error message", "0s error_shown page=/cart")
found("error_seen", "a payment that failed", "0s payment_failed")
found("error_seen", "twice", "0s+1m*2 error page=/cart", count=2)
silent("error_seen", "a warning", "0s warning_shown page=/cart")
silent("error_seen", "the help page about errors", "0s page_viewed page=/help/errors")
silent("error_seen", "a field refused, which is rework", "0s field_refused page=/cart element=zip")

# ---- Forms and controls ----

ZIP = "page=/address element=zip"
found("field_rework", "changed three times", f"0s+20s*3 field_changed {ZIP}")
found("field_rework", "refused and filled in again", f"0s field_changed {ZIP}", f"1s field_refused {ZIP}",
      f"30s field_changed {ZIP}")  # fmt: skip
found("field_rework", "at five minutes each", f"0s+5m*3 field_changed {ZIP}")
silent("field_rework", "changed twice", f"0s+20s*2 field_changed {ZIP}")
silent("field_rework", "three fields once each", *(f"{n}s field_changed page=/address element=f{n}" for n in range(3)))
silent("field_rework", "one name on three pages", *(f"{n}s field_changed page=/step{n} element=zip" for n in range(3)))
silent("field_rework", "a slow typist", f"0s field_focused {ZIP}", f"90s field_changed {ZIP}")
silent("field_rework", "a screen reader that walks through it", f"0s+3s*6 field_focused {ZIP}")
silent("field_rework", "a third time much later", f"0s+20s*2 field_changed {ZIP}", f"10m field_changed {ZIP}")

ASK = "page=/apply element=passport"
found(
    "premature_ask", "stops and then chooses a file", f"0s field_focused {ASK} sensitive=true", f"8s file_chosen {ASK}"
)
found("premature_ask", "stops and leaves the field", f"0s field_focused {ASK} sensitive=true", f"2m field_left {ASK}")
found("premature_ask", "stops for exactly five seconds", f"0s field_focused {ASK} sensitive=true",
      f"5s field_changed {ASK}")  # fmt: skip
silent("premature_ask", "told why while in the field", f"0s field_focused {ASK} sensitive=true", f"2s why_shown {ASK}",
       f"20s field_changed {ASK}")  # fmt: skip
silent("premature_ask", "told why before", f"0s why_shown {ASK}", f"9s field_focused {ASK} sensitive=true",
       f"1m field_changed {ASK}")  # fmt: skip
silent("premature_ask", "told why half an hour before, on another page", "0s why_shown page=/welcome",
       f"30m field_focused {ASK} sensitive=true", f"31m file_chosen {ASK}")  # fmt: skip
found("premature_ask", "told why yesterday", "0s why_shown page=/welcome", f"1d field_focused {ASK} sensitive=true",
      f"1442m field_changed {ASK}")  # fmt: skip
found("premature_ask", "told only afterwards", f"0s field_focused {ASK} sensitive=true", f"8s field_changed {ASK}",
      f"9s why_shown {ASK}")  # fmt: skip
found("premature_ask", "leaves the page", f"0s field_focused {ASK} sensitive=true", "40s page_left page=/apply")
found("premature_ask", "leaves the form", f"0s field_focused {ASK} sensitive=true", "6s form_left page=/apply")
found("premature_ask", "goes on to another field", f"0s field_focused {ASK} sensitive=true",
      "9s field_focused page=/apply element=name")  # fmt: skip
silent("premature_ask", "goes on at once", f"0s field_focused {ASK} sensitive=true",
       "2s field_focused page=/apply element=name", "20s field_changed page=/apply element=name")  # fmt: skip
silent("premature_ask", "leaves another page, in another tab", f"0s field_focused {ASK} sensitive=true",
       "40s page_left page=/news")  # fmt: skip
silent("premature_ask", "an answer at hand", f"0s field_focused {ASK} sensitive=true", f"4s field_changed {ASK}")
silent("premature_ask", "typed at once, left late", f"0s field_focused {ASK} sensitive=true", f"2s field_changed {ASK}",
       f"30s field_left {ASK}")  # fmt: skip
silent(
    "premature_ask", "a field that asks for nothing sensitive", f"0s field_focused {ZIP}", f"20s field_changed {ZIP}"
)
silent("premature_ask", "away from the screen", f"0s field_focused {ASK} sensitive=true", f"2h field_changed {ASK}")


found("field_left_blank", "left as it was", f"0s field_left {ZIP} blank=true")
found("field_left_blank", "that must be filled in", f"0s field_left {ZIP} blank=true required=true")
found("field_left_blank", "twice", f"0s+20s*2 field_left {ZIP} blank=true", count=2)
silent("field_left_blank", "filled in", f"0s field_left {ZIP} blank=false")
silent("field_left_blank", "nobody knows whether", f"0s field_left {ZIP}")
silent("field_left_blank", "that may stay empty", f"0s field_left {ZIP} blank=true required=false")
silent("field_left_blank", "not left at all", f"0s field_focused {ZIP} blank=true")


def fields(*pauses: int, page: str = "/apply") -> tuple[str, ...]:
    """A form filled in, with so many seconds before each of its fields."""
    lines, at = [], 0
    for number, pause in enumerate(pauses):
        lines += [
            f"{at}s field_focused page={page} element=f{number}",
            f"{at + pause}s field_changed page={page} element=f{number}",
        ]
        at += pause + 5
    return tuple(lines)


found("hesitation", "a stop in a fluent form", *fields(2, 2, 2, 12, 2))
found("hesitation", "exactly three times the usual, after two", *fields(3, 3, 9))
found("hesitation", "before the choice of a file", *fields(1, 1), "1m field_focused page=/apply element=id",
      "80s file_chosen page=/apply element=id")  # fmt: skip
silent("hesitation", "a slow typist", *fields(20, 25, 22, 30, 24))
silent("hesitation", "a person with a screen reader", *fields(35, 30, 40, 38, 45, 60))
silent("hesitation", "a fluent form", *fields(2, 2, 3, 2, 4))
silent("hesitation", "the first field of a form", *fields(60, 2, 2, 2))
silent("hesitation", "three times very little", *fields(1, 1, 1, 4))
silent("hesitation", "away from the screen", *fields(2, 2, 7_200))

SIZE = "page=/product element=size-guide"
found("wavering", "opened and closed twice", f"0s control_opened {SIZE}", f"2s control_closed {SIZE}",
      f"4s control_opened {SIZE}", f"6s control_closed {SIZE}")  # fmt: skip
found("wavering", "at ten seconds each", f"0s+10s*4 accordion_toggled {SIZE}")
found("wavering", "a dialog seven times is one", f"0s+3s*7 dialog_opened {SIZE}")
silent("wavering", "opened and closed once and a half", f"0s+2s*3 control_opened {SIZE}")
silent("wavering", "slowly", f"0s+11s*6 accordion_toggled {SIZE}")
silent("wavering", "one question of the help after the other",
       *(f"{2 * n}s accordion_toggled page=/faq element=q{n}" for n in range(6)))  # fmt: skip

PHONE = "viewport_width=360 viewport_height=640"
found("out_of_reach", "below a small phone's screen", f"0s tap page=/pay element=pay y=700 {PHONE}")
found("out_of_reach", "by one pixel", f"0s tap page=/pay element=pay y=641 {PHONE}")
found(
    "out_of_reach", "clicked on a phone", "0s click page=/pay element=pay y=900 viewport_width=375 viewport_height=667"
)
silent("out_of_reach", "the same page on a larger phone",
       "0s tap page=/pay element=pay y=700 viewport_width=414 viewport_height=896")  # fmt: skip
silent("out_of_reach", "at the lower edge", f"0s tap page=/pay element=pay y=640 {PHONE}")
silent("out_of_reach", "a long page on a desk",
       "0s click page=/pay element=pay y=2400 viewport_width=1440 viewport_height=900")  # fmt: skip
silent("out_of_reach", "nobody knows where", f"0s tap page=/pay element=pay {PHONE}")

found("small_target", "20 by 20", f"0s tap page=/pay element=x target_width=20 target_height=20 {PHONE}")
found("small_target", "wide and flat", f"0s tap page=/pay element=x target_width=200 target_height=18 {PHONE}")
found("small_target", "on a tablet", "0s tap page=/pay element=x target_width=16 target_height=16 viewport_width=820")
silent("small_target", "24 by 24", f"0s tap page=/pay element=x target_width=24 target_height=24 {PHONE}")
silent(
    "small_target", "with a mouse", "0s click page=/p element=x target_width=16 target_height=16 viewport_width=1440"
)
silent("small_target", "nobody measured it", f"0s tap page=/pay element=x {PHONE}")

found(
    "near_miss",
    "beside it, then on it",
    f"0s tap page=/pay x=10 y=20 {PHONE}",
    f"600ms tap page=/pay element=pay {PHONE}",
)
found("near_miss", "at a second and a half", f"0s tap page=/pay {PHONE}", f"1500ms tap page=/pay element=pay {PHONE}")
found(
    "near_miss", "beside it twice is one", f"0s+400ms*2 tap page=/pay {PHONE}", f"1s tap page=/pay element=pay {PHONE}"
)
silent("near_miss", "two seconds later", f"0s tap page=/pay {PHONE}", f"2s tap page=/pay element=pay {PHONE}")
silent(
    "near_miss",
    "with a mouse",
    "0s click page=/pay viewport_width=1440",
    "600ms click page=/pay element=pay viewport_width=1440",
)
silent("near_miss", "on it, then beside it", f"0s tap page=/pay element=pay {PHONE}", f"600ms tap page=/pay {PHONE}")
silent("near_miss", "on another page", f"0s tap page=/pay {PHONE}", f"600ms tap page=/done element=ok {PHONE}")

# ---- Finding the way ----

found(
    "u_turn",
    "there and straight back",
    "0s page_viewed page=/list",
    "30s page_viewed page=/item",
    "33s page_viewed page=/list",
)
found(
    "u_turn",
    "at seven seconds",
    "0s page_viewed page=/list",
    "30s page_viewed page=/item",
    "37s page_viewed page=/list",
)
found("u_turn", "sooner than people read that page", "0s screen_view page=/list", "30s screen_view page=/terms",
      "34s screen_view page=/list", limits=Limits(dwells={"/terms": 5 * SECOND_US}))  # fmt: skip
found("u_turn", "into two items and back", "0s page_viewed page=/list", "9s page_viewed page=/a", "12s page_viewed page=/list",
      "20s page_viewed page=/b", "23s page_viewed page=/list", count=2)  # fmt: skip
silent(
    "u_turn",
    "a look at the item",
    "0s page_viewed page=/list",
    "30s page_viewed page=/item",
    "38s page_viewed page=/list",
)
silent("u_turn", "a page that nobody stays on", "0s page_viewed page=/list", "30s page_viewed page=/redirect",
       "33s page_viewed page=/list", limits=Limits(dwells={"/redirect": 2 * SECOND_US}))  # fmt: skip
silent("u_turn", "a gallery, next and back", "0s page_viewed page=/gallery/1", "2s page_viewed page=/gallery/2",
       "4s page_viewed page=/gallery/1", "6s page_viewed page=/gallery/2")  # fmt: skip
silent("u_turn", "a large image and back", "0s page_viewed page=/item", "5s page_viewed page=/item/image-2",
       "8s page_viewed page=/item")  # fmt: skip
silent("u_turn", "the second page of a list and back", "0s page_viewed page=/list", "5s page_viewed page=/list?page=2",
       "8s page_viewed page=/list")  # fmt: skip
silent("u_turn", "in, add to the cart, back", "0s page_viewed page=/list", "5s page_viewed page=/item", "7s product_added page=/item",
       "9s page_viewed page=/list")  # fmt: skip
silent("u_turn", "a page loaded twice", "0s page_viewed page=/list", "5s page_viewed page=/item", "7s page_viewed page=/item",
       "9s page_viewed page=/list")  # fmt: skip
silent("u_turn", "onwards", "0s page_viewed page=/list", "5s page_viewed page=/item", "8s page_viewed page=/cart")

STEP = "page_viewed page=/checkout/address"
found("page_loop", "five times the same page", f"0s+30s*5 {STEP}")
found("page_loop", "at two minutes each", f"0s+2m*5 {STEP}")
found("page_loop", "thrown back from the next page each time", f"0s+1m*6 {STEP}", "30s+1m*6 page_viewed page=/checkout/pay",
      count=2)  # fmt: skip
found(
    "page_loop",
    "once more in circles after getting on",
    f"0s+30s*5 {STEP}",
    "3m order_placed",
    f"4m+30s*5 {STEP}",
    count=2,
)
silent("page_loop", "four times", f"0s+30s*4 {STEP}")
silent("page_loop", "an order's status, every ten minutes", "0s+10m*9 page_viewed page=/order/status")
silent("page_loop", "a product added each time, on its own page", f"0s+40s*6 {STEP}", "70s product_added page=/item/3",
       "150s product_added page=/item/4")  # fmt: skip
silent("page_loop", "a form sent in between", f"0s+30s*6 {STEP}", "65s form_sent")
silent("page_loop", "from a list to its items and back", "0s+40s*6 page_viewed page=/shoes/list")
silent("page_loop", "from the results to what was found", "0s+40s*6 page_viewed page=/search?q=boots")
silent("page_loop", "leafing through a gallery", "0s+3s*9 page_viewed page=/gallery")
silent("page_loop", "the front page between errands", "0s+1m*7 page_viewed page=/")
silent("page_loop", "a log that names no pages", "0s+1s*20 page_viewed")
silent("page_loop", "five pages once each", *(f"{n}s page_viewed page=/step-{n}" for n in range(5)))
silent("page_loop", "five customers", *(f"{n}s {STEP} who=c{n}" for n in range(5)))

found("scroll_thrash", "six turns in haste", "0s+400ms*6 scroll_turned page=/terms")
found("scroll_thrash", "at a second each", "0s+1s*6 scroll_reversed page=/terms")
found("scroll_thrash", "ten turns are one", "0s+300ms*10 scroll_turned page=/terms")
silent("scroll_thrash", "five turns", "0s+400ms*5 scroll_turned page=/terms")
silent("scroll_thrash", "reading to and fro", "0s+4s*12 scroll_turned page=/terms")
silent("scroll_thrash", "moving a map", "0s+300ms*9 scroll_turned page=/stores element=store-map")
silent("scroll_thrash", "a date's wheels", "0s+300ms*9 scroll_turned page=/book element=date-picker")
silent("scroll_thrash", "scrolling down a long page", "0s+200ms*20 scroll page=/terms")
silent(
    "scroll_thrash",
    "two pages, three turns each",
    "0s+400ms*3 scroll_turned page=/a",
    "2s+400ms*3 scroll_turned page=/b",
)

found("repeated_search", "three searches in a row", "0s+30s*3 search_performed text=boots")
found("repeated_search", "at two minutes each", "0s+2m*3 search")
found("repeated_search", "in the help, four times is one", "0s+20s*4 help_searched")
silent("repeated_search", "two searches", "0s+30s*2 search_performed")
silent("repeated_search", "a look at what was found", "0s+30s*2 search_performed", "50s product_viewed", "1m search_performed",
       "90s search_performed")  # fmt: skip
silent("repeated_search", "searches of a long day", "0s+3m*5 search_performed")
silent("repeated_search", "three customers", *(f"{n}s search_performed who=c{n}" for n in range(3)))

found("empty_search", "no results shown", "0s no_results_shown page=/search")
found("empty_search", "a search with 0 results", "0s search_performed results=0")
found("empty_search", "results, none", "0s results_shown results=0")
silent("empty_search", "one result", "0s search_performed results=1")
silent("empty_search", "nobody counted", "0s search_performed text=boots")
silent("empty_search", "another count of 0", "0s cart_viewed results=0")

found("bounce", "one page and gone", "0s page_viewed page=/landing")
found("bounce", "one page today, one tomorrow", "0s+1d*2 page_viewed page=/landing", count=2)
found("bounce", "just over half an hour later again", "0s page_viewed page=/a", "1801s page_viewed page=/b", count=2)
silent("bounce", "two pages", "0s page_viewed page=/landing", "20s page_viewed page=/item")
silent("bounce", "something done there", "0s page_viewed page=/landing", "10s click page=/landing element=menu")
silent("bounce", "half an hour exactly", "0s+30m*2 page_viewed page=/a")
silent("bounce", "a call before it", "0s call_started", "10m page_viewed page=/help")
silent("bounce", "the visit may still go on", "0s page_viewed page=/landing", end="30m")

found("repeated_authentication", "asked again an hour later", "0s signed_in", "1h login_asked")
found("repeated_authentication", "verified, and verified again", "0s identity_verified", "10m security_asked")
found("repeated_authentication", "a day later exactly", "0s code_entered", "1d code_asked")
silent("repeated_authentication", "signed out in between", "0s signed_in", "1h signed_out", "2h login_asked")
silent("repeated_authentication", "days later", "0s signed_in", "2d login_asked")
silent("repeated_authentication", "asked, then signed in", "0s login_asked", "20s code_asked", "40s signed_in")
found("repeated_authentication", "a minute later exactly", "0s signed_in", "1m code_asked")
silent("repeated_authentication", "the second step of one sign-in", "0s signed_in", "500ms code_asked")
silent(
    "repeated_authentication", "a code that takes its time", "0s signed_in", "59s code_asked", "2m identity_verified"
)

# ---- Asking a person ----

found("repeat_contact", "again after three days", "0s ticket_opened", "3d call_started")
found("repeat_contact", "after exactly seven days", "0s chat_started", "7d chat_started")
found("repeat_contact", "about the same topic", "0s ticket_opened topic=refund", "2d call_started topic=refund")
found("repeat_contact", "three contacts are two repeats", "0s+2d*3 ticket_opened topic=refund", count=2)
silent("repeat_contact", "after eight days", "0s ticket_opened", "8d call_started")
silent("repeat_contact", "about another topic", "0s ticket_opened topic=refund", "2d call_started topic=address")
silent("repeat_contact", "one contact logged by two systems", "0s chat_started", "20s ticket_opened")
silent("repeat_contact", "an automatic reply is no contact", "0s ticket_opened", "5m message_answered answered_by=bot")
silent("repeat_contact", "two customers", "0s ticket_opened", "1d ticket_opened who=bob")

found("contact_after_self_service", "read the help, then asked", "0s help_viewed element=returns", "1h ticket_opened")
found("contact_after_self_service", "searched, and called after days", "0s help_searched", "3d call_started")
found("contact_after_self_service", "looked where the order is", "0s order_status_viewed", "7d chat_started")
silent("contact_after_self_service", "helped", "0s help_viewed", "1h order_placed")
silent("contact_after_self_service", "eight days later", "0s help_viewed", "8d ticket_opened")
silent("contact_after_self_service", "asked first, read then", "0s ticket_opened", "1h help_viewed")
silent("contact_after_self_service", "somebody else asked", "0s help_viewed", "1h ticket_opened who=bob")

found("contact_after_message", "a vague confirmation", "0s message_sent element=confirmation", "2h ticket_opened")
found("contact_after_message", "after exactly three days", "0s email_sent element=invoice", "3d call_started")
found(
    "contact_after_message",
    "two messages, one contact",
    "0s message_sent element=a",
    "1h message_sent element=b",
    "2h chat_started",
)
silent("contact_after_message", "understood", "0s message_sent element=confirmation", "2h page_viewed page=/orders")
silent("contact_after_message", "four days later", "0s message_sent element=confirmation", "4d ticket_opened")
silent("contact_after_message", "the message answers the contact", "0s ticket_opened", "1h message_sent element=answer")
silent("contact_after_message", "somebody else asked", "0s message_sent", "1h ticket_opened who=bob")

found("channel_hop", "from the chat to the phone", "0s chat_started channel=chat", "2h call_started channel=voice")
found("channel_hop", "after exactly 24 hours", "0s email_received channel=email", "24h call_started channel=voice")
found(
    "channel_hop",
    "with the same topic",
    "0s ticket_opened channel=web topic=refund",
    "3h call_started channel=voice topic=refund",
)
silent(
    "channel_hop", "one contact logged by two systems", "0s chat_started channel=chat", "20s ticket_opened channel=web"
)
silent("channel_hop", "on the same channel", "0s chat_started channel=chat", "2h chat_started channel=chat")
silent(
    "channel_hop",
    "about another topic",
    "0s ticket_opened channel=web topic=refund",
    "3h call_started channel=voice topic=login",
)
silent("channel_hop", "a day and an hour later", "0s chat_started channel=chat", "25h call_started channel=voice")
silent("channel_hop", "nobody knows on which channel", "0s chat_started", "2h call_started channel=voice")

ANSWERED = "0s message_answered answered_by=agent who=zoe"
found("unanswered_query", "no answer", ANSWERED, "0s ticket_opened ticket_id=t1")
found("unanswered_query", "only an automatic reply", ANSWERED, "0s ticket_opened ticket_id=t1",
      "1m message_answered ticket_id=t1 answered_by=auto-reply", "2m reply_sent ticket_id=t1 automatic=true")  # fmt: skip
found(
    "unanswered_query",
    "a person, a second too late",
    ANSWERED,
    "0s email_received",
    "86401s message_answered answered_by=agent",
)
found("unanswered_query", "the answer was to another ticket", ANSWERED, "0s ticket_opened ticket_id=t1",
      "1h message_answered ticket_id=t2 answered_by=agent")  # fmt: skip
found("unanswered_query", "the customer called again", ANSWERED, "0s ticket_opened ticket_id=t1", "5h call_started")
silent(
    "unanswered_query",
    "a person answered",
    ANSWERED,
    "0s ticket_opened ticket_id=t1",
    "2h message_answered ticket_id=t1 answered_by=agent",
)
silent("unanswered_query", "after exactly 24 hours", ANSWERED, "0s ticket_opened", "24h ticket_closed")
silent(
    "unanswered_query", "an answer that names no ticket", ANSWERED, "0s ticket_opened ticket_id=t1", "2h agent_replied"
)
silent("unanswered_query", "a log that holds no answers", "0s ticket_opened ticket_id=t1")
silent("unanswered_query", "there is still time", ANSWERED, "0s ticket_opened ticket_id=t1", end="24h")

found("silence", "days without a word, then a question", "0s order_placed order_id=a", "3d ticket_opened order_id=a")
found("silence", "longer than this step usually takes", "0s message_sent", "3d call_started",
      limits=Limits(gaps={"message_sent": 2 * DAY_US}))  # fmt: skip
found("silence", "days without a word, then an exit", "0s booking_confirmed", "10d booking_cancelled")
found("silence", "a question that names no order", "0s order_shipped order_id=a", "2d chat_started")
silent("silence", "asked the same day", "0s order_placed order_id=a", "6h ticket_opened order_id=a")
silent(
    "silence",
    "a word the day before",
    "0s order_placed order_id=a",
    "3d message_sent order_id=a",
    "90h ticket_opened order_id=a",
)
silent(
    "silence",
    "as long as it always takes",
    "0s order_placed",
    "3d ticket_opened",
    limits=Limits(gaps={"order_placed": 5 * DAY_US}),
)
silent(
    "silence",
    "a question after the delivery",
    "0s order_placed order_id=a",
    "5d order_delivered order_id=a",
    "9d ticket_opened order_id=a",
)
silent("silence", "a question about another order", "0s order_placed order_id=a", "5d ticket_opened order_id=b")
silent("silence", "nobody asked", "0s order_placed order_id=a", "5d page_viewed page=/home")

KEPT = "1d order_delivered order_id=z who=zoe"
found("broken_promise", "never delivered", KEPT, "0s order_placed order_id=a promised_at=@5d")
found(
    "broken_promise",
    "delivered late",
    KEPT,
    "0s order_placed order_id=a promised_at=@5d",
    "7d order_delivered order_id=a",
)
found("broken_promise", "a second late", KEPT, "0s callback_promised promised_at=@1h", "3601s callback_made")
found("broken_promise", "the new promise broken, too", KEPT, "0s order_placed order_id=a promised_at=@5d",
      "6d delivery_promised order_id=a promised_at=@8d", count=2)  # fmt: skip
silent(
    "broken_promise",
    "delivered in time",
    KEPT,
    "0s order_placed order_id=a promised_at=@5d",
    "4d order_delivered order_id=a",
)
silent(
    "broken_promise",
    "delivered at the promised instant",
    KEPT,
    "0s order_placed order_id=a promised_at=@5d",
    "5d order_delivered order_id=a",
)
silent("broken_promise", "nothing promised", KEPT, "0s order_placed order_id=a", "30d order_delivered order_id=a")
silent("broken_promise", "a new promise in time, and kept", KEPT, "0s order_placed order_id=a promised_at=@5d",
       "4d delivery_promised order_id=a promised_at=@8d", "8d order_delivered order_id=a")  # fmt: skip
silent(
    "broken_promise",
    "cancelled before",
    KEPT,
    "0s order_placed order_id=a promised_at=@5d",
    "1d order_cancelled order_id=a",
)
silent("broken_promise", "a log that holds no deliveries", "0s order_placed order_id=a promised_at=@5d")
silent("broken_promise", "there is still time", KEPT, "0s order_placed order_id=a promised_at=@5d", end="5d")

found("retold_story", "noted by the agent", "0s story_retold")
found("retold_story", "in the customer's words", "0s chat_message text='As I said, it never arrived'")
found("retold_story", "on the phone", "0s call_noted text='Customer had already explained it to a colleague'")
silent("retold_story", "a first question", "0s chat_message text='It never arrived'")
silent("retold_story", "no words at all", "0s ticket_opened")
silent("retold_story", "the company's own words", "0s message_sent text='as I said, we are sorry'")

DONE = "0s order_placed who=zoe"
STARTED = "0s checkout_started"
found("unresolved_at_exit", "an error, and gone", DONE, STARTED, "1m error_shown")
found("unresolved_at_exit", "a question, and gone", DONE, STARTED, "1m chat_started")
found("unresolved_at_exit", "the order came too late", DONE, STARTED, "1m payment_failed", "25h order_placed")
found("unresolved_at_exit", "several errors are one", DONE, STARTED, "1m+1m*3 payment_failed")
silent("unresolved_at_exit", "ordered after all", DONE, STARTED, "1m payment_failed", "1h order_placed")
silent("unresolved_at_exit", "ordered after exactly 24 hours", DONE, STARTED, "1m payment_failed", "1441m order_placed")
silent("unresolved_at_exit", "an error while looking around", DONE, "0s page_viewed page=/home", "1m error_shown")
silent("unresolved_at_exit", "an error after the order", DONE, STARTED, "1m order_placed", "2m error_shown")
silent("unresolved_at_exit", "a log in which nobody completes", STARTED, "1m error_shown")
silent("unresolved_at_exit", "there is still time", DONE, STARTED, "1m error_shown", end="20h")

# ---- What customers say ----

found("low_score", "one star", "0s review_written score=1")
found("low_score", "two", "0s survey_answered score=2")
found("low_score", "help that did not help", "0s help_rated score=0")
silent("low_score", "three", "0s review_written score=3")
silent("low_score", "no score", "0s review_written text=bad")
silent("low_score", "another number", "0s order_placed score=1")

found("high_score", "five stars", "0s review_written score=5")
found("high_score", "the survey's best", "0s csat_given score=5")
found("high_score", "help that helped", "0s help_rated score=5")
silent("high_score", "four", "0s review_written score=4")
silent("high_score", "no score", "0s review_written text=great")
silent("high_score", "another number", "0s order_placed score=5")

found(
    "fast_resolution",
    "a person within the hour",
    "0s ticket_opened ticket_id=t1",
    "20m message_answered ticket_id=t1 answered_by=agent",
)
found("fast_resolution", "in exactly an hour", "0s email_received", "1h reply_sent")
found("fast_resolution", "in the chat", "0s chat_started", "2m agent_replied")
silent(
    "fast_resolution", "a machine", "0s ticket_opened ticket_id=t1", "1m message_answered ticket_id=t1 answered_by=bot"
)
silent("fast_resolution", "an automatic reply", "0s email_received", "1m reply_sent automatic=true")
silent("fast_resolution", "two hours", "0s ticket_opened", "2h message_answered answered_by=agent")
silent(
    "fast_resolution",
    "another ticket",
    "0s ticket_opened ticket_id=t1",
    "5m message_answered ticket_id=t2 answered_by=agent",
)

found("thanks", "logged as thanks", "0s thanks_received")
found("thanks", "in a message", "0s message_received text='Thank you so much!'")
found("thanks", "in Portuguese", "0s review_written text='Muito obrigado'")
silent("thanks", "a question", "0s message_received text='Where is my order?'")
silent("thanks", "the company's thanks", "0s message_sent text='Thank you for your order'")
silent("thanks", "no words", "0s review_written score=5")

for name, counted, others in (
    ("share", ("shared", "product_shared", "trip_shared"), ("share_menu_opened", "page_viewed", "referral_sent")),
    (
        "review",
        ("review_written", "review_given", "review_posted"),
        ("review_requested", "survey_answered", "review_read"),
    ),
    (
        "referral",
        ("referral_sent", "referral_joined", "friend_invited"),
        ("referral_page_viewed", "shared", "message_sent"),
    ),
    (
        "mention",
        ("public_post_received", "mention_seen", "brand_mentioned"),
        ("message_received", "review_written", "shared"),
    ),
):
    for event in counted:
        found(name, event, f"0s {event}")
    for event in others:
        silent(name, event, f"0s {event}")

# ---- Small frictions added up ----

found("friction_overdrawn", "five small ones in a week", "0s+36h*5 error_shown")
found(
    "friction_overdrawn",
    "two heavy ones in a day",
    KEPT,
    "0s callback_promised promised_at=@1h",
    "2h callback_promised promised_at=@3h",
)
found("friction_overdrawn", "once, however many more come soon", "0s+1h*9 error_shown")
found("friction_overdrawn", "again, after a quiet quarter", "0s+1h*5 error_shown", "90d+1h*5 error_shown", count=2)
silent("friction_overdrawn", "four in a week", "0s+36h*4 error_shown")
silent("friction_overdrawn", "five over a year", "0s+73d*5 error_shown")
silent("friction_overdrawn", "five customers", *(f"{n}h error_shown who=c{n}" for n in range(5)))
silent("friction_overdrawn", "delights", "0s+1h*9 shared", "0s+1h*9 thanks_received", "0s+1h*9 review_written score=5")
