"""What the hosts learn of the data before the pass is what the reference learns."""

from __future__ import annotations

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from momentwise.define.playbook import Playbook
from momentwise.define.signal import Limits
from momentwise.detect import learned, reference_limits
from momentwise.detect.cases import Case, draw_case
from momentwise.detect.conformance import _Numbering
from momentwise.detect.plan import compile_plan
from momentwise.detect.records import record_width
from momentwise.detect.reference import by_customer

_LEARNING = {"each": "answer", "turn": "dwell", "lull": "gap"}


def learning(case: Case) -> Case:
    """The case with rules that learn all they can."""
    rules = tuple(
        msgspec.structs.replace(rule, learned=_LEARNING.get(rule.shape, ""), measure="amount")
        if rule.shape in _LEARNING
        else rule
        for rule in case.playbook.signals.rules
    )
    signals = msgspec.structs.replace(case.playbook.signals, rules=rules)
    playbook: Playbook = msgspec.structs.replace(case.playbook, signals=signals)
    return Case(case.seed, playbook, case.events, case.data_end)


def learn_by_columns(case: Case) -> Limits:
    """What the hosts learn, from records by customer and time."""
    plan = compile_plan(case.playbook)
    numbering = _Numbering(plan, case.kinds)
    histories = list(by_customer(case.events).values())
    width = record_width(len(plan.keys), len(plan.measures))
    placed = np.array([numbering.record(event) for history in histories for event in history], dtype=np.int64)
    starts = np.cumsum([0, *(len(history) for history in histories)], dtype=np.int64)
    symbols, names = numbering.symbols, numbering.names()
    examples = learned.read_examples(plan, symbols.tables(), placed.reshape(-1, width), starts)
    return learned.learn_limits(examples, names.spots, pa.array(names.events), symbols.silent())


def test_hosts_learn_what_the_reference_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    """On five hundred random cases, where one example is enough and where it takes three."""
    met = dict.fromkeys(("answers", "dwells", "gaps", "silent"), 0)
    for seed in range(500):
        for module in (learned, reference_limits):
            for name in ("FEWEST_ANSWERS", "FEWEST_DWELLS", "FEWEST_GAPS"):
                monkeypatch.setattr(module, name, 1 + seed % 3)
        case = learning(draw_case(seed))
        expected = reference_limits.learn_limits(case.playbook, case.events, case.kinds)
        assert expected == learn_by_columns(case), seed
        for name in met:
            met[name] += bool(getattr(expected, name))
    assert {name: count for name, count in met.items() if count < 40} == {}
