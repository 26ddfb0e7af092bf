"""How well production goes, as far as labels are known: matured rows, with open labels made up for."""
