"""What the portal asks of the owner's server when a customer opens a page: blocks, and forms with their pre-fill.

As the documentation has it; where it is silent (the method for a block), what is likely.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import attrs
import orjson

from mijnklantportaal_async.sandbox.hosts import host_of, is_loopback
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

PATIENCE = 10.0
"""Real seconds."""

MOST = 1_048_576
"""Bytes of an answer."""

FormMethod = Literal["GET", "POST", "PUT", "PATCH"]


@attrs.frozen(kw_only=True)
class Block:
    """A Dynamic HTML block on a page."""

    page_id: str
    url: str = attrs.field(repr=False)
    key: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """Sent with each request, for a guard."""


@attrs.frozen(kw_only=True)
class Form:
    """A form that is sent to the owner's server."""

    form_id: str
    name: str
    fields: Sequence[str]
    url: str = attrs.field(repr=False)
    method: FormMethod = "POST"
    prefill_url: str | None = attrs.field(default=None, repr=False)
    prefill_method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)


@attrs.frozen(kw_only=True)
class OwnerAnswer:
    """What the owner's server answered, and what the portal makes of it."""

    status: int | None = None
    body: bytes = attrs.field(default=b"", repr=False)
    problem: str = ""
    """Why it is not taken; empty when it is."""
    values: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """Of a pre-fill: what is filled in."""


class OwnerCalls:
    """Calls the owner's server. Only on this machine, or on hosts that were named."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def block(self, block: Block, customer_id: str) -> OwnerAnswer:
        """Ask for a block, and drop it without the right checksum."""
        headers = {**block.headers, "Accept": "text/html", "X-Customer-Id": customer_id, "X-Page-Id": block.page_id}
        answer, response = await self._call("GET", block.url, headers)
        if answer.problem:
            return answer
        told = f"{customer_id},{block.page_id}".encode()
        expected = hmac.new(block.key.encode(), told, hashlib.sha256).hexdigest()
        given = response.get("X-Checksum", "")
        if response.get("Content-Type", "").partition(";")[0].strip().lower() != "text/html":
            return attrs.evolve(answer, problem=words("the Content-Type of the answer is not text/html"))
        if not given:
            return attrs.evolve(answer, problem=words("the answer has no X-Checksum"))
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode()):
            problem = words("the X-Checksum is not that of this customer, this page and the key")
            return attrs.evolve(answer, problem=problem)
        return answer

    async def prefill(self, form: Form, customer_id: str) -> OwnerAnswer:
        """Ask what to fill in. What the form does not have is dropped."""
        if form.prefill_url is None:
            return OwnerAnswer()
        headers = {**self._names(form, customer_id), "Accept": "application/json"}
        answer, _ = await self._call(form.prefill_method, form.prefill_url, headers)
        if answer.problem:
            return answer
        try:
            said: Any = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            return attrs.evolve(answer, problem=words("the answer of the pre-fill is no JSON object"))
        values = {name: str(said[name]) for name in form.fields if said.get(name) is not None}  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        return attrs.evolve(answer, values=values)

    async def submit(self, form: Form, customer_id: str, values: Mapping[str, Any]) -> OwnerAnswer:
        """Send what was filled in: as JSON, or in the query."""
        headers = self._names(form, customer_id)
        if form.method == "GET":
            answer, _ = await self._call("GET", form.url, headers, query=values)
        else:
            headers["Content-Type"] = "application/json"
            answer, _ = await self._call(form.method, form.url, headers, body=orjson.dumps(values))
        return answer

    def _names(self, form: Form, customer_id: str) -> dict[str, str]:
        return {**form.headers, "X-Customer-Id": customer_id, "X-Form-Id": form.form_id}

    async def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> tuple[OwnerAnswer, Mapping[str, str]]:
        host = host_of(url)
        if not is_loopback(host) and host not in self._hosts:
            return OwnerAnswer(
                problem=words("the host {host} is left in peace; name it in webhook_hosts", host=host)
            ), {}
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE))
        try:
            async with self._http.request(
                method, url, headers=headers, data=body, params=query, allow_redirects=False
            ) as response:
                content = await response.content.read(MOST + 1)
                while len(content) <= MOST and (more := await response.content.read(MOST)):
                    content += more
                problem = ""
                if not 200 <= response.status < 300:
                    problem = words("it was answered with {status}", status=response.status)
                elif len(content) > MOST:
                    problem = words("the answer is larger than 1 MiB")
                return OwnerAnswer(status=response.status, body=content, problem=problem), response.headers
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            problem = words("nobody answers ({why}); is your application running?", why=type(error).__name__)
            return OwnerAnswer(problem=problem), {}
