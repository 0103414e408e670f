"""One page about a job: what needs a look, what was rejected, the calendar of what was scheduled, the pace."""

from mijnklantportaal_async.batch.report.page import report_page

__all__ = ["report_page"]
