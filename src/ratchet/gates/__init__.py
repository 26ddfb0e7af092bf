"""Rules that can stop a promotion: records in, outcome and reason out, one file each.

To add a gate: write `gates/<name>.py` with one function of that name that takes the model's config and the evaluation
and returns a `GateResult`; give it a row in `gates/all_gates.py`, a section in `config/judging.py`, and a test for
each outcome. It passes on finite numbers only. What gates ask alike is in `evidence`; else no gate imports another.
"""
