"""Detect: events → occurrences and signals. One pass, written once, in `automaton`; its meaning in `reference`."""
