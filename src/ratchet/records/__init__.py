"""The frozen vocabulary that stages hand to one another: standard library only, JSON-ready, collections as tuples."""
