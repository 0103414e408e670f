"""Durable batches for portals that their owners have connected by OAuth: `Portals` is where a worker finds them."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
from batch_given import PORTAL, QUICK, SPEED, access, asked, booked, clock, row, until_over
from oauth_given import application, connect, refreshes
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mijnklantportaal_async.batch import Jobs, Worker, access_of_owner, portal_of_owner
from mijnklantportaal_async.oauth import MemoryTokenStore, OAuthApp, PortalTokens
from mijnklantportaal_async.opentelemetry import OpenTelemetry
from mijnklantportaal_async.portals import Portals
from mijnklantportaal_async.sandbox import Fault, OAuthRules, Sandbox

PATIENT = attrs.evolve(QUICK, poll=0.3)
"""Each portal has a queue that is looked into."""


class Remembering(MemoryTokenStore):
    """Knows every token that it ever had, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.is_away = False

    async def load(self, owner: str) -> PortalTokens | None:
        if self.is_away:
            raise OSError(5, "the store is away")
        return await super().load(owner)

    async def save(self, owner: str, tokens: PortalTokens | None, expected: str | None) -> bool:
        if tokens is not None:
            self.seen |= {token.reveal() for token in (tokens.access_token, tokens.refresh_token) if token}
        return await super().save(owner, tokens, expected)


@asynccontextmanager
async def owners_of(
    sandbox: Sandbox, names: list[str], store: MemoryTokenStore, **settings: object
) -> AsyncGenerator[tuple[OAuthApp, Portals]]:
    async with application(sandbox.manage_url, tokens=store, clock=clock()) as app:
        for name in names:
            await connect(sandbox, app, name)
        async with Portals(app, base_url=sandbox.url, clock=clock(), **settings) as portals:
            yield app, portals


@pytest.mark.parametrize("owners", [4, pytest.param(20, marks=pytest.mark.soak)])
async def test_many_owners_on_one_worker_and_no_token_anywhere(
    owners: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Their tokens end in the middle, rotate, and the token endpoint fails now and then."""
    caplog.set_level(logging.DEBUG)
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    names = [f"owner-{number}" for number in range(owners)]
    store, database = Remembering(), f"sqlite:///{tmp_path}/jobs.db"
    rules = OAuthRules(access_life=3600, rotating=True)
    async with Sandbox(speed=SPEED, oauth=rules) as sandbox, Jobs(database) as jobs:
        async with owners_of(sandbox, names, store, hooks=[OpenTelemetry(tracer_provider=provider)]) as (_, portals):
            rows = [row(number, name=f"of {name}") for number in range(2) for name in names]
            for name in names:
                own = [new for new in rows if new.name == f"of {name}"]
                await jobs.submit(own, job=name, portal=portal_of_owner(portals, name))
            sandbox.oauth.end_access_tokens()
            for kind in (Fault.UNAVAILABLE_BEFORE_COMMIT, Fault.DROP_AFTER_COMMIT, Fault.TOO_MANY_REQUESTS):
                sandbox.fail_next(kind, path="/oauth/tokens")
            # Looked for, which the hook is told of as well.
            sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST", path="/appointments")
            async with Worker(database, portals=portals, settings=PATIENT, clock=clock()) as worker:
                for name in names:
                    async for _ in jobs.progress(name, every=0.3):
                        pass
                said = repr(worker)
            assert portals.shared._caller.sender.observer._contexts == {}, "looks end with nothing that is kept"
        assert booked(sandbox) == asked(rows)
        assert refreshes(sandbox) >= len(names)
        by = {request.grant for request in sandbox.requests if request.method == "POST" and request.status == 201}
        assert len(by) == len(names)
    assert len(store.seen) >= 4 * len(names)
    # No hook has failed, and no row met an error that nobody thought of.
    assert not [kept for kept in caplog.records if kept.name.startswith("mijn") and kept.levelno >= logging.ERROR]
    finished = [span.to_json() for span in spans.get_finished_spans()]
    assert len(finished) >= len(rows)
    contents = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]  # noqa: ASYNC240
    everything = b"\n".join([*contents, said.encode(), caplog.text.encode(), *(span.encode() for span in finished)])
    assert not {token for token in store.seen if token.encode() in everything}


async def test_a_renewal_that_is_refused_is_trouble_and_no_rejection(database: str) -> None:
    """The rows wait until the owner has connected anew; meanwhile others go in, with a key beside."""
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        async with owners_of(sandbox, ["a", "b"], MemoryTokenStore()) as (app, portals):
            places = {name: portal_of_owner(portals, name) for name in ("a", "b")} | {"main": PORTAL}
            for number, (name, place) in enumerate(places.items()):
                await jobs.submit([row(number)], job=name, portal=place)
            sandbox.oauth.revoke(sandbox.oauth.grants[0])
            keyed = {"main": access(sandbox)}
            both = Worker(
                database,
                portals=lambda name: keyed.get(name) or access_of_owner(portals, name),
                settings=QUICK,
                clock=clock(),
            )
            async with both:
                await asyncio.gather(until_over(jobs, "b"), until_over(jobs, "main"))
                async for progress in jobs.progress("a", every=0.05):
                    if any("refused to renew" in trouble for trouble in progress.troubles):
                        assert not progress.done
                        await connect(sandbox, app, "a")
                        break
                await until_over(jobs, "a")
        assert [result.outcome.value for name in places for result in await jobs.results(name)] == ["done"] * 3
        assert booked(sandbox) == asked([row(number) for number in range(3)])


async def test_rows_of_those_who_are_not_connected_are_left_alone(database: str) -> None:
    """Another worker may have a key for them; and they may connect later."""
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        async with owners_of(sandbox, ["a"], MemoryTokenStore()) as (app, portals):
            for name in ("a", "later"):
                await jobs.submit([row(1, name=name)], job=name, portal=portal_of_owner(portals, name))
            async with Worker(database, portals=portals, settings=QUICK, clock=clock()):
                await until_over(jobs, "a")
                async for progress in jobs.progress("later", every=0.05):
                    if any("no portal is connected for 'later'" in trouble for trouble in progress.troubles):
                        break
                assert len(sandbox.requests) == 1
                await connect(sandbox, app, "later")
                await until_over(jobs, "later")
        assert len(sandbox.appointments) == 2


async def test_a_store_that_is_away_holds_rows_up_and_fails_none(database: str) -> None:
    store = Remembering()
    async with Sandbox(speed=SPEED) as sandbox, Jobs(database) as jobs:
        async with owners_of(sandbox, ["a"], store) as (_, portals):
            await jobs.submit([row(1)], job="a", portal=portal_of_owner(portals, "a"))
            store.is_away = True
            async with Worker(database, portals=portals, settings=QUICK, clock=clock()):
                async for progress in jobs.progress("a", every=0.05):
                    if any("cannot be read" in trouble for trouble in progress.troubles):
                        store.is_away = False
                        break
                await until_over(jobs, "a")
        assert len(sandbox.appointments) == 1
