"""Tables to pictures: the report's page, its charts, and the words around its numbers.

Nothing here computes a statistic, reads data or writes a file; `rank` measures, `loop` puts the steps
together and writes.
"""
