"""`mijnklantportaal save`: fetches a file from the portal's storage."""

import asyncio
from pathlib import Path

from mijnklantportaal_async.api.files import DOWNLOAD_FILE
from mijnklantportaal_async.calling.saving import place_of
from mijnklantportaal_async.cli.call.under_way import Attempts, outcome_of
from mijnklantportaal_async.cli.connection import open_portal
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.transfer_display import shown
from mijnklantportaal_async.errors import DownloadError, MijnKlantportaalError


def save(connection: Connection, terminal: Terminal, file_id: str, *, to: Path, replace: bool) -> ExitCode:
    """Fetches one file, whole or not at all.

    Args:
        connection: Which portal.
        terminal: Where to say it.
        file_id: `fsf_...`.
        to: A path, or a directory, where it gets its own name.
        replace: Whether it may take the place of another.
    """
    try:
        # Before anything is asked.
        place_of(to, replace=replace)
    except FileExistsError as error:
        raise _taken(error) from error
    except OSError as error:
        raise CommandError(f"It cannot be saved: {error}. Nothing was fetched.") from error
    return asyncio.run(_save(connection, terminal, file_id, to, replace))


async def _save(connection: Connection, terminal: Terminal, file_id: str, to: Path, replace: bool) -> ExitCode:
    async with open_portal(connection, terminal) as opened:
        try:
            # Its record says how long it is, and what it is called.
            record = await opened.portal.get_file(file_id)
            with shown(terminal, record.name) as progress:
                call = opened.portal.save_file(record, to, replace=replace, progress=progress, size_limit=None)
                # Ctrl-C comes between no two steps of tidying up.
                code, saved = await outcome_of(call, DOWNLOAD_FILE, Attempts(), terminal)
        except FileExistsError as error:
            raise _taken(error) from error
        except DownloadError as error:
            again = "" if error.is_permanent else " Give the command again."
            message = f"{error.message.rstrip('.')}. Nothing was kept.{again}"
            raise CommandError(message, ExitCode.SOME_FAILED) from error
        except ValueError as error:
            raise CommandError(f"{error}.") from error
        except MijnKlantportaalError:
            raise
        except OSError as error:
            raise CommandError(f"It cannot be saved: {error}. Nothing was kept.", ExitCode.SOME_FAILED) from error
        terminal.show(str(saved.path))
        if saved.is_verified:
            terminal.say(f"Saved {saved.size} bytes.", "bold green")
        else:
            terminal.say(f"Saved {saved.size} bytes; nothing tells whether that is all of it.", "yellow")
        return code


def _taken(error: FileExistsError) -> CommandError:
    return CommandError(f"{str(error).partition('; ')[0]}; choose another with --to, or say --replace.")
