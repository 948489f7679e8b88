"""What the data propose: moments from the events alone, and paths that no declared moment covers. People decide."""
