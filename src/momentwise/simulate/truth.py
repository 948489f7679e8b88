"""What is true of a simulated shop: each planted thing, what gives it away, and what it did, counted from the draws.

A figure has two values: `planted` is the size that was meant, `realised` the one that this run's draws gave. The realised
effect of a friction compares what its people did with what the same draws would have made them do without it, so that it
is known without any estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from momentwise.simulate import plans as p
from momentwise.simulate.expected import CONSEQUENCES, SIGNS
from momentwise.simulate.people import SMALL_PHONE
from momentwise.simulate.plans import PLANS, Plan
from momentwise.simulate.world import DAY, SECOND, World

Truth = dict[str, Any]  # JSON
Figures = dict[str, Any]  # JSON
MS_US = 1_000


def tell_truth(world: World, tally: Counter[str]) -> Truth:
    """What `truth.json` holds.

    Args:
        world: The shop.
        tally: What was counted while it was drawn.
    """
    return {
        "customers": world.customers,
        "days": world.days,
        "seed": world.seed,
        "checkout": {
            "started": tally["checkout.started"],
            "completed": tally["checkout.completed"],
            "completed_share_before": _share(tally, "checkout.before.completed", "checkout.before.started"),
            "completed_share_after": _share(tally, "checkout.after.completed", "checkout.after.started"),
            "touched_by_both_frictions": tally["both-frictions.touched"],
        },
        "planted": [_tell_plan(plan, world, tally) for plan in PLANS if plan.name in world.plans],
    }


def _tell_plan(plan: Plan, world: World, tally: Counter[str]) -> Truth:
    figures = FIGURES.get(plan.name, _no_figures)(world, tally)
    return {
        "name": plan.name,
        "kind": plan.kind,
        "about": plan.about,
        "signs": [_dated(sign, plan.name, world) for sign in SIGNS[plan.name]],
        "consequences": [_dated(sign, plan.name, world) for sign in CONSEQUENCES.get(plan.name, ())],
        "people": tally[f"{plan.name}.people"],
        "touched": tally[f"{plan.name}.touched"],
        "figures": figures,
    }


def _dated(sign: dict[str, Any], name: str, world: World) -> dict[str, Any]:
    """A sign with the period of its plan, microseconds, where it names one."""
    if "when" not in sign:
        return sign
    since, until = (
        (world.late_since, world.late_until + 25 * DAY) if name == "late-period" else (world.quiet_since, world.end)
    )
    rest = {key: value for key, value in sign.items() if key != "when"}
    return {**rest, "since": since * MS_US, "until": until * MS_US}


def _share(tally: Counter[str], part: str, whole: str) -> float | None:
    return round(tally[part] / tally[whole], 5) if tally[whole] else None


def _figure(planted: float | None, realised: float | None, unit: str) -> Figures:
    return {"planted": planted, "realised": realised, "unit": unit}


def _seconds(tally: Counter[str], name: str, planted: float) -> Figures:
    touched = tally[f"{name}.touched"]
    return _figure(planted, round(tally[f"{name}.added_ms"] / touched / SECOND, 4) if touched else None, "seconds")


def _completion(tally: Counter[str], name: str, planted: float) -> Figures:
    """Completed share of the touched minus what it would have been: minus those whom the friction drove away."""
    touched = tally[f"{name}.touched"]
    return _figure(planted, round(-tally[f"{name}.left"] / touched, 5) if touched else None, "share")


def _coming_back(tally: Counter[str], name: str, factor: float) -> Figures:
    """Share of the touched who come back within the data, minus the share that would have without it."""
    could = tally[f"{name}.could_come_back"]
    lost = tally[f"{name}.would_be_back"] - tally[f"{name}.back"]
    return _figure(round(factor - 1, 4), round(-lost / could, 5) if could else None, "share") | {
        "planted_is": "relative change of the chance to come back"
    }


def _contacts(tally: Counter[str], name: str, planted: float) -> Figures:
    return _figure(planted, _share(tally, f"{name}.asked", f"{name}.touched"), "share")


def _stars(tally: Counter[str], name: str) -> Figures:
    """Mean stars of the touched orders minus those of all others, over reviews and surveys."""

    def added(group: str, what: str) -> int:
        return tally[f"stars.review.{group}.{what}"] + tally[f"stars.survey.{group}.{what}"]

    n, total = added(name, "n"), added(name, "sum")
    others, rest = added("all", "n") - n, added("all", "sum") - total
    return _figure(None, round(total / n - rest / others, 4) if n and others else None, "score")


def _no_figures(_: World, __: Counter[str]) -> Figures:
    return {}


def _of_id_field(_: World, tally: Counter[str]) -> Figures:
    done = tally["id-field.completed"]
    return {
        "seconds": _seconds(tally, "id-field", p.ID_SECONDS),
        "seconds_of_completed": round(tally["id-field.added_ms_completed"] / done / SECOND, 4) if done else None,
        "completion": _completion(tally, "id-field", -p.ID_LEAVES * (1 - p.LEAVES)),
        "coming_back": _coming_back(tally, "id-field", p.ID_BACK),
    }


def _of_thumb_reach(_: World, tally: Counter[str]) -> Figures:
    done = tally["thumb-reach.completed"]
    return {
        "seconds": _seconds(tally, "thumb-reach", p.THUMB_SECONDS),
        "seconds_of_completed": round(tally["thumb-reach.added_ms_completed"] / done / SECOND, 4) if done else None,
        "completion": _completion(tally, "thumb-reach", -p.THUMB_LEAVES * (1 - p.LEAVES)),
        "coming_back": _coming_back(tally, "thumb-reach", 1.0),
        "viewport": SMALL_PHONE,
    }


def _of_silent_week(_: World, tally: Counter[str]) -> Figures:
    touched = tally["silent-week.touched"]
    return {
        "contacts": _contacts(tally, "silent-week", p.SILENT_ASKS),
        "silence_days": round(tally["silent-week.gap_s"] / touched / 86_400, 3) if touched else None,
        "coming_back": _coming_back(tally, "silent-week", p.SILENT_BACK),
        "emotion": _stars(tally, "silent-week"),
    }


def _of_late_period(world: World, tally: Counter[str]) -> Figures:
    touched = tally["late-period.touched"]
    return {
        "since": world.late_since * MS_US,
        "until": world.late_until * MS_US,
        "late_in_period": tally["late-period.in_period"],
        "late_at_other_times": touched - tally["late-period.in_period"],
        "late_days": round(tally["late-period.late_s"] / touched / 86_400, 3) if touched else None,
        "contacts": _contacts(tally, "late-period", p.LATE_ASKS),
        "coming_back": _coming_back(tally, "late-period", p.LATE_BACK),
        "emotion": _stars(tally, "late-period"),
    }


def _of_broken_segment(world: World, tally: Counter[str]) -> Figures:
    return {
        "since": world.new_version_at * MS_US,
        "completion": _completion(tally, "broken-segment", -p.SEGMENT_FAILS * (1 - p.LEAVES_LIFTED)),
        "completed_share": _share(tally, "broken-segment.completed", "broken-segment.touched"),
        "would_have_completed_share": _share(tally, "broken-segment.would_complete", "broken-segment.touched"),
    }


def _of_vague_confirmation(_: World, tally: Counter[str]) -> Figures:
    return {
        "contacts": _contacts(tally, "vague-confirmation", p.VAGUE_ASKS),
        "others": tally["vague-confirmation.others"],
        "coming_back": _coming_back(tally, "vague-confirmation", p.VAGUE_BACK),
    }


def _of_slow_search(_: World, tally: Counter[str]) -> Figures:
    return {
        "seconds": _seconds(tally, "slow-search", p.SLOW_SECONDS),
        "completion": _completion(tally, "slow-search", -p.SLOW_LEAVES * 0.94),
        "hours": round(tally["slow-search.added_ms"] / 3_600_000, 3),
    }


def _of_rare_slow_page(_: World, tally: Counter[str]) -> Figures:
    return {"seconds": _seconds(tally, "rare-slow-page", p.RARE_SECONDS)}


def _of_quiet_region(world: World, tally: Counter[str]) -> Figures:
    return {
        "since": world.quiet_since * MS_US,
        "coming_back": _coming_back(tally, "quiet-region", p.REGION_BACK),
        "bought_again_before": _share(tally, "repeat.north.before.again", "repeat.north.before.delivered"),
        "bought_again_after": _share(tally, "repeat.north.after.again", "repeat.north.after.delivered"),
        "others_before": _share(tally, "repeat.others.before.again", "repeat.others.before.delivered"),
        "others_after": _share(tally, "repeat.others.after.again", "repeat.others.after.delivered"),
    }


def _of_broken_part(_: World, tally: Counter[str]) -> Figures:
    return {
        "of_assembly_orders": _share(tally, "broken-part.touched", "assembly.delivered"),
        "contacts": _contacts(tally, "broken-part", p.FAULT_ASKS),
        "coming_back": _coming_back(tally, "broken-part", p.FAULT_BACK),
        "emotion": _stars(tally, "broken-part"),
    }


FIGURES: dict[str, Callable[[World, Counter[str]], Figures]] = {
    "id-field": _of_id_field,
    "thumb-reach": _of_thumb_reach,
    "silent-week": _of_silent_week,
    "late-period": _of_late_period,
    "broken-segment": _of_broken_segment,
    "vague-confirmation": _of_vague_confirmation,
    "slow-search": _of_slow_search,
    "rare-slow-page": _of_rare_slow_page,
    "quiet-region": _of_quiet_region,
    "broken-part": _of_broken_part,
}
