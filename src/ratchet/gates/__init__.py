"""Rules that can stop a promotion: records in, outcome and reason out, one file each.

To add a gate: write `gates/<name>.py` with one function of that name that takes the model's config and the evaluation
and returns a `GateResult`; give it a row in `gates/all_gates.py`, a section in `config/judging.py`, a line in the
import contract "Gates know nothing of one another", and a test for each outcome. It passes on finite numbers only.
What gates ask alike is beside them: `findings` (parts and their worst, the champion), `evidence` (gains, too few rows),
`bounded` (other figures) and `worsening` (several looks).
"""
