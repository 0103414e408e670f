"""`mijnklantportaal upload`: stores files in the portal, each once, also when the command is given again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from mijnklantportaal_async.api.files import UPLOAD_FILE
from mijnklantportaal_async.cli.call.under_way import Attempts, outcome_of
from mijnklantportaal_async.cli.connection import open_portal
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, exit_code_of, in_words
from mijnklantportaal_async.cli.numbers import in_number
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.own_files import OwnFile, checked, fingerprint_of, is_as_it_was
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.transfer_display import shown
from mijnklantportaal_async.cli.upload_record import Remembered, Upload, UploadRecord, default_place
from mijnklantportaal_async.errors import DecodeError, MijnKlantportaalError, NotFoundError, Outcome
from mijnklantportaal_async.events import Event
from mijnklantportaal_async.models import FileOrDirectory
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.texts.system import reason_of
from mijnklantportaal_async.texts.words import phrase, sentence, sentences, words
from mijnklantportaal_async.values.checks import check_identifier

_WORST_FIRST = (
    ExitCode.UNKNOWN,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.NO_PORTAL,
    ExitCode.SOME_FAILED,
)
_LOOK = words("Look in the portal's files; if it is not there, say --again to send it once more.")


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
        again: Also what may have been stored before.
    """
    try:
        files = [checked(path) for path in paths]
        if directory_id is not None:
            check_identifier(directory_id, "directory_id")
    except ValueError as error:
        raise CommandError(words("{error}. Nothing was sent.", error=error)) from error
    if record is None and not (connection.sandbox and connection.sandbox_database is None):
        # A sandbox in memory is gone with this run, and so is what was stored there.
        record = default_place()
    with UploadRecord(record).opened() as kept:
        return asyncio.run(_upload(connection, terminal, files, directory_id, kept, again))


async def _upload(
    connection: Connection,
    terminal: Terminal,
    files: Sequence[OwnFile],
    directory_id: str | None,
    kept: UploadRecord,
    again: bool,
) -> ExitCode:
    attempts = _AttemptsAtOne()
    async with open_portal(connection, terminal, hook=attempts.note) as opened:
        codes: list[ExitCode] = []
        for number, file in enumerate(files, 1):
            attempts.begin()
            one = _OneUpload(opened.portal, terminal, attempts, file, directory_id)
            codes.append(await one.run(kept, opened.fingerprint, again))
            if one.was_interrupted or codes[-1] is ExitCode.NO_PORTAL:
                opened.keep_open = False
                if left := len(files) - number:
                    terminal.say(
                        words("Not sent, and not looked at: {files} after it.", files=in_number(left, "file")), "yellow"
                    )
                break
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.DONE)


class _AttemptsAtOne:
    """Whether the file under way may have been stored."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another file."""
        self.now = Attempts()

    def note(self, event: Event) -> None:
        """A hook of the session."""
        self.now.note(event)


