"""A model that a YAML file describes, to be run, watched and replayed from Python."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ratchet.config.load import load_model, locate_model
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run, freeze_run, read_as_of
from ratchet.config.settings import Settings, name_person, read_settings
from ratchet.timeline import Moment

if TYPE_CHECKING:
    from ratchet.pipelines.in_process import MonitoringResult, RunResult
    from ratchet.records.backtest import Backtest
    from ratchet.records.monitoring import Scoring


def load(model: str | Path, *, project: Path | None = None, home: Path | None = None) -> "Model":
    """Read a model's YAML.

    Args:
        model: its name in `include/models`, or the path of its file.
        project: what relative paths in the YAML start from; `RATCHET_PROJECT` or the current folder unless given.
        home: where runs, registry and ledger are; `RATCHET_HOME` or `var/` in the project unless given.

    Raises:
        ConfigError: there is no such file, or its content is wrong; one sentence a mistake.
    """
    found = read_settings(project=project, home=home)
    return Model(config=load_model(locate_model(found, str(model))), settings=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as its YAML describes it, and the installation in which it lives.

    Attributes:
        config: the YAML.
        settings: the folders of the installation.
    """

    config: ModelConfig
    settings: Settings

    def ask(
        self,
        *,
        as_of: Moment | str | None = None,
        run_id: str | None = None,
        now: datetime | None = None,
        **asked: object,
    ) -> Run:
        """Freeze the YAML and what is asked for: the first argument of every stage.

        Args:
            as_of: look at data up to this time or, where it has no clock, this many rows; up to now unless given.
            run_id: name of the run; the same name makes the same files again.
            now: when the run begins; the clock's time unless given.
            **asked: candidates, reason, dry_run.

        Raises:
            ConfigError: the as-of, the run id or a candidate's name is wrong.
        """
        started = now or datetime.now(UTC)
        text = as_of.isoformat() if isinstance(as_of, datetime) else str(as_of or "")
        facts = {"project": self.settings.project, "home": self.settings.home, "started": started}
        name = run_id or f"manual__{started.isoformat()}"  # as Airflow names a run that was started by hand
        return freeze_run(self.config, **asked, **facts, run_id=name, as_of=read_as_of(text, self.config, started))

    def run(
        self,
        *,
        as_of: Moment | str | None = None,
        candidates: tuple[str, ...] = (),
        reason: str = "",
        dry_run: bool = False,
        run_id: str | None = None,
    ) -> "RunResult":
        """Retrain: check the data, train, judge, and promote only what is better, as `ratchet run` does.

        Raises:
            RatchetError: the run itself is broken; a rejected challenger is not that.
        """
        from ratchet.pipelines.in_process import retrain  # noqa: PLC0415 (loads heavy libraries)

        run = self.ask(as_of=as_of, run_id=run_id, candidates=candidates, reason=reason, dry_run=dry_run)
        return retrain(run, person=name_person())

    def score(self, *, as_of: Moment | str | None = None, source: str | None = None, again: bool = False) -> "Scoring":
        """Predict new rows with the champion, each of them once, as `ratchet score` does.

        Raises:
            RatchetError: there is no champion, or the rows can't be used; nothing is written then.
        """
        from ratchet.pipelines.running import run_steps  # noqa: PLC0415
        from ratchet.pipelines.tables import SCORE  # noqa: PLC0415

        run = self.ask(as_of=as_of).reading(source)
        scoring: Scoring = run_steps(SCORE, run, again=again)["score"]
        return scoring

    def monitor(self, *, as_of: Moment | str | None = None) -> "MonitoringResult":
        """Compare what was predicted lately with the champion's own rows, as `ratchet monitor` does.

        Raises:
            NothingYetError: nothing was predicted yet.
            RatchetError: the run itself is broken; a red alert is not that.
        """
        from ratchet.pipelines.in_process import monitor  # noqa: PLC0415 (loads heavy libraries)

        return monitor(self.ask(as_of=as_of))

    def backtest(self, *, as_of: Moment | str | None = None, processes: int = 1) -> "Backtest":
        """Replay the model's history under several schedules, as `ratchet backtest` does.

        Raises:
            DataError: the source can't be used, or the history is too short.
        """
        from ratchet.backtest.running import run_backtest  # noqa: PLC0415 (loads heavy libraries)

        return run_backtest(self.ask(as_of=as_of), processes=processes)
