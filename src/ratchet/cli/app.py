"""The command `ratchet`: its commands, and errors as one sentence."""

import errno
import logging
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from typer import Exit, Typer

from ratchet.cli.backtest import backtest
from ratchet.cli.champion import approve, rollback
from ratchet.cli.describe import init, schema, validate
from ratchet.cli.ledger import show, verify
from ratchet.cli.output import complain
from ratchet.cli.replay import replay
from ratchet.cli.run import adopt, monitor, run, score
from ratchet.cli.status import status
from ratchet.cli.trigger import trigger
from ratchet.config.settings import keep_quiet
from ratchet.errors import RatchetError

INTERRUPTED = 130  # 128 + SIGINT, what shells expect


# A full, forbidden or broken place is no bug of ours; any other OSError keeps its traceback.
REFUSALS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM),
        *(errno.ENOTDIR, errno.EISDIR, errno.EIO, errno.EMFILE),
    }
)

Options = ParamSpec("Options")


def refusal(error: OSError) -> str:
    """Say what the machine would not do: its disk is full, or it forbids the file."""
    where = f"{error.filename}: " if error.filename else "a file could not be written: "
    return (
        f"{where}{error.strerror}; make room or give the right to write there (RATCHET_HOME says where Ratchet keeps "
        "its files), then ask again: a run that did not reach its end can be repeated"
    )


def registry_errors() -> tuple[type[Exception], ...]:
    """Return MLflow's and the databases' errors, as far as they are loaded: another can't be on its way."""
    named = (("mlflow.exceptions", "MlflowException"), ("sqlalchemy.exc", "DBAPIError"))
    return tuple(getattr(sys.modules[module], name) for module, name in named if module in sys.modules)


def spoken(command: Callable[Options, None]) -> Callable[Options, None]:
    """Turn what can go wrong on purpose into a sentence and an exit code; a bug keeps its traceback."""

    @wraps(command)
    def speaking(*args: Options.args, **options: Options.kwargs) -> None:
        try:
            command(*args, **options)
        except RatchetError as error:
            complain(str(error))
            raise Exit(1) from error
        except OSError as error:
            if error.errno not in REFUSALS:
                raise
            complain(refusal(error))
            raise Exit(1) from error
        except registry_errors() as error:  # asked only when something was raised
            reason = str(error).partition("\n")[0]
            complain(
                f"the registry or the ledger can't be used: {reason}; see that its database or server is in order, "
                "and ask again"
            )
            raise Exit(1) from error
        except KeyboardInterrupt as error:
            complain(
                "Stopped: nothing is half-written, so ask again; the champion is what it was, unless the step "
                "`promote` was done: `ratchet status` shows it."
            )
            raise Exit(INTERRUPTED) from error

    return speaking


app = Typer(
    name="ratchet",
    help="Keeps production models fresh and never lets them get worse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for each in (init, validate, run, adopt, trigger, score, monitor, status, replay, backtest, approve, rollback, schema):
    app.command()(spoken(each))


book = Typer(
    name="ledger",
    help="The append-only record of triggers, decisions, promotions and alerts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for each in (show, verify):
    book.command()(spoken(each))
app.add_typer(book)


def main() -> None:
    """Run the command line."""
    keep_quiet()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends it, ends its processes: as Ctrl-C does
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    app()
