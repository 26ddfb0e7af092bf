"""Put rules to Great Expectations and read its answers: an error inside an answer is never a pass."""

import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import great_expectations as gx
import pandas as pd
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from ratchet.data.docs import write_docs
from ratchet.data.expectations import FOUND, Rule, percent
from ratchet.records.data import Expectation
from ratchet.records.judgement import Outcome

ALL_ROWS = "all rows"
NEW_ROWS = "new rows"
EARLIER_ROWS = "earlier rows"
# Counts are wanted, examples are not: they would put values of rows into the pages.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
# Great Expectations' name for a column of pandas categories means nothing to a reader.
WORD_FOR_TYPE = {"CategoricalDtypeType": "text"}
FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.PASS)  # what a reader wants to see first
NOT_ABOUT_VALUES = (
    "expect_column_to_exist",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_not_be_null",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Rows to be checked together.

    Attributes:
        name: what the pages call this check.
        frame: the rows.
        rows_checked: "all rows", "new rows" or "earlier rows".
    """

    name: str
    frame: pd.DataFrame
    rows_checked: str


def validate(
    asked: Sequence[tuple[Delivery, Sequence[Rule]]], *, run_id: str, moment: datetime, docs: Path
) -> tuple[tuple[Expectation, ...], Path]:
    """Put each delivery's rules to it; return the answers and the index of the pages about them.

    Args:
        asked: the deliveries, each with its rules.
        run_id: of the run, for the pages.
        moment: when it began.
        docs: the folder of the pages; it appears whole or not at all.
    """
    # Beside their place, so that they get there by one rename; no two tries build in the same folder.
    building = docs.with_name(f".{docs.name}.{uuid4().hex}.tmp")
    context = open_context(building)
    answers = tuple(
        answer
        for delivery, rules in asked
        for answer in apply_rules(context, delivery, rules, run_id=run_id, moment=moment)
    )
    return answers, write_docs(context, building, docs)


def put_in_order(answers: Iterable[Expectation]) -> tuple[Expectation, ...]:
    """Order answers as a reader wants to see them: what failed first, and of it what blocks."""
    return tuple(sorted(answers, key=lambda each: (FIRST.index(each.outcome), not each.blocking)))


def judge_answers(answers: Iterable[Expectation]) -> Outcome:
    """Return the outcome of all answers that block."""
    found = {answer.outcome for answer in answers if answer.blocking}
    if Outcome.FAIL in found:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if Outcome.INCONCLUSIVE in found else Outcome.PASS


def narrow_frame(frame: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Keep the columns that rules read, because each rule costs a copy; a rule on the table needs them all."""
    if any(not rule.columns for rule in rules):
        return frame
    wanted = {name for rule in rules for name in rule.columns}
    return frame[[name for name in frame if name in wanted]]


def open_context(docs: Path) -> EphemeralDataContext:
    """Return a context that keeps everything in memory, sends nothing, and builds its pages into a folder."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={"local": site},
        progress_bars={"globally": False},
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def as_categories(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Turn texts into pandas categories and booleans into nullable ones, and leave anything unexpected as it is.

    Great Expectations copies the whole frame for every rule on a column with gaps: with codes of one byte
    instead of pointers, 100,000 rows of 50 columns take 2 s instead of 14.
    """
    found = {name: pd.api.types.infer_dtype(frame[name], skipna=True) for name in names if name in frame}
    texts = dict.fromkeys((name for name, kind in found.items() if kind in {"string", "empty"}), "category")
    booleans = dict.fromkeys((name for name, kind in found.items() if kind == "boolean"), "boolean")
    return frame.astype(texts | booleans)


def apply_rules(
    context: EphemeralDataContext, delivery: Delivery, rules: Sequence[Rule], *, run_id: str, moment: datetime
) -> tuple[Expectation, ...]:
    """Return one answer a rule, in the order of the rules."""
    answers = {at: _without_asking(rule, delivery) for at, rule in enumerate(rules)}
    asked = {at: rules[at] for at, answer in answers.items() if answer is None}
    for at, result in _ask(context, delivery, asked, RunIdentifier(run_name=run_id, run_time=moment)):
        answers[at] = _answer(rules[at], delivery, *_read(rules[at], result))
    return tuple(answer for answer in answers.values() if answer is not None)


def _without_asking(rule: Rule, delivery: Delivery) -> Expectation | None:
    """Answer where Great Expectations would raise (no such column) or pass on nothing (a column without values)."""
    if rule.type == "expect_column_to_exist":
        return None
    return _answer_if_absent(rule, delivery) or _answer_if_empty(rule, delivery)


def _answer_if_absent(rule: Rule, delivery: Delivery) -> Expectation | None:
    missing = [name for name in rule.columns if name not in delivery.frame]
    if not missing:
        return None
    reason = f"{rule.type}: column '{missing[0]}' is not in the snapshot, so nothing could be measured"
    return _answer(rule, delivery, Outcome.INCONCLUSIVE, reason)


def _answer_if_empty(rule: Rule, delivery: Delivery) -> Expectation | None:
    if rule.type in NOT_ABOUT_VALUES:
        return None
    empty = [name for name in rule.columns if delivery.frame[name].isna().all()]
    if not empty:
        return None
    # Our own rules know that gaps may be allowed; what the team meant by its rule nobody can tell.
    outcome = Outcome.INCONCLUSIVE if rule.origin == "team" else Outcome.NOT_APPLICABLE
    reason = f"{rule.type}: '{empty[0]}' has no value in {delivery.rows_checked}, so nothing could be measured"
    return _answer(rule, delivery, outcome, reason)


def _ask(
    context: EphemeralDataContext, delivery: Delivery, rules: Mapping[int, Rule], run: RunIdentifier
) -> Iterator[tuple[int, ExpectationValidationResult]]:
    if not rules:
        return
    expectations = [
        ExpectationConfiguration(
            type=rule.type,
            kwargs=dict(rule.settings),
            meta={"rule": at},
            severity="critical" if rule.blocking else "warning",
        ).to_domain_obj()
        for at, rule in rules.items()
    ]
    asset = context.data_sources.add_or_update_pandas(delivery.name).add_dataframe_asset("snapshot")
    suite = context.suites.add(gx.ExpectationSuite(name=delivery.name, expectations=expectations))
    batch = asset.add_batch_definition_whole_dataframe("rows")
    definition = gx.ValidationDefinition(name=delivery.name, data=batch, suite=suite)
    definition = context.validation_definitions.add(definition)
    outcome = definition.run(batch_parameters={"dataframe": delivery.frame}, result_format=RESULT_FORMAT, run_id=run)
    for result in outcome.results:
        yield result.expectation_config.meta["rule"], result


def _read(rule: Rule, result: ExpectationValidationResult) -> tuple[Outcome, str]:
    answer = result.to_json_dict()
    subject = f"{rule.type} on {rule.column or 'the table'}"
    if message := _error_in(answer["exception_info"]):
        return Outcome.INCONCLUSIVE, f"{subject} could not be computed: {message}"
    # Without examples these sets come back empty: only yes or no is known.
    observed = {} if rule.type.startswith("expect_column_distinct_values") else answer["result"]
    found = _observed(observed, is_true=bool(answer["success"]))
    if found is None:
        return Outcome.INCONCLUSIVE, f"{subject} gave no value to judge"
    return Outcome.PASS if answer["success"] else Outcome.FAIL, rule.says.replace(FOUND, found)


def _error_in(information: object) -> str | None:
    """Find a raised exception: Great Expectations puts it here flat, or by metric, and never raises."""
    if not isinstance(information, dict):
        return None
    if information.get("raised_exception"):
        message = str(information.get("exception_message") or "unknown error")
        return message.splitlines()[0][:300]
    return next((found for nested in information.values() if (found := _error_in(nested))), None)


def _observed(result: Mapping[str, object], *, is_true: bool) -> str | None:
    """Write what was observed: a share of rows, a value, or yes and no where the rule gives nothing else."""
    if "unexpected_percent" in result:
        return _write_share(result["unexpected_percent"])
    if "observed_value" not in result:
        return "yes" if is_true else "no"
    return _write_value(result["observed_value"])


def _write_share(hundredths: object) -> str | None:
    if isinstance(hundredths, int | float) and math.isfinite(hundredths):
        return percent(hundredths / 100)
    return None


def _write_value(value: object) -> str | None:
    if isinstance(value, str):
        return WORD_FOR_TYPE.get(value, value)
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else None
    return None if value is None else json.dumps(value)[:120]


def _answer(rule: Rule, delivery: Delivery, outcome: Outcome, reason: str) -> Expectation:
    return Expectation(
        rule=rule.type,
        column=rule.column,
        rows_checked=delivery.rows_checked,
        origin=rule.origin,
        blocking=rule.blocking,
        outcome=outcome,
        reason=reason,
    )
