"""The routes: begin, come back, look at one's own appointments, disconnect."""

import logging
import math
import secrets
from collections.abc import Awaitable, Callable

from connect_pages import Visitor, appointments_page, connect_page, message_page
from connect_texts import language_of
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mijnklantportaal_async import MijnKlantportaalError, RateLimitError
from mijnklantportaal_async.oauth import (
    COOKIE,
    AuthorizationError,
    ClientRefusedError,
    ConsentRefusedError,
    OAuthApp,
    ReconnectError,
)
from mijnklantportaal_async.portals import Portals

log = logging.getLogger("owner")

VISITOR = "visitor"
"""The cookie that stands for a login here. In earnest it is your own session, and the owner the account in it."""


def create_app(app: OAuthApp, portals: Portals) -> FastAPI:
    """The application.

    Args:
        app: What owners connect their portals to.
        portals: The sessions with their portals.
    """

    def visitor_of(request: Request) -> Visitor:
        return Visitor(address=app.manage_url, language=language_of(request.headers.get("accept-language", "")))

    async def show(request: Request) -> Response:
        owner = request.cookies.get(VISITOR) or secrets.token_urlsafe(16)
        visitor = visitor_of(request)
        response: Response
        if not await app.is_connected(owner):
            response = connect_page(visitor)
        else:
            try:
                response = appointments_page(visitor, await portals[owner].list_appointments())
            except ReconnectError as error:
                log.info("%s", error)
                response = connect_page(visitor, "The portal does not let us in any more. Please connect it again.")
            except RateLimitError as error:
                message = "Your portal is busy. Please come back in {wait} seconds."
                response = message_page(visitor, 503, message, wait=math.ceil(error.retry_after or 60))
            except MijnKlantportaalError as error:
                # Its text says what to do, to whoever runs this; not to the visitor.
                log.error("%s", error)
                response = message_page(visitor, 502, "Your appointments cannot be shown right now.")
        response.set_cookie(VISITOR, owner, httponly=True, samesite="lax")
        return response

    async def connect(request: Request) -> Response:
        start = await app.begin(cookie=request.cookies.get(COOKIE))
        response = RedirectResponse(start.url, status_code=303)
        response.headers.append("Set-Cookie", start.set_cookie)
        return response

    async def callback(request: Request) -> Response:
        visitor, owner = visitor_of(request), request.cookies.get(VISITOR)
        if owner is None:
            return message_page(visitor, 400, "Please begin here.")
        try:
            # Whose portal it is says our own session, never what came back.
            await app.finish(owner, request.query_params, request.cookies.get(COOKIE))
        except ConsentRefusedError as error:
            log.info("refused: %s", error.code)
            message = "Your portal was not connected. The portal says: {description}"
            return message_page(visitor, 200, message, description=error.description)
        except AuthorizationError as error:
            log.warning("%s", error)
            return message_page(visitor, 400, "That did not work. Please connect your portal again.")
        except ClientRefusedError as error:
            log.error("%s", error)
            return message_page(visitor, 500, "We cannot connect portals right now.")
        except MijnKlantportaalError as error:
            log.error("%s", error)
            return message_page(visitor, 503, "The portal does not answer. Please connect it again in a minute.")
        portals.forget(owner)
        # Code and state leave the address bar.
        return RedirectResponse("/", status_code=303)

    async def disconnect(request: Request) -> Response:
        if owner := request.cookies.get(VISITOR):
            await portals.disconnect(owner)
        return RedirectResponse("/", status_code=303)

    async def quietly(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await go_on(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        # Without the query: it may hold a code.
        log.info("%s %s %s", request.method, request.url.path, response.status_code)
        return response

    server = FastAPI(title="Connect your portal", docs_url=None, redoc_url=None, openapi_url=None)
    server.middleware("http")(quietly)
    server.add_api_route("/", show, methods=["GET"], response_class=HTMLResponse)
    server.add_api_route("/connect", connect, methods=["POST"], response_class=HTMLResponse)
    server.add_api_route("/callback", callback, methods=["GET"], response_class=HTMLResponse)
    server.add_api_route("/disconnect", disconnect, methods=["POST"], response_class=HTMLResponse)
    return server
