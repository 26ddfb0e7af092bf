"""The schedules that are compared, and their YAML."""

import re
from pathlib import Path

import pytest
import yaml

from builders.backtests import make_replayed
from builders.projects import MODEL
from ratchet.backtest.schedules import (
    DESCRIPTIONS,
    RetrainingSchedule,
    busiest,
    fixed_schedules,
    hybrid_settings,
    write_schedule,
)
from ratchet.backtest.ungated import FITS
from ratchet.config.backtest import POLICIES
from ratchet.config.load import load_model


@pytest.mark.parametrize("setting", hybrid_settings(), ids=lambda each: each.name)
def test_every_setting_can_be_pasted_into_a_model_file(tmp_path: Path, setting: RetrainingSchedule):
    path = tmp_path / "sales.yaml"
    path.write_text(MODEL.replace("schedule:\n  cron: null\n", "") + write_schedule(setting))
    config = load_model(path)
    assert config.schedule.cron == setting.cron
    assert config.schedule.throttle == setting.throttle
    assert ("drift" in config.monitoring.alerts.retrain_on) is setting.on_drift
    assert "performance" in config.monitoring.alerts.retrain_on
    apart = re.search(r"at least (\S+) apart", setting.name)
    assert apart
    assert f"min_interval_after_success: {apart[1]}\n" in write_schedule(setting)


def test_a_pasted_schedule_is_replayed_as_it_was_recommended(tmp_path: Path):
    for setting in hybrid_settings():
        config = make_replayed(**yaml.safe_load(write_schedule(setting)))
        configured = fixed_schedules(config)["configured"]
        assert (configured.cron, configured.throttle) == (setting.cron, setting.throttle)
        assert (configured.on_drift, configured.on_loss) == (setting.on_drift, True)


def test_settings_have_names_of_their_own():
    names = [each.name for each in hybrid_settings()]
    assert len(set(names)) == len(names)


def test_a_hybrid_always_listens_to_performance_and_is_always_throttled():
    assert all(each.on_loss and busiest(each) < 2 for each in hybrid_settings())


def test_every_schedule_is_described_and_can_be_replayed():
    assert set(DESCRIPTIONS) == set(POLICIES)
    assert {*fixed_schedules(make_replayed()), "hybrid", *FITS} == set(POLICIES)


def test_only_one_kind_of_alarm_each():
    fixed = fixed_schedules(make_replayed())
    assert (fixed["drift"].on_drift, fixed["drift"].on_loss, fixed["drift"].cron) == (True, False, None)
    assert (fixed["performance"].on_drift, fixed["performance"].on_loss) == (False, True)
    assert (fixed["weekly"].on_drift, fixed["weekly"].on_loss) == (False, False)
