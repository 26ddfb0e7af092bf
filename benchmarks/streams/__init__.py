"""Real streams replayed: what monitoring says, week by week, beside what really happened."""
