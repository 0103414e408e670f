"""Shows what a call answers or would send: a table for people at a terminal, JSON for programs."""

from typing import Any
from zoneinfo import ZoneInfo

from mijnklantportaal_async.cli.call import records
from mijnklantportaal_async.cli.json_output import as_json_text, show_json
from mijnklantportaal_async.cli.numbers import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.texts.words import sentence, words


def show_answer(answer: Any, terminal: Terminal, as_json: bool | None, zone: ZoneInfo) -> None:
    """Shows a record or a list of them.

    Args:
        answer: What the coroutine returned.
        terminal: Where.
        as_json: JSON or tables; None for tables on a terminal.
        zone: The portal's zone, in which tables have their times.

    Raises:
        CommandError: It cannot be written.
    """
    if _is_json_wanted(terminal, as_json):
        show_json(terminal, records.as_data(answer))
    elif isinstance(answer, list):
        _show_list(answer, terminal, zone)  # pyright: ignore[reportUnknownArgumentType]
    elif records.is_record(answer):
        terminal.show(records.record_card(answer, zone))
    else:
        terminal.say(words("Done.") if answer is None else str(answer))


def show_request(request: dict[str, Any], terminal: Terminal, as_json: bool | None) -> None:
    """Shows what would be sent: as a document, or as lines to read."""
    if _is_json_wanted(terminal, as_json):
        show_json(terminal, request)
    else:
        terminal.show(_request_in_lines(request))


def show_question(request: dict[str, Any], terminal: Terminal) -> None:
    """Shows beside the result what is about to be sent."""
    terminal.say(words("{request} changes the portal. This is sent:", request=request["operation"]), "bold")
    terminal.say(_request_in_lines(request))


def _is_json_wanted(terminal: Terminal, as_json: bool | None) -> bool:
    return not terminal.output.is_terminal if as_json is None else as_json


def _show_list(answer: list[Any], terminal: Terminal, zone: ZoneInfo) -> None:
    if answer:
        table, left_out = records.record_table(answer, zone, terminal.output.width)
        terminal.show(table)
        if left_out:
            terminal.say(
                words("Left out, for want of room; --json has all: {left_out}.", left_out=", ".join(left_out)), "dim"
            )
    terminal.say(sentence(in_number(len(answer), "record")))


def _request_in_lines(request: dict[str, Any]) -> str:
    lines = f"{request['method']} {request['url']}"
    if "body" in request:
        lines += f"\n{request['content_type']}\n{as_json_text(request['body'], ascii_only=False)}"
    return lines
