"""Choose how a holdout is drawn anew: by groups where they repeat, by blocks where rows have an order, else by rows."""

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.errors import ConfigError
from ratchet.evaluation.resampling.block_length import choose_block_length
from ratchet.evaluation.resampling.draws import Codes, Resampling
from ratchet.metrics.arrays import Floats


def plan_draws(config: ModelConfig, frame: pd.DataFrame, influence: Floats) -> Resampling:
    """Plan the draws of a holdout.

    Args:
        config: the model's YAML.
        frame: the holdout, in row order.
        influence: how much each row moves the gain; blocks are as long as it hangs together.

    Raises:
        ConfigError: the YAML asks for groups and names no group, or one that the holdout does not have.
    """
    wanted = config.evaluation.resampling
    rows, draws, seed = len(frame), config.evaluation.resamples, config.schedule.seed
    groups = _find_groups(config, frame) if wanted in {"auto", "groups"} else None
    if groups is not None:
        return Resampling(method="groups", rows=rows, draws=draws, seed=seed, groups=groups)
    if wanted == "rows" or (wanted == "auto" and config.split.method == "random"):
        return Resampling(method="rows", rows=rows, draws=draws, seed=seed)
    return Resampling(method="blocks", rows=rows, draws=draws, seed=seed, block=choose_block_length(influence))


def _find_groups(config: ModelConfig, frame: pd.DataFrame) -> Codes | None:
    """Return the codes of the first of group and entity that repeats; asked for by name, it need not repeat."""
    is_asked = config.evaluation.resampling == "groups"
    for name in filter(None, (config.data.group, config.data.entity)):
        codes = _encode(frame, name)
        if len(codes) and (is_asked or codes.max() + 1 < len(codes)):
            return codes
    if is_asked:
        raise ConfigError("`evaluation.resampling: groups` needs `data.group` or `data.entity`; name one, or use auto")
    return None


def _encode(frame: pd.DataFrame, name: str) -> Codes:
    """Give each group a code from 0; a row without a group is one of its own."""
    if name not in frame.columns:
        raise ConfigError(f"the holdout has no column '{name}' to draw groups by; check `data.group` and `entity`")
    codes, names = pd.factorize(frame[name])
    is_alone = codes < 0
    codes = codes.astype(np.intp)
    codes[is_alone] = len(names) + np.arange(is_alone.sum())
    return codes
