"""The face for Python users: what `import ratchet` offers, made from the same functions as the pipelines.

A function for two models or two frames in memory stands in the file of its subject. A new one gets a line in the
table of `ratchet/__init__.py`, which loads it when it is first used.
"""
