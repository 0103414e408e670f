"""Amounts of money as people write them. What could be read in two ways is refused."""

import re
from decimal import Decimal

from mijnklantportaal_async.files.printable import shown_value

_PLAIN = re.compile(r"-?\d+(?:[.,]\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(?:(?:\.\d{3})+,|(?:,\d{3})+\.)\d{2}", re.ASCII)
_AMBIGUOUS = re.compile(r"-?\d+(?:[.,]\d{3})+", re.ASCII)


def read_amount(text: str) -> Decimal:
    """An amount such as `12,95`, `12.95`, `1000` or, in full, `1.234,56`.

    Raises:
        ValueError: It is none, or could be another one; the message says what to write.
    """
    written = text.strip()
    if _PLAIN.fullmatch(written):
        return Decimal(written.replace(",", "."))
    if _GROUPED.fullmatch(written):
        return Decimal(written[:-3].replace(".", "").replace(",", "") + "." + written[-2:])
    if _AMBIGUOUS.fullmatch(written):
        digits = int(re.sub(r"[.,]", "", written))
        raise ValueError(
            f"{shown_value(text)!r} could be {digits} or an amount with three decimals; write {digits} or {digits},00"
        )
    raise ValueError(f"{shown_value(text)!r} is not an amount; write it as 12,95 or 1.234,56")
