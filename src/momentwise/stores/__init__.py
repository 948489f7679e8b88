"""Where tables rest and run: files and databases through DuckDB, and the local host of the pass."""
