"""The model files of the benchmarks say what they mean."""

from ratchet.config.load import find_models, load_model
from ratchet.config.read_plan import plan_snapshot


def test_every_model_of_a_benchmark_can_be_read(repository):
    found = [load_model(path) for path in find_models(repository / "benchmarks" / "models")]
    assert {config.model for config in found} >= {"bank_marketing", "beijing_pm25", "noaa_weather"}


def test_columns_that_give_the_target_away_are_left_out(repository):
    config = load_model(repository / "benchmarks" / "models" / "bank_marketing.yaml")
    assert "duration" in config.data.ignore
    assert "duration" not in plan_snapshot(config.data).required
