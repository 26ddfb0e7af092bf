"""Ways in which training rows know of the holdout, or of what comes after: numbers and sentences, no decision."""
