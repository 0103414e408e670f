"""A booking page with FastAPI: the visitor fills in a form and waits while the appointment is made.

    python examples/fastapi_booking.py --sandbox     # an embedded portal; nothing real is booked
    python examples/fastapi_booking.py               # your portal: MIJNKLANTPORTAAL_API_KEY

One `PortalSession` serves all visitors: one pool of connections, one rate limit.
"""

import argparse
import asyncio
import logging
import secrets
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

import uvicorn
from endings import Owner
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi_booking_answers import Answer, answer_to, booked, not_accepted
from fastapi_booking_form import FORM_FIELDS, BookingForm, FormError, errors_by_field
from fastapi_booking_texts import Language, language_of, page_in

from mijnklantportaal_async import PortalSession, Timeouts

PAGE = Path(__file__).with_name("fastapi_booking_page.html")
OFFICE_ZONE = ZoneInfo("Europe/Amsterdam")
# Nobody looks at a turning wheel for minutes: after half a minute at the most the visitor has an answer.
VISITOR_TIMEOUTS = Timeouts(queue=5, attempt=10, call=25)
FORMS_REMEMBERED = 10_000


class Bookings:
    """Books each form once: a second click gets the answer of the first.

    This memory is the process's own. After a restart, or in another worker, a form is new again; keep the tokens in a
    shared database if you have several.
    """

    def __init__(self, portal: PortalSession, zone: ZoneInfo, now: Callable[[], datetime], owner: Owner) -> None:
        self.portal = portal
        self.zone = zone
        self._now = now
        self._owner = owner
        self._answers: dict[BookingForm, asyncio.Task[Answer]] = {}

    async def book(self, form: BookingForm) -> Answer:
        """The answer for a form."""
        task = self._answers.get(form)
        if task is None:
            self._forget_oldest()
            self._answers[form] = task = asyncio.create_task(self._book(form))
            task.add_done_callback(lambda done: self._forget_unless_final(form, done))
        # A visitor who leaves does not cut off what may be in the calendar already; the answer waits for a second try.
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Waits for the bookings under way; each ends within its timeouts."""
        if under_way := [task for task in self._answers.values() if not task.done()]:
            await asyncio.wait(under_way)

    async def _book(self, form: BookingForm) -> Answer:
        asked_for = f"a booking for {form.day} at {form.time:%H:%M}, {form.minutes} minutes"
        visitor = {"name": form.visitor_name, "email": form.visitor_email}
        request = None
        try:
            request = form.to_request(self.zone, self._now())
            appointment = await self.portal.schedule_appointment(
                name=request.name,
                starts_at=request.starts_at,
                ends_at=request.ends_at,
                attendee_name=request.attendee_name,
                attendee_email=request.attendee_email,
            )
        except FormError as error:
            return not_accepted({error.field: [str(error)]})
        except asyncio.CancelledError as error:
            # The server was ended by force; something may have been sent.
            self._owner.hears_of(error, asked_for, visitor)
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the visitor gets an honest answer
            ending = self._owner.hears_of(error, asked_for, visitor, typed=FORM_FIELDS)
            return answer_to(ending, error, request, form.visitor_email)
        return booked(appointment)

    def _forget_unless_final(self, form: BookingForm, task: asyncio.Task[Answer]) -> None:
        # What is certainly not in the calendar may be tried again with the same form.
        if task.cancelled() or (task.exception() is None and not task.result().is_final):
            self._answers.pop(form, None)

    def _forget_oldest(self) -> None:
        if len(self._answers) >= FORMS_REMEMBERED:
            oldest = next(iter(self._answers))
            if self._answers[oldest].done():
                del self._answers[oldest]


class LifespanState(TypedDict):
    """What the requests share."""

    bookings: Bookings


def get_bookings(request: Request) -> Bookings:
    bookings: Bookings = request.state.bookings
    return bookings


def get_language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language", ""))


SharedBookings = Annotated[Bookings, Depends(get_bookings)]
VisitorLanguage = Annotated[Language, Depends(get_language)]


async def show_page(bookings: SharedBookings, language: VisitorLanguage) -> HTMLResponse:
    city = bookings.zone.key.rpartition("/")[2].replace("_", " ")
    page = page_in(language, PAGE.read_text(encoding="utf-8"), city=city)
    # Each visit gets a token of its own.
    page = page.replace("{form_token}", secrets.token_urlsafe(24))
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "Vary": "Accept-Language"})


async def book_appointment(form: BookingForm, bookings: SharedBookings, language: VisitorLanguage) -> JSONResponse:
    return (await bookings.book(form)).to_response(language, bookings.zone)


async def health(bookings: SharedBookings) -> dict[str, str | int | float | None]:
    # Asks the portal nothing: a probe every second would use up the 60 calls a minute.
    now = bookings.portal.rate_limit
    return {"status": "ok", "calls_left": now.remaining, "waiting": now.waiting, "resets_in": now.resets_in}


async def refuse_form(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    answer = not_accepted(errors_by_field(error.errors()))
    return answer.to_response(get_language(request), get_bookings(request).zone)


def create_app(
    open_portal: Callable[[], PortalSession] = PortalSession.from_env,
    *,
    zone: ZoneInfo = OFFICE_ZONE,
    timeouts: Timeouts = VISITOR_TIMEOUTS,
    now: Callable[[], datetime] | None = None,
    owner: Owner | None = None,
) -> FastAPI:
    """The application; `uvicorn --factory fastapi_booking:create_app` takes it too.

    Args:
        open_portal: Makes the session when the server starts; it is closed when the server stops.
        zone: Whose wall time the form speaks.
        timeouts: How long a visitor waits at the most.
        now: The time, for tests.
        owner: Who hears of what no visitor can mend.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[LifespanState]:
        async with open_portal() as portal:
            patient_enough = portal.with_options(timeouts=timeouts)
            bookings = Bookings(patient_enough, zone, now or (lambda: datetime.now(zone)), owner or Owner())
            try:
                yield {"bookings": bookings}
            finally:
                await bookings.finish()

    app = FastAPI(title="Booking", lifespan=lifespan)
    app.add_exception_handler(RequestValidationError, refuse_form)
    app.add_api_route("/", show_page, methods=["GET"], response_class=HTMLResponse)
    app.add_api_route("/appointments", book_appointment, methods=["POST"], status_code=201)
    app.add_api_route("/health", health, methods=["GET"])
    return app


async def serve(*, use_sandbox: bool, port: int) -> None:
    async with AsyncExitStack() as stack:
        if use_sandbox:
            from mijnklantportaal_async.sandbox import Sandbox  # only here: your server needs no sandbox

            sandbox = await stack.enter_async_context(Sandbox())
            portal = PortalSession(api_key=sandbox.api_key, base_url=sandbox.url)
            print(f"Calendar of the sandbox: {sandbox.page_url}", flush=True)
        else:
            portal = PortalSession.from_env()
        listening = stack.enter_context(socket.create_server(("127.0.0.1", port)))
        print(f"Booking page: http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
        server = uvicorn.Server(uvicorn.Config(create_app(lambda: portal), log_level="warning"))
        await server.serve(sockets=[listening])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A booking page with FastAPI.")
    parser.add_argument("--sandbox", action="store_true", help="book in an embedded portal; nothing real happens")
    parser.add_argument("--port", type=int, default=8000, help="port of the page on 127.0.0.1 (default: 8000)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        asyncio.run(serve(use_sandbox=options.sandbox, port=options.port))
    except KeyboardInterrupt:
        return 0
    except (ValueError, OSError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
