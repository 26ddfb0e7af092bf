"""Which failures are worth another try: those of the infrastructure, never those of data, config or judgement."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

if TYPE_CHECKING:
    from airflow.sdk import Context

# By name, so that parsing a DAG loads none of these libraries.
INFRASTRUCTURE = frozenset(
    {
        "builtins.OSError",  # disk, network, and all of `requests`
        "builtins.MemoryError",
        "mlflow.exceptions.MlflowException",  # the registry is out of reach or busy
        "sqlalchemy.exc.DBAPIError",
        "sqlalchemy.exc.TimeoutError",
    }
)


class RetryInfrastructure(RetryPolicy):
    """Try again what a later moment can mend; fail at once on anything else.

    A killed task raises nothing and is tried again by Airflow itself.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: "Context | None" = None
    ) -> RetryDecision:
        """Return whether this exception deserves another try."""
        del try_number, max_tries, context
        if is_infrastructure(exception):
            return RetryDecision.retry(reason=f"infrastructure: {type(exception).__name__}")
        return RetryDecision.fail(reason=f"another try would end the same way: {type(exception).__name__}")

    def serialize(self) -> dict[str, Any]:
        """Return the policy's parameters: it has none."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "RetryInfrastructure":
        """Rebuild the policy."""
        del data
        return cls()


def is_infrastructure(error: BaseException) -> bool:
    """Tell a failure of disk, network, memory or database from any other."""
    return any(f"{kind.__module__}.{kind.__qualname__}" in INFRASTRUCTURE for kind in type(error).__mro__)
