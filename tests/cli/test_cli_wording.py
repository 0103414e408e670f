"""Nobody who gives a command has to know Python: what the package says is put into the command's words."""

import inspect
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cli_support import Command

from mijnklantportaal_async import MijnKlantportaalError, Outcome, errors
from mijnklantportaal_async.cli.failures import in_words
from mijnklantportaal_async.cli.wording import in_command_words, with_local_times

OF_PYTHON = re.compile(
    r"Timeouts|ReconcilePolicy|\.body|\bbase_url|api_key|datetime|\.replace\(|tzinfo|\w\(\w*=|\[\d\]|arguments|\\[tn]"
)
KINDS = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, MijnKlantportaalError)]
SETTINGS: dict[str, dict[str, Any]] = {
    "PermissionDeniedError": {"scope": "appointments.write"},
    "ValidationError": {"errors": {"ends_at": ["No."]}},
    "RateLimitedError": {"retry_after": 42.0},
    "RateLimitWaitError": {"retry_after": 42.0},
    "DecodeError": {"problems": ("$.startsAt: missing",), "identifier": "apt_1"},
    "OutcomeUnknownError": {"how_to_check": "Look in the portal's calendar, or with list_appointments."},
}


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("kind", KINDS)
def test_no_error_speaks_python(kind: type[MijnKlantportaalError], outcome: Outcome) -> None:
    for settings in ({}, SETTINGS.get(kind.__name__, {})):
        said = in_words(kind("no answer", operation="schedule_appointment", outcome=outcome, **settings))

        assert not OF_PYTHON.search(said), said
        assert "list_appointments" not in said
        assert "call again" not in said.lower()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["schedule_appointment", "--name=x", "--starts-at=05-03-2027 14:30", "--ends-at=05-03-2027 14:30"],
            "--ends-at=05-03-2027 14:30 must lie after --starts-at=05-03-2027 14:30; are the two swapped, or does it "
            "end on the next day? Nothing was sent.",
        ),
        (["list_appointments", "--start-at=2027-03-05T14:30:15+02:00"], "--start-at=05-03-2027 13:30:15 is not on a"),
        (["create_file_share", "--content=fsf_1", "--content=cst_1"], "--content (number 2)='cst_1' is the id of"),
        (["create_customer_group", "--name=a\tb"], "--name holds a tab at position 2; remove it"),
        (["create_customer_group", "--name=a\nb"], "--name holds a line break at position 2; remove it"),
        (["create_webhook", f"--url={'x' * 70_000}", "--type=created"], f"--url='{'x' * 60}…' is not a URL"),
    ],
)
def test_a_refusal_is_said_in_the_words_of_the_command(command: Command, words: list[str], said: str) -> None:
    outcome = command("call", "--sandbox", *words)

    assert outcome.code == 2
    assert said in " ".join(outcome.messages.split())
    assert not OF_PYTHON.search(outcome.messages)


def test_what_was_written_stays_as_it_was_written() -> None:
    apostrophes = f"the portal's {'very ' * 20}long sentence is the portal's own"
    for text in ("'[1]' would be one text", "--name='a tab' is short", "2027-03-05 14:30 does not exist", apostrophes):
        assert with_local_times(in_command_words(text), ZoneInfo("Europe/Amsterdam")) == text
