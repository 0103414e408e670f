"""From the data to one HTML page. Jinja2 is imported when the first page is made."""

from __future__ import annotations

import functools
import hashlib
import re
import shlex
from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

from mijnklantportaal_async.batch.report.moments import moment_in_words
from mijnklantportaal_async.batch.report.pace_plot import plot_of
from mijnklantportaal_async.batch.report.sections import identifier_of
from mijnklantportaal_async.batch.report.view import view_of
from mijnklantportaal_async.batch.results import JobSummary, RowResult
from mijnklantportaal_async.texts.language import ENGLISH, Language
from mijnklantportaal_async.texts.words import Words, counted, words

if TYPE_CHECKING:
    from jinja2 import Template

OPEN_CALENDAR = 120
"""Up to so many appointments, all months are unfolded at first; with more, the first one of each portal."""

OPEN_ROWS = 30
"""Up to so many rows, a list is unfolded at first."""

_A_MONDAY = date(2024, 1, 1)
_WIDE, _NARROW = 960.0, 340.0

# Characters that no HTML document may hold, or no file in UTF-8.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def report_page(job: JobSummary, rows: Sequence[RowResult], *, made_at: datetime, language: Language = ENGLISH) -> str:
    """A page about a job, to read on a screen or on paper: one file that loads nothing else.

    Args:
        job: The job.
        rows: Its rows, in any order. The page tells when they are not as many as the job counts.
        made_at: As of when, aware.
        language: In which it speaks.

    Returns:
        The whole HTML document, to be written as UTF-8.

    Raises:
        TypeError: `made_at` is not a datetime.
        ValueError: `made_at` is naive, or a portal's timezone is not one.
        ModuleNotFoundError: Jinja2 is not installed; it comes with the extra `batch`.
    """
    view = view_of(job, rows, made_at=made_at)
    plots = () if view.pace is None else (plot_of(view.pace, "wide", _WIDE), plot_of(view.pace, "narrow", _NARROW))
    style, script = _asset("style.css"), _asset("script.js")
    return _template(language.code).render(
        view=view,
        plots=plots,
        style=style,
        script=script,
        policy=_policy(style, script),
        language=language,
        job_word=shlex.quote(view.job),
        words=words,
        counted=counted,
        number=_number,
        week_names=[words("{day:%a}", day=_A_MONDAY + timedelta(days=place)) for place in range(7)],
        identifier_of=identifier_of,
        moment_in_words=moment_in_words,
        open_rows=OPEN_ROWS,
        opens_all_months=view.scheduled <= OPEN_CALENDAR,
    )


def _number(count: int) -> Words:
    return words("{count:,}", count=count)


@functools.cache
def _template(code: str) -> Template:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_asset),
        finalize=partial(_as_text, Language(code)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _as_text(language: Language, value: object) -> object:
    """Whatever is put into the page passes here, before it is escaped."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        value = language.of(value)
    if isinstance(value, str) and _NOT_TEXT.search(value):
        return _NOT_TEXT.sub("\ufffd", value)
    return value


def _policy(style: str, script: str) -> str:
    """Nothing but the page's own style and script may run, and nothing can be loaded or sent."""
    style_hash, script_hash = (b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    return (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@functools.cache
def _asset(name: str) -> str:
    return (resources.files(__name__.rpartition(".")[0]) / "assets" / name).read_text(encoding="utf-8")
