"""`mijnklantportaal sandbox`: an embedded portal to try a client against."""

import asyncio
from pathlib import Path
from typing import Literal

import attrs

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.interruption import Interruption, listening
from mijnklantportaal_async.cli.terminal import Terminal, quiet_table
from mijnklantportaal_async.session import ENVIRONMENT_API_KEY, ENVIRONMENT_BASE_URL, ENVIRONMENT_TIMEZONE
from mijnklantportaal_async.texts.words import words


@attrs.frozen(kw_only=True)
class SandboxOptions:
    """What was asked for."""

    host: str
    port: int
    database: Path | None
    timezone: str
    speed: float
    faults: float
    seed: int
    manners: tuple[str, ...]
    rate_limit: int
    """0 for none."""
    rate_window: Literal["fixed", "rolling"]
    seeded: bool


def run_sandbox(terminal: Terminal, options: SandboxOptions) -> ExitCode:
    """Runs a sandbox until a signal comes."""
    return asyncio.run(_run(terminal, options))


async def _run(terminal: Terminal, options: SandboxOptions) -> ExitCode:
    from mijnklantportaal_async.cli.sandbox_portal import make_sandbox, start

    sandbox = make_sandbox(
        host=options.host,
        port=options.port,
        database=options.database,
        timezone=options.timezone,
        speed=options.speed,
        faults=options.faults,
        seed=options.seed,
        manners=options.manners,
        rate_limit=options.rate_limit or None,
        rate_window=options.rate_window,
        seeded=options.seeded,
    )
    interruption = Interruption()
    await start(sandbox, options.database, words("Try another --port or --host."))
    try:
        with listening(interruption):
            limit = words(
                "{rate_limit} requests a minute, {rate_window} window",
                rate_limit=options.rate_limit,
                rate_window=options.rate_window,
            )
            table = quiet_table("", "")
            table.show_header = False
            table.add_row(words("Calendar"), sandbox.page_url)
            table.add_row(words("Deliveries"), sandbox.deliveries_url)
            table.add_row("API", sandbox.url)
            table.add_row(words("API key"), words("{api_key} (of the sandbox only)", api_key=sandbox.api_key))
            table.add_row(words("Rate limit"), limit if options.rate_limit else words("none"))
            if options.speed != 1:
                table.add_row(words("Speed"), words("{speed:g} of its seconds in one of yours", speed=options.speed))
            if options.faults:
                table.add_row(
                    words("Faults"),
                    words("{faults:.0%} of the requests, seed {seed}", faults=options.faults, seed=options.seed),
                )
            if sandbox.manners:
                table.add_row(words("Manners"), ", ".join(sorted(sandbox.manners)))
            table.add_row(words("Kept in"), str(options.database) if options.database else words("memory"))
            if options.seeded:
                table.add_row(
                    words("Begins with"),
                    words(
                        "{customers} customers, three months of appointments",
                        customers=len(sandbox.customers),
                    ),
                )
            terminal.show(table)
            terminal.show(words("\nFor clients in other terminals:\n"))
            terminal.show(f"export {ENVIRONMENT_BASE_URL}={sandbox.url}")
            terminal.show(f"export {ENVIRONMENT_API_KEY}={sandbox.api_key}")
            terminal.show(f"export {ENVIRONMENT_TIMEZONE}={options.timezone}\n")
            terminal.output.file.flush()
            terminal.say(words("Press Ctrl-C to stop it."))
            await interruption.stop_asked.wait()
    finally:
        await sandbox.stop()
    # Ctrl-C is how it is meant to end.
    return ExitCode.DONE
