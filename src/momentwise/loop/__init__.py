"""Puts the steps together, and is the only place that knows their order."""
