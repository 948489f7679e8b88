"""What gives each planted thing away, and which findings are its honest consequences.

A *sign* describes findings: `kinds` of which one must be the finding's, and parts of its place (`moment`, `signal`, `page`,
`element`, `step`, each one value or a list of which one must be equal; `segment`, within which the finding's must lie;
`when`: the finding, where it names a period, must touch that of the plan). What a planted thing brings with it, such as
the low scores of late parcels, is no false finding, and does not count as having found the thing itself.
"""

from __future__ import annotations

from typing import Any

from momentwise.simulate import plans as p
from momentwise.simulate.checkout import IDENTITY, PAYMENT, START

Sign = dict[str, Any]  # JSON

_CONTACT_SIGNALS = [
    "contact_after_message", "contact_after_self_service", "repeat_contact", "channel_hop", "unanswered_query",
    "unresolved_at_exit", "retold_story",
]  # fmt: skip
_OPINIONS = ["low_score"]
_AFTER_ORDER = ["track-delivery", "await-pre-order", "get-help", "unanswered-query", "review-order", "buy-again"]
_BROKEN = {"app_version": p.SEGMENT_VERSION, "locale": p.SEGMENT_LOCALE}
_OVERDRAWN = {"kinds": ["friction"], "signal": "friction_overdrawn"}
_HARM = ["friction", "small_many"]

SIGNS: dict[str, tuple[Sign, ...]] = {
    "id-field": (
        {
            "kinds": ["friction"],
            "moment": "checkout",
            "signal": ["premature_ask", "hesitation"],
            "page": IDENTITY,
            "element": "id-upload",
        },
    ),
    "thumb-reach": (
        {"kinds": ["friction"], "moment": "checkout", "signal": "out_of_reach", "page": START, "element": "continue"},
    ),
    "silent-week": (
        {"kinds": ["silence"], "moment": "await-pre-order", "step": ["order_placed", "order_paid", "message_sent"]},
        {"kinds": ["silence"], "step": "order_paid"},
        {"kinds": ["silence"], "segment": {"category": "pre-order"}},
    ),
    "late-period": ({"kinds": ["broken_promise"], "when": "plan"},),
    "broken-segment": (
        {"kinds": ["segment"], "moment": "checkout", "segment": _BROKEN},
        {"kinds": ["friction"], "moment": "checkout", "page": PAYMENT, "segment": _BROKEN},
    ),
    "vague-confirmation": ({"kinds": ["contact_cause"], "element": p.VAGUE_TEMPLATE},),
    "slow-search": ({"kinds": _HARM, "moment": ["find-product", ""], "signal": "slow_answer", "page": "/search"},),
    "rare-slow-page": ({"kinds": _HARM, "page": "/gift-cards"},),
    "quiet-region": (
        {"kinds": ["contradiction"], "segment": {"region": p.REGION}, "when": "plan"},
        {"kinds": ["contradiction"], "moment": "buy-again", "when": "plan"},
    ),
    "broken-part": (
        {"kinds": ["product_fault"], "moment": "put-together"},
        {"kinds": ["product_fault"], "segment": {"category": "assembly"}},
    ),
    "quantity-stepper": ({"kinds": _HARM, "element": "quantity-plus"},),
    "gallery": ({"kinds": _HARM, "element": "gallery-next"},),
    "calendar": ({"kinds": _HARM, "element": "calendar-next"},),
    "eager-swatch": ({"kinds": _HARM, "element": "colour-swatch"},),
    "background-page": ({"kinds": _HARM, "page": "/api/recommendations"},),
    "slow-typists": ({"kinds": _HARM, "signal": "hesitation", "element": ["address", "postcode"]},),
    "explained-ask": ({"kinds": _HARM, "element": "card-number"},),
}

