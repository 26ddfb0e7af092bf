"""Figures are written as a person reads them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from builders.records import make_gain, make_ref
from ratchet.records.holdout import Level
from ratchet.reports import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.91623, "0.9162"),
        (0.0, "0.0000"),
        (12.345, "12.35"),
        (-1234.5, "\N{MINUS SIGN}1,234"),
        (0.00002, "2e-05".replace("-", "\N{MINUS SIGN}")),
        (None, "\N{EN DASH}"),
        (float("nan"), "\N{EN DASH}"),
        (float("inf"), "\N{EN DASH}"),
    ],
)
def test_a_figure_is_as_precise_as_its_size_deserves(value: float | None, text: str) -> None:
    assert wording.figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0091, "+0.0091"), (-0.004, "\N{MINUS SIGN}0.0040"), (0.0, "0.0000"), (None, "\N{EN DASH}")]
)
def test_a_gain_shows_its_sign(value: float | None, text: str) -> None:
    assert wording.signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.25, "0.2500"), (62.5, "62.50"), (1234.5, "1,234"), (-1234.5, "\N{MINUS SIGN}1,234")],
)
def test_the_larger_a_cost_the_fewer_decimals(value: float, text: str) -> None:
    assert wording.money(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.8, "0.8"), (-5000.0, "\N{MINUS SIGN}5,000"), (100.0, "100")]
)
def test_a_round_number_has_no_needless_zeros(value: float, text: str) -> None:
    assert wording.number(value) == text


def test_a_gain_reaches_no_further_than_its_metric_can() -> None:
    minus = "\N{MINUS SIGN}"
    assert wording.gain_interval(make_gain(lower=-2.96, upper=1.5)) == f"[{minus}1.0000, +1.0000]"
    assert wording.gain_interval(make_gain(metric="rmse", lower=-2.96, upper=1.5)) == f"[{minus}2.9600, +1.5000]"
    assert wording.gain_interval(make_gain(lower=None, upper=None)) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("metric", "lower", "upper", "text"),
    [
        ("brier", -0.02, 0.3, "[0.0000, 0.3000]"),
        ("rmse", -0.02, 1.3, "[0.0000, 1.3000]"),
        ("r2", -0.02, 1.3, "[\N{MINUS SIGN}0.0200, 1.0000]"),
        ("roc_auc", 0.7, 1.2, "[0.7000, 1.0000]"),
        ("roc_auc", None, None, "\N{EN DASH}"),
    ],
)
def test_a_figure_reaches_no_further_than_its_metric_can(metric, lower, upper, text) -> None:
    facts = {"slice": "all", "rows": 500, "positives": 100, "value": 0.2, "everywhere": 0.2, "confidence": 0.99}
    assert wording.level_interval(Level(metric=metric, lower=lower, upper=upper, **facts)) == text


def test_an_interval_that_was_not_measured_is_a_dash() -> None:
    assert wording.interval(None, None) == "\N{EN DASH}"
    assert wording.interval(-0.001, 0.009) == "[\N{MINUS SIGN}0.0010, +0.0090]"


def test_times_are_in_utc_and_midnight_is_a_day() -> None:
    assert wording.moment(datetime(2026, 1, 5, 8, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-05 06:00 UTC"
    assert wording.moment(datetime(2026, 1, 5, tzinfo=UTC)) == "2026-01-05"
    assert wording.moment(None) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "all data"), (500, "first 500 rows"), (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05")]
)
def test_as_of_is_a_time_a_number_of_rows_or_everything(value: datetime | int | None, text: str) -> None:
    assert wording.as_of(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.44, "0.4 s"), (71.2, "1 min 11 s"), (119.7, "2 min 00 s"), (3600, "1 h 00 min")]
)
def test_wall_time_has_the_unit_it_needs(value: float, text: str) -> None:
    assert wording.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(999, "999 bytes"), (1_234, "1.2 kB"), (5_000_000, "5.0 MB"), (2e9, "2.0 GB")]
)
def test_sizes_have_the_unit_they_need(value: int, text: str) -> None:
    assert wording.size(value) == text


@pytest.mark.parametrize(("share", "text"), [(0.99, "99 %"), (0.025, "2.5 %"), (1, "100 %")])
def test_shares_have_no_needless_digits(share: float, text: str) -> None:
    assert wording.percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(("value", "text"), [(0.02, "+0.02"), (-0.5, "\N{MINUS SIGN}0.5"), (0, "0")])
def test_a_step_of_a_scale_has_no_needless_zeros(value: float, text: str) -> None:
    assert wording.step(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(12_000, "row 12,000"), (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01"), (None, wording.NOTHING)],
)
def test_a_moment_is_a_time_or_a_row(value: datetime | int | None, text: str) -> None:
    assert wording.when(value) == text


def test_a_window_goes_from_its_start_to_its_end() -> None:
    assert wording.span(1_000, 2_000) == "rows 1,000 to 2,000"
    assert (
        wording.span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)) == "2026-03-01 to 2026-03-08"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.04321, "0.043"), (1.0, "1"), (0.00002, "< 0.0001"), (0.0, "< 0.0001"), (None, wording.NOTHING)],
)
def test_a_chance_too_small_to_matter_is_only_said_to_be_so(value: float | None, text: str) -> None:
    assert wording.chance(value) == text


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (0.0324, "3.2\N{NO-BREAK SPACE}% worse"),
        (-0.01, "1\N{NO-BREAK SPACE}% better"),
        (0.0001, "no change"),
        (None, wording.NOTHING),
        (float("nan"), wording.NOTHING),
    ],
)
def test_a_loss_is_said_as_people_say_it(loss: float | None, text: str) -> None:
    assert wording.change(loss) == text


@pytest.mark.parametrize(("value", "text"), [(0.254, "0.25"), (None, wording.NOTHING), (float("inf"), wording.NOTHING)])
def test_a_stability_index_has_two_digits(value: float | None, text: str) -> None:
    assert wording.index(value) == text


def test_a_digest_is_shortened_once() -> None:
    short = wording.short(make_ref().sha256)
    assert len(short) == 13
    assert wording.short("abc") == "abc"


def test_one_is_singular() -> None:
    assert (wording.plural(1, "row"), wording.plural(2000, "row")) == ("1 row", "2,000 rows")


def test_missing_counts_are_a_dash() -> None:
    assert wording.count(None) == "\N{EN DASH}"


@pytest.mark.parametrize("text", ["it is so", "it is so.", "it is so. "])
def test_a_sentence_ends_once(text: str) -> None:
    assert wording.sentence(text) == "it is so."


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x07", "\u202e", "\u2066", "\ufeff"])
def test_signs_that_hide_or_turn_text_are_made_visible(sign: str) -> None:
    assert wording.printable(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_lines_and_letters_of_any_script_stay() -> None:
    assert wording.printable("Zürich\n東京\t1") == "Zürich\n東京\t1"
