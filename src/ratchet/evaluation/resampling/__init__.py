"""How a holdout is drawn anew, and what is added up on each draw."""
