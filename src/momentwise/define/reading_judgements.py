"""Reads what people say of findings: `efforts:` and `impact:` of a playbook, by the finding's id."""

from __future__ import annotations

import msgspec

from momentwise.define.document import Mistakes, Node, nearest
from momentwise.define.finding import EFFORTS
from momentwise.define.judgement import IMPACTS, Judgement, Judgements

# The document's name, the word's name inside of it, and the words.
JUDGED = {"efforts": ("effort", EFFORTS), "impact": ("impact", IMPACTS)}


def read_judgements(entries: dict[str, Node], judgements: Judgements, mistakes: Mistakes) -> Judgements:
    """The judgements so far, with those of a document; the last word on a finding counts.

    An effort may be one word; an impact goes against what was computed, so it must say why.
    """
    efforts, impacts = dict(judgements.efforts), dict(judgements.impacts)
    for name, found in (("efforts", efforts), ("impact", impacts)):
        if name not in entries:
            continue
        for finding, node in entries[name].entries(mistakes).items():
            judgement = _read(name, finding, node, mistakes)
            if judgement is not None:
                found[finding] = judgement
    return msgspec.structs.replace(judgements, efforts=efforts, impacts=impacts)


def _read(name: str, finding: str, node: Node, mistakes: Mistakes) -> Judgement | None:
    key, words = JUDGED[name]
    entries = node.entries(mistakes) if node.is_mapping else {key: node}
    for other in set(entries) - {key, "because"}:
        mistakes.add(f"'{other}' is not known here.", entries[other].place, nearest(other, [key, "because"]))
    word = entries[key].text if key in entries else ""
    because = entries["because"].text if "because" in entries else ""
    if word not in words:
        mistakes.add(f"The {key} of '{finding}' is '{word}'.", node.place, f"It is one of: {', '.join(words)}.")
        return None
    if name == "impact" and not because:
        mistakes.add(f"The impact of '{finding}' has no reason.", node.place, "Add `because: …`.")
        return None
    return Judgement(word, because)