CONSEQUENCES: dict[str, tuple[Sign, ...]] = {
    "id-field": (
        {"kinds": ["segment"], "moment": "checkout", "step": ["field_left", "field_focused", "page_viewed"]},
        {"kinds": ["small_many"], "page": IDENTITY},
        {"kinds": ["friction"], "moment": ["checkout", ""], "page": IDENTITY},
        _OVERDRAWN,
    ),
    "thumb-reach": (
        {"kinds": ["segment"], "moment": "checkout", "segment": {"viewport": "360x640", "device": "mobile"}},
        {"kinds": ["segment"], "moment": "checkout", "contains": {"viewport": "360x640"}},
        {"kinds": ["segment"], "moment": "checkout", "step": ["tap", "reaction", "scroll"]},
        {"kinds": _HARM, "signal": "out_of_reach", "page": START},
        _OVERDRAWN,
    ),
    "silent-week": (
        {"kinds": _HARM, "signal": ["silence", *_CONTACT_SIGNALS, *_OPINIONS]},
        {"kinds": ["segment"], "moment": _AFTER_ORDER, "step": ["order_paid", "message_sent", "ticket_opened"]},
        {"kinds": ["segment"], "contains": {"category": "pre-order"}},
        {"kinds": ["escalation_rate", "score_gap", "slow_tail"], "moment": _AFTER_ORDER},
        {"kinds": ["silence"], "moment": "await-pre-order"},
        _OVERDRAWN,
    ),
    "late-period": (
        {"kinds": _HARM, "signal": ["broken_promise", "silence", *_CONTACT_SIGNALS, *_OPINIONS]},
        {"kinds": ["broken_promise", "spike"], "when": "plan"},
        {"kinds": ["silence"], "moment": "track-delivery"},
        {"kinds": ["score_gap", "escalation_rate", "slow_tail", "ending_share"], "moment": _AFTER_ORDER},
        {"kinds": ["contact_cause"], "element": ["order-shipped", "order-status"]},
        {"kinds": ["product_fault"], "moment": ["track-delivery"]},
        {
            "kinds": ["segment"],
            "moment": ["track-delivery", "await-pre-order"],
            "step": ["order_shipped", "message_sent"],
        },
        _OVERDRAWN,
    ),
    "broken-segment": (
        {"kinds": _HARM, "moment": ["checkout", ""], "signal": ["error_seen", "unresolved_at_exit", "error_click"]},
        {"kinds": _HARM, "page": PAYMENT, "signal": ["error_seen", "unresolved_at_exit", "error_click"]},
        {"kinds": ["segment"], "moment": "checkout", "step": ["payment_failed", "reaction"]},
        {"kinds": ["segment"], "moment": "checkout", "contains": _BROKEN},
        {"kinds": ["segment"], "moment": "buy-again", "segment": _BROKEN},
        {"kinds": ["friction"], "moment": "buy-again", "signal": ["error_seen", "unresolved_at_exit"], "page": PAYMENT},
        _OVERDRAWN,
    ),
    "vague-confirmation": (
        {"kinds": _HARM, "signal": _CONTACT_SIGNALS},
        {"kinds": ["escalation_rate"], "moment": _AFTER_ORDER},
        {"kinds": ["segment"], "moment": "track-delivery", "step": ["message_sent", "order_paid", "order_placed"]},
        _OVERDRAWN,
    ),
    "slow-search": (
        {"kinds": _HARM, "signal": "slow_answer", "page": "/search"},
        {"kinds": ["segment"], "moment": "find-product", "step": ["page_viewed", "search_performed"]},
        _OVERDRAWN,
    ),
    "quiet-region": (
        {"kinds": ["segment"], "moment": "buy-again", "segment": {"region": p.REGION}},
        {"kinds": ["contradiction"], "when": "plan"},
    ),
    "broken-part": (
        {"kinds": _HARM, "moment": ["put-together", *_AFTER_ORDER, ""], "signal": [*_CONTACT_SIGNALS, *_OPINIONS]},
        {"kinds": ["contact_cause"], "element": ["assembly-guide", "order-delivered"]},
        {
            "kinds": ["score_gap", "escalation_rate", "abandonment_rate", "spike"],
            "moment": ["put-together", *_AFTER_ORDER],
        },
        {"kinds": ["segment"], "moment": "put-together"},
        {"kinds": ["segment"], "contains": {"category": "assembly"}},
        {"kinds": ["product_fault"]},
        _OVERDRAWN,
    ),
}
