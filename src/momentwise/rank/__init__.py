"""Rank: occurrences → measures and findings, each with its count, its interval, its grade and the rows behind it."""
