"""How many of something, in words."""

from mijnklantportaal_async.texts.words import counted


def in_number(count: int, noun: str) -> str:
    """As in `1 row`, `2 rows`.

    Raises:
        ValueError: Nobody knows several of those.
    """
    match noun:
        case "appointment":
            return counted("{count:,} appointment", "{count:,} appointments", count)
        case "bad row":
            return counted("{count:,} bad row", "{count:,} bad rows", count)
        case "customer":
            return counted("{count:,} customer", "{count:,} customers", count)
        case "day":
            return counted("{count:,} day", "{count:,} days", count)
        case "equal row":
            return counted("{count:,} equal row", "{count:,} equal rows", count)
        case "file":
            return counted("{count:,} file", "{count:,} files", count)
        case "good row":
            return counted("{count:,} good row", "{count:,} good rows", count)
        case "job":
            return counted("{count:,} job", "{count:,} jobs", count)
        case "key":
            return counted("{count:,} key", "{count:,} keys", count)
        case "lost answer":
            return counted("{count:,} lost answer", "{count:,} lost answers", count)
        case "more row":
            return counted("{count:,} more row", "{count:,} more rows", count)
        case "operation":
            return counted("{count:,} operation", "{count:,} operations", count)
        case "page":
            return counted("{count:,} page", "{count:,} pages", count)
        case "record":
            return counted("{count:,} record", "{count:,} records", count)
        case "request":
            return counted("{count:,} request", "{count:,} requests", count)
        case "row":
            return counted("{count:,} row", "{count:,} rows", count)
        case _:
            raise ValueError(f"{noun!r} is not counted")
