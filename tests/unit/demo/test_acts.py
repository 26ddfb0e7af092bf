import pandas as pd

from ratchet.demo.acts import PRICE_RISE, make_month, write_bad_month, write_months

JUNE, JULY = pd.Period("2025-06", freq="M"), pd.Period("2025-07", freq="M")


def correlation(month: pd.Period, column: str) -> float:
    frame = make_month(month, seed=7)
    return float(frame[column].corr((frame["cancelled"] == "yes").astype(float)))


def test_the_same_seed_draws_the_same_month():
    assert make_month(JUNE, seed=7).equals(make_month(JUNE, seed=7))
    assert not make_month(JUNE, seed=7).equals(make_month(JUNE, seed=8))


def test_the_reasons_change_with_the_price_rise():
    assert pd.Timestamp("2025-07-01", tz="UTC") == PRICE_RISE
    assert correlation(JUNE, "support_calls") > 0.2 > correlation(JULY, "support_calls")
    assert correlation(JULY, "monthly_fee") > 0.2 > correlation(JUNE, "monthly_fee")


def test_a_file_a_month(tmp_path):
    write_months(tmp_path, "2025-01", "2025-03")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2025-01.csv", "2025-02.csv", "2025-03.csv"]


def test_the_bad_month_has_its_three_faults(tmp_path):
    write_bad_month(tmp_path, "2026-01")
    bad, good = pd.read_csv(tmp_path / "2026-01.csv"), make_month(pd.Period("2026-01", freq="M"), seed=7)
    assert bad["monthly_fee"].median() > 50 * good["monthly_fee"].median()
    assert bad["days_since_login"].isna().mean() > 0.3
    assert (bad["plan"] == "enterprise-trial").mean() > 0.15
