"""Profiles of rows, and the distances between two of them: numbers only."""
