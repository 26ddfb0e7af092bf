"""What models say about rows that were changed on purpose, and about past holdouts."""
