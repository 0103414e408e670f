"""For the reference: what every coroutine can raise is said once, in the docstring of `Operations`, and shown with each."""

import re
from typing import Any

import griffe

API = "mijnklantportaal_async.api"
PARENT = "mijnklantportaal_async.calling.operations.Operations"


class ErrorsExtension(griffe.Extension):
    """Adds to each coroutine of `api/` the common errors that it does not name itself."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Walks the package that was just read."""
        if pkg.path != "mijnklantportaal_async":
            return
        common = _raises(pkg["calling.operations.Operations"].docstring.value)
        for module in pkg["api"].modules.values():
            for holder in module.classes.values():
                for function in holder.functions.values():
                    if not function.name.startswith("_") and function.docstring:
                        _add(function, common)


def _raises(text: str) -> dict[str, str]:
    """Errors with what is said of each, from a docstring's section."""
    section = text.partition("Raises:\n")[2]
    section = re.split(r"\n\n(?=\S)", section)[0]
    return {
        entry.split(":")[0]: entry
        for entry in re.findall(
            r"^ {4}(\w+:.*(?:\n {8}.*)*)", section, re.MULTILINE
        )
    }


def _add(function: griffe.Function, common: dict[str, str]) -> None:
    text = function.docstring.value
    own = _raises(text)
    left_out = (
        set(own)
        if "Pager" in str(function.returns)
        else {*own, "PaginationError"}
    )
    added = "\n".join(
        f"    {entry}" for name, entry in common.items() if name not in left_out
    )
    if own:
        text = text.replace("Raises:\n", f"Raises:\n{added}\n", 1)
    else:
        body, _, source = text.rpartition("Source: ")
        text = f"{body}Raises:\n{added}\n\nSource: {source}"
    function.docstring.value = text
