"""Users of Airflow by their tokens, and what they may do."""

from ratchet.orchestration.webhook.caller import Caller
from ratchet.records.admission import dag_of


async def find_airflow_user(token: str) -> Caller | None:
    """Return the user of one of Airflow's tokens, who may ask for what they may start in the UI; None for a wrong one.

    Only inside Airflow's API server, which has made its auth manager by then.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    from airflow.models.dag import DagModel
    from jwt import InvalidTokenError

    manager = get_auth_manager()
    try:
        user = await manager.get_user_from_token(token)
    except InvalidTokenError:  # an expired one as well
        return None

    def may_start(model: str) -> bool:
        dag_id = dag_of(model)
        details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
        return manager.is_authorized_dag(method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user)

    return Caller(name=f"{user.get_name()} by the webhook", may_ask=may_start)