class _OneUpload:
    """What becomes of one file, and what is said of it."""

    def __init__(
        self,
        portal: PortalSession,
        terminal: Terminal,
        attempts: _AttemptsAtOne,
        file: OwnFile,
        directory_id: str | None,
    ) -> None:
        self._portal = portal
        self._terminal = terminal
        self._attempts = attempts
        self._file = file
        self._directory_id = directory_id
        self.was_interrupted = False

    async def run(self, kept: UploadRecord, portal_name: str, again: bool) -> ExitCode:
        """Stores it, unless it is there or may be there."""
        file = self._file
        try:
            content = await fingerprint_of(file)
        except OSError as error:
            return self._fail(words("it cannot be read: {strerror}. It was not sent.", strerror=reason_of(error)))
        key = (portal_name, self._directory_id or "", file.path.name, content)
        before = kept.last(*key)
        try:
            if before is not None and (code := await self._known(before, again)) is not None:
                return code
        except MijnKlantportaalError as error:
            return self._fail(words("it was not sent: {error}", error=in_words(error)), exit_code_of(error))
        try:
            kept.note(*key, state=Upload.BEGUN)
        except OSError as error:
            return self._fail(words("the record of uploads cannot be written: {error}. It was not sent.", error=error))
        return self._note(kept, key, await self._send())

    async def _known(self, before: Remembered, again: bool) -> ExitCode | None:
        """What is said of a file that was sent before; None if it is to be sent."""
        if before.state is Upload.NOT_DONE or (before.state is Upload.BEGUN and again):
            return None
        if before.state is Upload.BEGUN:
            return self._fail(
                words(
                    "it may have been sent before, and nobody knows whether it arrived; not sent now. {look}",
                    look=_LOOK,
                ),
                ExitCode.UNKNOWN,
            )
        try:
            found = await self._portal.get_file(before.identifier)
        except NotFoundError:
            if again:
                return None
            return self._fail(
                words(
                    "it was stored before as {identifier}, which is not there any more; not sent now. To send "
                    "it once more, say --again.",
                    identifier=before.identifier,
                )
            )
        return self._is_there(found, words("it is there already."))

    async def _send(self) -> tuple[Upload, str, ExitCode]:
        """Sends it. Says what came of it."""
        path = self._file.path
        try:
            with shown(self._terminal, path.name) as progress:
                call = self._portal.upload_file(path, directory_id=self._directory_id, progress=progress)
                code, stored = await outcome_of(call, UPLOAD_FILE, self._attempts.now, self._terminal)
        except CommandError as error:
            return self._stopped(error)
        except DecodeError as error:
            if error.identifier is None:
                return self._failed(error)
            self._show(error.identifier)
            self._fail(
                words(
                    "it was stored as {identifier}; the rest of the answer cannot be understood.",
                    identifier=error.identifier,
                )
            )
            return Upload.STORED, error.identifier, ExitCode.SOME_FAILED
        except MijnKlantportaalError as error:
            return self._failed(error)
        except (OSError, ValueError) as error:
            # Of the file; whatever is wrong with the way is an error of ours.
            return Upload.NOT_DONE, "", self._fail(words("it cannot be sent: {error}. It was not sent.", error=error))
        if not is_as_it_was(self._file):
            self._show(stored.id)
            return (
                Upload.BEGUN,
                "",
                self._fail(
                    words(
                        "it was changed while it was sent: nobody knows which bytes {id} has. Remove that in the "
                        "portal, and say --again.",
                        id=stored.id,
                    ),
                    ExitCode.UNKNOWN,
                ),
            )
        self.was_interrupted = code is not ExitCode.DONE
        return Upload.STORED, stored.id, max(code, self._is_there(stored, ""))

    def _is_there(self, found: FileOrDirectory, said: str) -> ExitCode:
        """Says where it is, and whether the portal has all of it."""
        self._show(found.id)
        if found.size is not None and found.size != self._file.size:
            return self._fail(
                words(
                    "it has {size} bytes, and of {id} the portal says {size_there}. Look at it there.",
                    size=self._file.size,
                    id=found.id,
                    size_there=found.size,
                )
            )
        if said:
            self._terminal.say(words("{path}: {said}", path=self._file.path, said=said))
        return ExitCode.DONE

    def _failed(self, error: MijnKlantportaalError) -> tuple[Upload, str, ExitCode]:
        if error.outcome in {Outcome.NOT_SENT, Outcome.REJECTED}:
            return Upload.NOT_DONE, "", self._fail(in_words(error), exit_code_of(error))
        why = phrase(error.message)
        return (
            Upload.BEGUN,
            "",
            self._fail(words("nobody knows whether it arrived: {why}. {look}", why=why, look=_LOOK), ExitCode.UNKNOWN),
        )

    def _stopped(self, error: CommandError) -> tuple[Upload, str, ExitCode]:
        self.was_interrupted = True
        if error.exit_code is ExitCode.UNKNOWN:
            why = words("interrupted while it was sent, and nobody knows whether it arrived")
            return Upload.BEGUN, "", self._fail(sentences(sentence(why), _LOOK), ExitCode.UNKNOWN)
        self._terminal.say(words("{path}: interrupted; it was not sent.", path=self._file.path), "yellow")
        return Upload.NOT_DONE, "", error.exit_code

    def _note(self, kept: UploadRecord, key: Sequence[str], came: tuple[Upload, str, ExitCode]) -> ExitCode:
        state, identifier, code = came
        if state is Upload.BEGUN:
            return code
        try:
            kept.note(*key, state=state, identifier=identifier)
        except OSError as error:
            return self._fail(
                words(
                    "this could not be noted in the record of uploads: {error}. The next run will say of the "
                    "file that nobody knows whether it arrived.",
                    error=error,
                ),
                max(code, ExitCode.SOME_FAILED),
            )
        return code

    def _show(self, identifier: str) -> None:
        self._terminal.show(f"{identifier}  {self._file.path}")

    def _fail(self, text: str, code: ExitCode = ExitCode.SOME_FAILED) -> ExitCode:
        self._terminal.fail(words("{path}: {text}", path=self._file.path, text=text))
        return code
