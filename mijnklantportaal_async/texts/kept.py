"""Texts in a database: in English for whoever looks into it, and behind that the parts which another language needs."""

import json
from datetime import datetime
from typing import Any

from mijnklantportaal_async.texts.words import Changed, Sentences, Text, Words, phrase, sentence

_MARK = "\x1e"
_LONGEST = 2000
"""Bytes, with the parts: no index of a database takes more than 2,700."""
_CHANGES = {"phrase": phrase, "sentence": sentence}


def as_kept(text: str) -> str:
    """A text as it is written down."""
    if not isinstance(text, Text):
        return text
    kept = f"{text}{_MARK}{json.dumps(_parts_of(text), ensure_ascii=False)}"
    return kept if len(kept.encode("utf-8", "surrogatepass")) <= _LONGEST else str(text)


def told(kept: str) -> str:
    """A text that was written down."""
    english, mark, parts = kept.partition(_MARK)
    if not mark:
        return kept
    try:
        text = _made_of(json.loads(parts))
    except (ValueError, LookupError, TypeError, AttributeError):
        return english
    # Whatever another version means by the parts: this is what was said.
    return text if text == english else english


def _parts_of(value: object) -> Any:
    match value:
        case Words():
            values = {name: _parts_of(part) for name, part in value.values.items()}
            return {"said": value.template, "several": value.plural, "count": value.number, "values": values}
        case Sentences():
            return {"texts": [_parts_of(part) for part in value.parts], "between": _parts_of(value.separator)}
        case Changed():
            names = [name for name, change in _CHANGES.items() if change(value.text) == value]
            return {"changed": names[0], "text": _parts_of(value.text)} if names else str(value)
        case datetime():
            return {"at": value.isoformat()}
        case bool() | int() | float() | None:
            return value
        case _:
            return str(value)


def _made_of(parts: Any) -> Any:
    match parts:
        case {"said": template, "several": plural, "count": number, "values": values}:
            return Words(template, {name: _made_of(part) for name, part in values.items()}, plural, number)
        case {"texts": texts, "between": separator}:
            return Sentences([_made_of(part) for part in texts], _made_of(separator))
        case {"changed": name, "text": text}:
            return _CHANGES[name](_made_of(text))
        case {"at": moment}:
            return datetime.fromisoformat(moment)
        case _:
            return parts
