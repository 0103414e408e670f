"""`mijnklantportaal call`: reads the fields, asks before anything changes, makes the call, shows what came."""

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.addresses import check_base_url
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Request
from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.call import answer_view, request_view
from mijnklantportaal_async.cli.call.arguments import for_options, read_arguments, undocumented_choices
from mijnklantportaal_async.cli.call.catalog import NamedCoroutine
from mijnklantportaal_async.cli.call.fields import Field, comes_in_pages, fields_of
from mijnklantportaal_async.cli.call.settings import CallSettings
from mijnklantportaal_async.cli.call.under_way import Attempts, outcome_of
from mijnklantportaal_async.cli.call.walk import read_pages
from mijnklantportaal_async.cli.connection import OpenPortal, base_url_of, open_portal, zone_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError, exit_code_of, in_words
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.time_warnings import said_afterwards
from mijnklantportaal_async.cli.wording import in_command_words, with_local_times
from mijnklantportaal_async.texts.words import Changed, sentence, sentences, told_by, words


def call(settings: CallSettings, terminal: Terminal, coroutine: NamedCoroutine, given: Sequence[str]) -> ExitCode:
    """Makes one call.

    Args:
        settings: What stands before the operation.
        terminal: Where to show what comes.
        coroutine: The operation.
        given: What stands behind it.
    """
    if settings.all_pages and not comes_in_pages(coroutine):
        raise CommandError(
            words(
                "--all is for lists that come in pages, and {coroutine_name} is none. Nothing was sent.",
                coroutine_name=coroutine.name,
            )
        )
    zone, fields = zone_of(settings.connection), fields_of(coroutine)
    arguments = read_arguments(coroutine.name, given, fields, zone, settings.options)
    request = _request(coroutine, arguments, zone, fields)
    for note in undocumented_choices(arguments):
        terminal.say(words("Note: {note}", note=note), "yellow")
    if settings.dry_run:
        answer_view.show_request(_request_data(settings, request), terminal, settings.as_json)
        terminal.say(words("Nothing was sent (--dry-run)."))
        return ExitCode.DONE
    if coroutine.changes_the_portal:
        _ask(settings, terminal, request)
    return asyncio.run(_call(settings, terminal, coroutine, arguments))


def _request(
    coroutine: NamedCoroutine, arguments: Mapping[str, Any], zone: ZoneInfo, fields: Mapping[str, Field]
) -> Request:
    """What would be sent; whatever the coroutine refuses is refused here, before a key is asked for."""
    try:
        return asyncio.run(request_view.request_of(coroutine, arguments, zone))
    except (TypeError, ValueError) as error:
        said = Changed(told_by(error), lambda text: with_local_times(in_command_words(for_options(text, fields)), zone))
        raise CommandError(sentences(sentence(said), words("Nothing was sent."))) from error


def _request_data(settings: CallSettings, request: Request) -> dict[str, Any]:
    if settings.connection.sandbox:
        return request_view.as_data(request, "")
    try:
        return request_view.as_data(request, check_base_url(base_url_of(settings.connection)))
    except ValueError as error:
        raise CommandError(words("{error}. Nothing was sent.", error=error)) from error


def _ask(settings: CallSettings, terminal: Terminal, request: Request) -> None:
    if settings.yes or settings.connection.sandbox:
        return
    name = request.operation.name
    if not prompts.somebody_is_there():
        raise CommandError(
            words(
                "{name} changes the portal, and nobody is there to ask. To do it without a question, write "
                "--yes before the operation: mijnklantportaal call --yes {name} ... Nothing was sent.",
                name=name,
            )
        )
    answer_view.show_question(_request_data(settings, request), terminal)
    if not prompts.agrees(terminal, words("Go on?")):
        raise CommandError(words("Nothing was sent."), ExitCode.SOME_FAILED)


async def _call(
    settings: CallSettings, terminal: Terminal, coroutine: NamedCoroutine, arguments: Mapping[str, Any]
) -> ExitCode:
    attempts = Attempts()
    async with open_portal(settings.connection, terminal, hook=attempts.note) as opened:
        with said_afterwards(terminal):
            try:
                return await _answered(settings, terminal, coroutine, arguments, opened, attempts)
            except errors.DecodeError as error:
                terminal.fail(words("{error} This came:", error=in_words(error)))
                terminal.say(error.body.decode("utf-8", "replace")[: errors.EXCERPT_LENGTH])
                return exit_code_of(error)


async def _answered(
    settings: CallSettings,
    terminal: Terminal,
    coroutine: NamedCoroutine,
    arguments: Mapping[str, Any],
    opened: OpenPortal,
    attempts: Attempts,
) -> ExitCode:
    asked = coroutine.function(opened.portal, **arguments)
    if isinstance(asked, Pager):
        pager: Pager[Any] = asked  # pyright: ignore[reportUnknownVariableType]
        pages = await read_pages(pager, terminal, every_page=settings.all_pages)
        _show(pages.records, settings, terminal, coroutine, opened.zone)
        return pages.say_where_it_ends(terminal, coroutine.name)
    if not coroutine.changes_the_portal:
        _show(await asked, settings, terminal, coroutine, opened.zone)
        return ExitCode.DONE
    assert inspect.iscoroutine(asked)  # noqa: S101 - for the type checkers
    code, answer = await outcome_of(asked, coroutine.operation, attempts, terminal)
    opened.keep_open = opened.keep_open and code is ExitCode.DONE
    _show(answer, settings, terminal, coroutine, opened.zone)
    return code


def _show(answer: Any, settings: CallSettings, terminal: Terminal, coroutine: NamedCoroutine, zone: ZoneInfo) -> None:
    try:
        answer_view.show_answer(answer, terminal, settings.as_json, zone)
    except CommandError as error:
        done = (
            words("{coroutine_name} was done", coroutine_name=coroutine.name)
            if coroutine.changes_the_portal
            else words("Nothing was changed")
        )
        identifier = getattr(answer, "id", None)
        named = words("; its record is {identifier}", identifier=identifier) if identifier else ""
        raise CommandError(
            words("{error} {done}{named}.", error=error, done=done, named=named), error.exit_code
        ) from error
