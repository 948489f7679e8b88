"""The nouns as frozen values: event, moment, predicate, occurrence, signal, finding; and the reading of playbooks."""
