"""Why a cell is no moment or length of time."""


class MomentError(ValueError):
    """A cell that is no date or time, or none that has one meaning; its text says what to write."""


class MonthFirstError(MomentError):
    """A date that makes sense only with the month before the day, so that others of the file may be meant so too."""
