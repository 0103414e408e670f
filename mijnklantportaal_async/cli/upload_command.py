"""`mijnklantportaal upload`: stores files in the portal, each once, also when the command is given again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from mijnklantportaal_async.cli.connection import OpenPortal, open_portal
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, exit_code_of, in_words, is_about_access
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.transfer_display import shown
from mijnklantportaal_async.cli.upload_record import UploadRecord, default_place, fingerprint_of
from mijnklantportaal_async.errors import MijnKlantportaalError, NotFoundError, Outcome

_WORST_FIRST = (ExitCode.NO_PORTAL, ExitCode.UNKNOWN, ExitCode.SOME_FAILED)


def upload(
    connection: Connection,
    terminal: Terminal,
    paths: Sequence[Path],
    *,
    directory_id: str | None,
    record: Path | None,
    again: bool,
) -> ExitCode:
    """Stores files.

    Args:
        connection: Which portal.
        terminal: Where to say it.
        paths: The files.
        directory_id: Where to put them, `fsd_...`.
        record: Where it is remembered what was uploaded.
        again: Also what nobody knows the outcome of.
    """
    if folders := [path for path in paths if path.is_dir()]:
        raise CommandError(f"{str(folders[0])!r} is a directory; name the files in it. Nothing was sent.")
    with UploadRecord(record or default_place()).opened() as kept:
        return asyncio.run(_upload(connection, terminal, paths, directory_id, kept, again))


async def _upload(
    connection: Connection,
    terminal: Terminal,
    paths: Sequence[Path],
    directory_id: str | None,
    kept: UploadRecord,
    again: bool,
) -> ExitCode:
    codes: list[ExitCode] = []
    async with open_portal(connection, terminal) as opened:
        for path in paths:
            try:
                codes.append(await _upload_one(opened, terminal, path, directory_id, kept, again))
            except ValueError as error:
                raise CommandError(f"{error}.") from error
            except OSError as error:
                terminal.fail(f"{path}: it cannot be read: {error.strerror or error}. It was not sent.")
                codes.append(ExitCode.SOME_FAILED)
            except MijnKlantportaalError as error:
                terminal.fail(f"{path}: {in_words(error)}")
                codes.append(exit_code_of(error))
                if is_about_access(error):
                    break
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.DONE)


async def _upload_one(
    opened: OpenPortal, terminal: Terminal, path: Path, directory_id: str | None, kept: UploadRecord, again: bool
) -> ExitCode:
    taken = await asyncio.to_thread(fingerprint_of, path)
    key = (opened.fingerprint, directory_id or "", path.name, taken)
    before = kept.last(*key)
    if before is not None and before["state"] == "stored" and await _is_there(opened, before["id"]):
        terminal.say(f"{path}: it is there already.")
        terminal.show(f"{before['id']}  {path}")
        return ExitCode.DONE
    if before is not None and before["state"] == "sent" and not again:
        terminal.fail(
            f"{path}: it was sent before, and nobody knows whether it arrived. Look in the portal's files; if it is not "
            "there, say --again to send it once more."
        )
        return ExitCode.UNKNOWN
    kept.note(*key, state="sent")
    try:
        with shown(terminal, path.name) as progress:
            stored = await opened.portal.upload_file(path, directory_id=directory_id, progress=progress)
    except MijnKlantportaalError as error:
        if error.outcome in {Outcome.NOT_SENT, Outcome.REJECTED}:
            kept.note(*key, state="refused")
        raise
    except (ValueError, OSError):
        kept.note(*key, state="refused")
        raise
    kept.note(*key, state="stored", identifier=stored.id)
    terminal.show(f"{stored.id}  {path}")
    return ExitCode.DONE


async def _is_there(opened: OpenPortal, identifier: str) -> bool:
    try:
        await opened.portal.get_file(identifier)
    except NotFoundError:
        return False
    return True
