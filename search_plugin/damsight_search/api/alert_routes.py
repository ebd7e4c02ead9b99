"""The addresses of alerts: what arrived that somebody's standing searches look for."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from damsight_schemas.saved_searches import MOST_AT_ONCE, Alerts, AlertsRead, Changed
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.principal import Principals
from damsight_search.standing.alert_inbox import AlertInbox

AlertIdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{40}$")]
_LONGEST_CURSOR = 256
_NO_CONTENT = 204


def alert_routes(inbox: AlertInbox, gate: Gate) -> APIRouter:
    """Return the routes of alerts."""
    router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])

    def who(http: Request) -> Principals:
        return gate.principals(http.headers.get("authorization"))

    @router.get("", response_model=Alerts)
    def page(
        *,
        http: Request,
        size: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 24,
        cursor: Annotated[str | None, Query(max_length=_LONGEST_CURSOR)] = None,
        unread: bool = False,
    ) -> Response:
        """Return one's alerts, the newest first, of assets that one may see now."""
        return written(inbox.page(who(http), size=size, cursor=cursor, unread=unread))

    @router.post("/read", response_model=Changed)
    def read(http: Request, alerts: AlertsRead) -> Response:
        """Mark alerts as read."""
        return written(Changed(changed=inbox.read(alerts.alert_ids, who(http))))

    @router.delete("/{alert_id}", status_code=_NO_CONTENT)
    def hide(http: Request, alert_id: AlertIdPath) -> Response:
        """Show an alert no more; its asset does not make another one."""
        inbox.hide(alert_id, who(http))
        return Response(status_code=_NO_CONTENT)

    return router
