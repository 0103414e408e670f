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
from mijnklantportaal_async.texts.words import before, phrase, sentence, told_by, words


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
        raise CommandError(words("It cannot be saved: {error}. Nothing was fetched.", error=error)) from error
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
            again = "" if error.is_permanent else words(" Give the command again.")
            message = words("{reason}. Nothing was kept.{again}", reason=phrase(error.message), again=again)
            raise CommandError(message, ExitCode.SOME_FAILED) from error
        except ValueError as error:
            raise CommandError(sentence(told_by(error))) from error
        except MijnKlantportaalError:
            raise
        except OSError as error:
            raise CommandError(
                words("It cannot be saved: {error}. Nothing was kept.", error=error), ExitCode.SOME_FAILED
            ) from error
        terminal.show(str(saved.path))
        if saved.is_verified:
            terminal.say(words("Saved {size} bytes.", size=saved.size), "bold green")
        else:
            terminal.say(
                words("Saved {size} bytes; nothing tells whether that is all of it.", size=saved.size), "yellow"
            )
        return code


def _taken(error: FileExistsError) -> CommandError:
    return CommandError(
        words("{reason}; choose another with --to, or say --replace.", reason=before("; ", told_by(error)))
    )
