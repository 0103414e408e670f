"""What endpoints of blocks and forms have in common: the guard first, then the headers that name who asks."""

from mijnklantportaal_async.callbacks.endpoint import LOGGER, Endpoint, outcome_of
from mijnklantportaal_async.callbacks.errors import PageRequestError
from mijnklantportaal_async.callbacks.guards import Guard, check_guard
from mijnklantportaal_async.callbacks.incoming import Answer, BodyLimits, IncomingRequest, refused

LONGEST_ID = 255


class PageEndpoint(Endpoint):
    """Lets in whom the guard lets in."""

    methods: tuple[str, ...] = ("GET", "HEAD", "POST")

    def __init__(self, *, guard: Guard | None, limits: BodyLimits | None = None) -> None:
        super().__init__(limits or BodyLimits())
        self._guard = check_guard(guard)

    async def _respond(self, request: IncomingRequest) -> Answer:
        if request.method not in self.methods:
            raise refused(405, "The method is not taken here.", ("Allow", ", ".join(self.methods)))
        if self._guard is not None and not await outcome_of(self._guard.lets_in(request)):
            raise refused(401, "The guard does not let this request in.", *self._guard.challenge)
        try:
            return await self._answer(request)
        except PageRequestError as error:
            LOGGER.warning("a request for a page was not taken: %s", error.message)
            raise refused(error.status, f"{error.message}.") from None

    async def _answer(self, request: IncomingRequest) -> Answer:
        raise NotImplementedError


def one_header(request: IncomingRequest, name: str) -> str:
    """The value of a header that has to be there once.

    Raises:
        PageRequestError: It is missing, empty, there twice, or no id at all.
    """
    values = request.values(name)
    if len(values) != 1:
        raise PageRequestError(
            f"the request has {'no' if not values else len(values)} {name}; it needs one", header=name
        )
    value = values[0]
    if not value.isascii() or not (said := value.decode()).isprintable() or not said.strip() or "," in said:
        raise PageRequestError(f"the header {name} is empty, or no id", header=name)
    if len(said) > LONGEST_ID:
        raise PageRequestError(f"the header {name} is too long for an id", header=name)
    return said
