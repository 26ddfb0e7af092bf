"""The first task of a retraining: it freezes what was asked for, and ends the run where that must wait."""
