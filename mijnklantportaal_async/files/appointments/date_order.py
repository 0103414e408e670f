"""Whether dates such as 03/04/2027 begin with the day or the month, as all dates of a file show together."""

from collections.abc import Iterable

from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.dates import numbers_in
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.questions import About, Answer, Question
from mijnklantportaal_async.files.records import FileQuestionError
from mijnklantportaal_async.files.times import has_half_day


def month_comes_first(cells: Iterable[str], choices: Choices, *, is_dutch: bool, hint: str = "") -> bool:
    """Whether the month comes first in the dates of a file.

    Args:
        cells: Whatever stands in its columns of dates and times.
        choices: What a person said.
        is_dutch: Whether the file shows that a Dutch program made it.
        hint: What a header says of its dates, such as `dd-mm-jjjj`.

    Raises:
        FileQuestionError: The file leaves it open.
    """
    if (said := choices.get("dates")) is not None:
        return said == "month-first"
    if hint.casefold().startswith(("d", "m")) and "y" in hint.casefold().replace("j", "y"):
        return hint.casefold().startswith("m")
    day_shown = month_shown = american = False
    doubtful = ""
    for cell in cells:
        if (numbers := numbers_in(cell)) is None:
            continue
        first, mark, second = numbers
        if first > 12 >= second:
            day_shown = True
        elif second > 12 >= first:
            month_shown, doubtful = True, cell
        elif first != second and (mark == "/" or has_half_day(cell)):
            american, doubtful = True, doubtful or cell
    # Both in one file: the dates are the Dutch ones, and the others slips that the rows refuse.
    if day_shown or not (month_shown or (american and not is_dutch)):
        return False
    first_words = (
        "shows dates with the month first"
        if month_shown
        else "does not show whether its dates begin with the day or the month"
    )
    likeliest = (_MONTH, _DAY) if month_shown else (_DAY, _MONTH)
    raise FileQuestionError(
        Question(
            about=About.DATES,
            text=f"The file {first_words}, as in {shown_value(doubtful.strip())!r}.",
            answers=likeliest,
        )
    )


_DAY = Answer(value="day-first", meaning="03/04/2027 is the third of April")
_MONTH = Answer(value="month-first", meaning="03/04/2027 is the fourth of March")
