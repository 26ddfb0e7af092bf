"""Which schedule would have been best: the past replayed under several."""
