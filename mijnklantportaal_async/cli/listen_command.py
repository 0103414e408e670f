"""`mijnklantportaal listen`: calls of webhooks, shown and passed on to the application that one is writing."""

import contextlib
import socket
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs
from aiohttp import web

from mijnklantportaal_async.calling.addresses import is_loopback
from mijnklantportaal_async.cli.connection import OpenPortal, base_url_of, open_portal
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.relay import Passed, Relay
from mijnklantportaal_async.cli.terminal import Terminal, plain_text
from mijnklantportaal_async.models.webhooks import Webhook, WebhookEvent
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.texts.system import reason_of
from mijnklantportaal_async.texts.words import counted, sentence, sentences, told_by, words
from mijnklantportaal_async.values.checks import check_url

_BETWEEN_LOOKS = 60.0
"""Seconds between two looks for webhooks that were made meanwhile: a stranger's calls must not use up the key."""


@attrs.frozen(kw_only=True)
class ListenOptions:
    """What was asked for."""

    forward_to: str
    port: int
    types: tuple[str, ...]


async def listen(connection: Connection, terminal: Terminal, options: ListenOptions) -> ExitCode:
    """Listens until Ctrl-C."""
    try:
        check_url(options.forward_to, "--forward-to")
    except ValueError as error:
        raise CommandError(sentence(told_by(error))) from error
    if unknown := [name for name in options.types if not WebhookEvent(name).is_known]:
        known = ", ".join(member.value for member in WebhookEvent)
        raise CommandError(
            words("--type {name} is no documented type; they are {known}.", name=unknown[0], known=known)
        )
    return await _listen(connection, terminal, options)


async def _listen(connection: Connection, terminal: Terminal, options: ListenOptions) -> ExitCode:
    async with open_portal(connection, terminal) as opened:
        known = _KnownWebhooks(opened.portal)
        relay = Relay(options.forward_to, known.secrets, lambda passed: _show(terminal, passed))
        # What is packed stays packed: the signature is over the bytes as they came.
        runner = web.ServerRunner(web.Server(relay.handle, auto_decompress=False), shutdown_timeout=1.0)
        await runner.setup()
        interruption = Interruption()
        try:
            here = await _open(runner, options.port)
            await _introduce(connection, opened, terminal, options, here)
            with listening(interruption):
                terminal.say(words("Press Ctrl-C to stop."))
                await interruption.stop_asked.wait()
        finally:
            await runner.cleanup()
            await relay.close()
    return ExitCode.DONE


async def _open(runner: web.ServerRunner, port: int) -> str:
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        taken = int(runner.addresses[0][1])
        if socket.has_ipv6:
            # To some programs localhost is the one, to some the other.
            with contextlib.suppress(OSError):
                await web.TCPSite(runner, "::1", taken).start()
    except OSError as error:
        raise CommandError(
            words(
                "Port {port} cannot be listened on: {reason}. Try another --port.", port=port, reason=reason_of(error)
            )
        ) from error
    return f"http://127.0.0.1:{taken}/"


async def _introduce(
    connection: Connection, opened: OpenPortal, terminal: Terminal, options: ListenOptions, here: str
) -> None:
    types = options.types or tuple(member.value for member in WebhookEvent)
    is_ours = connection.sandbox or is_loopback(urlsplit(base_url_of(connection)).hostname or "")
    if is_ours:
        made = await _register(opened.portal, here, types)
        terminal.say(
            words(
                "Listens at {here} for {types}; {made} in the sandbox.",
                here=here,
                types=counted("{count} type of events", "{count} types of events", len(types)),
                made=counted("{count} webhook was made", "{count} webhooks were made", made),
            )
        )
        if opened.sandbox is not None:
            terminal.say(
                words("What it was told, and a button to tell it again: {url}", url=opened.sandbox.deliveries_url)
            )
    else:
        names = ", ".join(types) if options.types else words("one of those that `call create_webhook --help` lists")
        terminal.say(
            words("Listens at {here}. The portal cannot reach that: put a tunnel with https before it.", here=here)
        )
        terminal.say(words("Then make a webhook for each type of event, with the address of the tunnel as its URL:"))
        terminal.say(
            words(
                "  mijnklantportaal call create_webhook --url https://YOUR-TUNNEL/ --type TYPE   (TYPE: {names})",
                names=names,
            )
        )
        terminal.say(
            words("Nothing was made or changed in the portal. No way to remove a webhook by the API is documented.")
        )
    terminal.say(words("Calls go on to {address}", address=options.forward_to))


async def _register(portal: PortalSession, here: str, types: Sequence[str]) -> int:
    """Makes the webhooks that are missing, and says how many."""
    there = {webhook.type.value for webhook in await portal.list_webhooks().collect() if webhook.url == here}
    missing = [name for name in types if name not in there]
    for name in missing:
        await portal.create_webhook(url=here, type=name)
    return len(missing)


class _KnownWebhooks:
    """The webhooks of the portal, with their secrets."""

    def __init__(self, portal: PortalSession) -> None:
        self._portal = portal
        self._found: list[Webhook] = []
        self._looked_at: float | None = None

    async def secrets(self, again: bool) -> list[Webhook]:
        """Those that are known; looked up when there was no look yet, or they were not enough."""
        now = time.monotonic()
        if self._looked_at is None or (again and now - self._looked_at > _BETWEEN_LOOKS):
            self._looked_at = now
            self._found = await self._portal.list_webhooks().collect()
        return self._found


def _show(terminal: Terminal, passed: Passed) -> None:
    what = sentences(passed.type or words("unknown type"), passed.record_id)
    proof = words("proven by {proof}", proof=passed.proof) if passed.proof else passed.problem
    line = words(
        "{time}  {what}  ({proof})  -> {status}",
        time=time.strftime("%H:%M:%S"),
        what=what,
        proof=proof,
        status=passed.status,
    )
    good = bool(passed.proof) and 200 <= passed.status < 300
    terminal.show(plain_text(sentences(line, passed.hint, separator=": "), "" if good else "yellow"))
    # Whoever reads it through a pipe wants it now.
    terminal.output.file.flush()
