"""Rules that can stop a promotion: a section of the YAML and evidence in, outcome and reason out, one file each.

To add a gate: write `gates/<name>.py` with its section, its evidence, a function of that name that judges one by the
other, and a `GATE` that holds them together; give it a row in `gates/all_gates.py`, and a test for each outcome. It
passes on finite numbers only. What gates share is in `gate` and `evidence`; else no gate imports another.
"""
