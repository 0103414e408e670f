"""What a careful person would want to know about the rows of a file, in words."""

from collections.abc import Collection, Hashable, Sequence

from mijnklantportaal_async.files.records import Row

_MOST_NOTES = 5


def equal_rows(rows: Sequence[Row[Hashable]], thing: str, done: str) -> list[str]:
    """Names rows that are the same: each of them counts, and perhaps nobody meant that.

    Args:
        rows: The good ones.
        thing: What they are, as in `appointment`.
        done: What will become of them, as in `scheduled`.
    """
    lines: dict[tuple[Hashable, str | None], list[int]] = {}
    for row in rows:
        lines.setdefault((row.new, row.portal), []).append(row.line)
    several = [same for same in lines.values() if len(same) > 1]
    notes = [
        f"Lines {lines_in_words(same)} are the same {thing}: it will be {done} {len(same)} times."
        for same in several[:_MOST_NOTES]
    ]
    if (more := len(several) - _MOST_NOTES) > 0:
        notes.append(f"{more} more {thing}s stand in the file several times.")
    return notes


def lines_in_words(lines: Collection[int], most: int = 12) -> str:
    """Line numbers as a person would write them: `2-4, 7`."""
    spans: list[list[int]] = []
    for line in sorted(set(lines)):
        if spans and spans[-1][1] == line - 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:most]]
    left = sum(last - first + 1 for first, last in spans[most:])
    return ", ".join(words) + (f" and {left} more" if left else "")
