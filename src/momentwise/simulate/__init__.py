"""A small shop that never was: data for the demonstration. A shop with planted truth, for proofs, is another matter."""
