"""Pages that are files: each text stands in them as `[[text]]`, in the page as in its script."""

import html
import json
import re
from collections.abc import Callable

from mijnklantportaal_async.texts.language import Language

MARK = re.compile(r"\[\[(.+?)\]\]")

_SCRIPT = re.compile(r"(?<=<script>).*?(?=</script>)", re.DOTALL)


def page_in(language: Language, source: str) -> str:
    """A page in a language.

    Args:
        language: Which.
        source: The page, with its texts marked.
    """
    said = _SCRIPT.sub(lambda found: _marked(language, found[0], _in_script), source)
    return _marked(language, said, html.escape).replace('<html lang="en">', f'<html lang="{language.code}">', 1)


def _marked(language: Language, source: str, escaped: Callable[[str], str]) -> str:
    return MARK.sub(lambda found: escaped(language.template(found[1])), source)


def _in_script(text: str) -> str:
    """Between whatever quotation marks a script has."""
    said = json.dumps(text)[1:-1]
    return said.replace("'", "\\u0027").replace("`", "\\u0060").replace("$", "\\u0024").replace("<", "\\u003c")
