"""Retraining, monitoring and scoring as tables of steps, and the one way to walk a table."""
