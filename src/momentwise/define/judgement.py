"""Judgements: what people of the company say of a finding, with their reason; beside what was computed, never in its place."""

from __future__ import annotations

from typing import Literal

import msgspec

Impact = Literal["low", "high"]
IMPACTS: tuple[str, ...] = Impact.__args__  # type: ignore[attr-defined]  # a Literal's words


class Judgement(msgspec.Struct, frozen=True):
    """One word of a person about one finding, and why."""

    word: str
    because: str = ""


class Judgements(msgspec.Struct, frozen=True, kw_only=True):
    """What people said of findings, by the finding's id.

    Args:
        efforts: What the fix takes: low, medium or high.
        impacts: How much the finding matters, where they know better than the numbers: low or high.
    """

    efforts: dict[str, Judgement] = {}
    impacts: dict[str, Judgement] = {}
