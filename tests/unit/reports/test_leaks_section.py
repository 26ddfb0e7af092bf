import pytest

from builders.records import make_audit, make_finding
from builders.stories import make_story
from ratchet.records.leakage import Audit, Check, LeakKind, Strength
from ratchet.reports.run_report import run_report_html, run_report_markdown

GAP = Check(kind=LeakKind.COLUMN, looked_at="3 features", problem="validation has too few rows")


@pytest.mark.parametrize("render", [lambda story: run_report_html(story, "runs/x"), run_report_markdown])
@pytest.mark.parametrize(
    ("audit", "told"),
    [
        (make_audit(), ["None was found", "whole table of 3 features"]),
        (make_audit(findings=(make_finding(),)), ["refunded", "suspected", "roc_auc 0.88"]),
        (make_audit(findings=(make_finding(columns=(), strength=Strength.CERTAIN),)), ["certain", "rows"]),
        (make_audit(checks=(GAP,)), ["could not be looked for: validation has too few rows"]),
        (Audit(problem="the file is gone"), ["Leaks could not be looked for: the file is gone."]),
    ],
)
def test_the_section_tells_what_was_found_and_looked_at(render, audit, told):
    page = render(make_story(audit=audit)).replace("\\", "")
    assert [each for each in told if each not in page] == []


@pytest.mark.parametrize("render", [lambda story: run_report_html(story, "runs/x"), run_report_markdown])
def test_without_an_audit_there_is_no_section(render):
    assert "Leaks" not in render(make_story(audit=None))


def test_a_column_that_wants_to_be_markup_is_text():
    page = run_report_html(make_story(audit=make_audit(findings=(make_finding(reason="<script>"),))), "runs/x")
    assert "<script>" not in page
