"""From tables to events: what columns hold, which rows become which events, and the query that says so. Pure."""
