"""What is answered by the faults that only change what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.faults import Fault
from mijnklantportaal_async.sandbox.garbling import malformed, of_another, with_unknown_fields, with_unknown_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mijnklantportaal_async.sandbox.faults import FaultOrder

_BAD_GATEWAY_PAGE = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""
_FIREWALL_PAGE = b"""<!DOCTYPE html>
<html lang="nl">
<head><title>Even geduld</title></head>
<body><h1>Uw verzoek wordt gecontroleerd</h1></body>
</html>
"""


def _unavailable(order: FaultOrder) -> Answer:
    headers = {} if order.retry_after is None else {"retry-after": str(order.retry_after)}
    return Answer(503, {"message": "Service Unavailable"}, headers)


def _page(status: int, page: bytes) -> Callable[[FaultOrder], Answer]:
    return lambda _: Answer(status, {}, raw=page, media_type="text/html")


def _message(status: int, message: str) -> Callable[[FaultOrder], Answer]:
    return lambda _: Answer(status, {"message": message})


_REQUEST_TIMEOUT = _message(408, "Request Timeout")
_CLIENT_CLOSED = _message(499, "Client Closed Request")

INSTEAD: Mapping[Fault, Callable[[FaultOrder], Answer]] = {
    Fault.BAD_GATEWAY: _page(502, _BAD_GATEWAY_PAGE),
    Fault.UNAVAILABLE_BEFORE_COMMIT: _unavailable,
    Fault.HTML_BEFORE_COMMIT: _page(200, _FIREWALL_PAGE),
    Fault.REQUEST_TIMEOUT_BEFORE_COMMIT: _REQUEST_TIMEOUT,
    Fault.CLIENT_CLOSED_BEFORE_COMMIT: _CLIENT_CLOSED,
}
"""The answer, where nothing is done."""

AFTERWARDS: Mapping[Fault, Callable[[Answer, FaultOrder], Answer]] = {
    Fault.UNAVAILABLE_AFTER_COMMIT: lambda _, order: _unavailable(order),
    Fault.MALFORMED_JSON: lambda answer, _: attrs.evolve(answer, raw=malformed(answer.body())),
    Fault.UNKNOWN_FIELDS: lambda answer, _: attrs.evolve(answer, document=with_unknown_fields(answer.document)),
    Fault.UNKNOWN_STATUS: lambda answer, _: attrs.evolve(answer, document=with_unknown_status(answer.document)),
    Fault.HTML_AFTER_COMMIT: lambda _, order: _page(200, _FIREWALL_PAGE)(order),
    Fault.EMPTY_BODY: lambda answer, _: attrs.evolve(answer, raw=b""),
    Fault.ACCEPTED: lambda answer, _: attrs.evolve(answer, status=202),
    Fault.NO_CONTENT: lambda answer, _: attrs.evolve(answer, status=204, raw=b""),
    Fault.REQUEST_TIMEOUT_AFTER_COMMIT: lambda _, order: _REQUEST_TIMEOUT(order),
    Fault.CLIENT_CLOSED_AFTER_COMMIT: lambda _, order: _CLIENT_CLOSED(order),
    Fault.ANOTHER_RECORD: lambda answer, _: attrs.evolve(answer, document=of_another(answer.document)),
}
"""The answer, where the work is done first."""
