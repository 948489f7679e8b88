"""Writing what is proposed as a playbook draft: each moment with its evidence and doubts beside it, as comments.

`define.reading` reads the text back to the same moments.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator

from momentwise.define.span import SECOND_US, format_span, write_span
from momentwise.learn.proposal import Discovery, Ending, NotProposed, Proposal

_PLAIN = re.compile(r"[^\W\d][\w.]*")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_WIDTH = 118
_MOST_NOT_PROPOSED, _MOST_UNUSED = 25, 40


def write_draft(discovery: Discovery, name: str) -> str:
    """The draft as the text of a playbook.

    Args:
        discovery: What was found; at least one proposal.
        name: What the data are called.
    """
    lines = [*_comment(_opening(discovery, name)), ""]
    for place, proposal in enumerate(discovery.proposals):
        lines += ["---"] if place else []
        lines += _moment_lines(proposal)
    lines += ["", *_rest(discovery)]
    return "\n".join(lines) + "\n"


def _opening(discovery: Discovery, name: str) -> str:
    count = len(discovery.proposals)
    read = "all customers" if discovery.sampled >= 1 else f"{discovery.sampled:.1%} of the customers"
    return (
        f"{count} moment{'' if count == 1 else 's'} that the data of {name} propose, most at stake first; a draft to edit. "
        f"Read: {discovery.events:,} events of {discovery.customers:,} customers ({read}). "
        "Strike out what is not worth a name, rename the rest in your customers' words, and add targets, values and owners."
    )


def _moment_lines(proposal: Proposal) -> Iterator[str]:
    for sentence in tell_evidence(proposal):
        yield from _comment(sentence)
    for doubt in proposal.doubts:
        yield from _comment(f"Please check: {doubt}.")
    yield f"moment: {proposal.name}"
    yield f"about: {json.dumps(proposal.about, ensure_ascii=False)}"
    yield f"intent: {proposal.intent}"
    yield f"stage: {proposal.stage}"
    yield f"archetype: {proposal.archetype}"
    if proposal.by:
        yield f"by: {_word(proposal.by)}"
    yield f"start: {_word(proposal.start)}"
    yield f"complete: {{event: {_word(proposal.complete)}, within: {write_span(proposal.within_us)}}}"
    if proposal.escalate:
        longest = max(one.within_us for one in proposal.escalate)
        yield f"escalate: {{event: {_words(proposal.escalate)}, within: {write_span(min(longest, proposal.within_us))}}}"
    if proposal.fail:
        yield f"fail: {_words(proposal.fail)}"
    yield f"abandon_after: {write_span(proposal.abandon_after_us)}"


def tell_evidence(proposal: Proposal) -> Iterator[str]:
    """What was seen of a proposal, one sentence each."""
    seen = proposal.evidence
    half, most = (format_span(seconds * SECOND_US) for seconds in (seen.median_seconds, seen.p90_seconds))
    yield (
        f"{proposal.complete} came after {seen.share:.1%} of {seen.passes:,} passes of {seen.people:,} customers; "
        f"half of those within {half}, 90 of 100 within {most}."
    )
    if not proposal.is_return:
        yield f"By chance it would be {seen.chance:.1%}; {seen.need:.1%} of {proposal.complete} have {proposal.start} before them."
    if proposal.by:
        yield f"Passes are told apart by {proposal.by}, which both events carry."
    if seen.waits_after:
        wait = format_span(seen.wait_seconds * SECOND_US)
        yield f"The longest wait lies mostly after {seen.waits_after}: {wait} at the median."
    if seen.tried_again >= 0.01:
        yield f"In {seen.tried_again:.1%} the start came more than once."
    for one in proposal.escalate:
        yield (
            f"Escalates: {one.event} in {one.passes:,} passes ({one.share:.1%}), {one.rise:.1f} times as often as at any "
            f"time; 95 of 100 within {format_span(one.within_us)}."
        )
    for one in proposal.fail:
        yield f"Fails: {one.event} in {one.passes:,} passes ({one.share:.1%}); after it the goal came in {one.goal_after:.1%}."
    for sentence in proposal.seen:
        yield f"Seen on the way: {sentence}."


def tell_not_proposed(one: NotProposed) -> str:
    """A pair that was seen and not proposed, with the reason."""
    return f"{one.start} → {one.complete} ({one.share:.0%} of {one.starts:,}): {one.reason}."


def _rest(discovery: Discovery) -> Iterator[str]:
    if discovery.not_proposed:
        yield "# Seen and not proposed:"
        for one in discovery.not_proposed[:_MOST_NOT_PROPOSED]:
            yield from _comment(f"- {tell_not_proposed(one)}")
        more = len(discovery.not_proposed) - _MOST_NOT_PROPOSED
        if more > 0:
            yield f"# - and {more} more; --json lists all."
    if discovery.unused:
        shown = ", ".join(f"{name} ({count:,})" for name, count in discovery.unused[:_MOST_UNUSED])
        yield from _comment(f"Events that no proposal starts or ends with: {shown}.")


def _comment(text: str) -> list[str]:
    # A name may hold a line break; a comment must not.
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), _WIDTH)]


def _words(endings: tuple[Ending, ...]) -> str:
    if len(endings) == 1:
        return _word(endings[0].event)
    return f"[{', '.join(_word(one.event) for one in endings)}]"


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)
