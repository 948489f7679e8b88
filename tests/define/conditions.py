"""Random conditions and random events for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from momentwise.define.predicate import All, Compare, CompareFields, HasText, IsMissing, Not, OneOf, Predicate, Some

NUMBERS = ("amount", "score")
TEXTS = ("text", "channel")
TRUTHS = ("paid",)
INSTANTS = ("at", "promised_at")
FIELDS = (*NUMBERS, *TEXTS, *TRUTHS, *INSTANTS, "absent")

words = st.sampled_from(
    [
        "",
        "web",
        "Web",
        "app",
        "İstanbul",
        "ΣΑΣ",
        "σας",
        "Größe",
        "it's",
        "a\\b",
        "1",
        "1.0",
        "true",
        "no",
        "2020-01-01",
        "x.y|z",
    ]
)
numbers = st.sampled_from([0.0, -0.0, 1.0, 1.5, 100.0, -3.0, 1e15, 1e20, 0.1, 2e-7])
instants = st.sampled_from(["2020-01-01", "2020-01-01T00:00:01Z", "2020-01-01 02:00+02:00", "soon"])
values = words | numbers | st.booleans() | instants
fields = st.sampled_from(FIELDS)
equalities = st.sampled_from(["=", "!="])
orders = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def predicates() -> st.SearchStrategy[Predicate]:
    """Every kind of condition, over fields of every kind and one that no event has."""
    unordered = st.builds(Compare, fields, equalities, st.booleans() | words | instants)
    ordered = st.builds(Compare, st.sampled_from((*NUMBERS, *TEXTS, "absent")), orders, numbers)
    in_time = st.builds(Compare, st.sampled_from(INSTANTS), orders, instants)
    both = st.builds(CompareFields, st.sampled_from(NUMBERS), orders, st.sampled_from((*NUMBERS, *TEXTS)))
    times = st.builds(CompareFields, st.sampled_from(INSTANTS), orders, st.sampled_from((*INSTANTS, *TEXTS)))
    same = st.builds(CompareFields, st.sampled_from(TEXTS), equalities, st.sampled_from((*TEXTS, *TRUTHS)))
    listed = st.builds(OneOf, fields, st.lists(values, min_size=1, max_size=3).map(tuple))
    tests = st.sampled_from(["contains", "starts with", "ends with"])
    text = st.builds(HasText, fields, tests, words.filter(bool))
    atoms = unordered | ordered | in_time | both | times | same | listed | text | st.builds(IsMissing, fields)
    return st.recursive(
        atoms,
        lambda parts: (
            st.builds(Not, parts)
            | st.builds(All, st.lists(parts, min_size=2, max_size=3).map(tuple))
            | st.builds(Some, st.lists(parts, min_size=2, max_size=4).map(tuple))
        ),
        max_leaves=6,
    )
