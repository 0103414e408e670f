import re

import pytest
from example_files import EXAMPLES, PROJECT, ended

README = (EXAMPLES / "README.md").read_text()


async def test_schedules_lists_and_cancels() -> None:
    code, output, errors = await ended("quickstart.py")

    assert code == 0, errors
    assert re.fullmatch(
        r"Scheduled (apt_\w+): \w+day 14:30 to 16:00\n"
        r"Listed    \1: Sam de Vries, scheduled\n"
        r"Canceled  \1: canceled\n",
        output,
    )


@pytest.mark.parametrize(
    "example", ["quickstart", "fastapi_booking", "telegram_bot", "batch_from_csv", "move_practice"]
)
def test_the_readme_has_each_command(example: str) -> None:
    assert f"python examples/{example}.py" in README


def test_the_readme_names_files_that_exist() -> None:
    written = {"results.csv", "moved.html", "bookings-in-doubt.jsonl"}
    for name in re.findall(r"[\w/-]+\.(?:py|html|csv|ics|jsonl)\b", README):
        assert (PROJECT / name).exists() or (EXAMPLES / name).exists() or name in written, name
