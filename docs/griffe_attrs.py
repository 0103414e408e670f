"""For the reference: arguments of attrs classes, which griffe cannot see."""

from typing import Any

import griffe


class AttrsExtension(griffe.Extension):
    """Gives each attrs class the `__init__` that attrs makes at run time."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Walks a package that was just read."""
        self._walk(pkg)

    def _walk(self, holder: griffe.Module | griffe.Class) -> None:
        for member in list(holder.members.values()):
            if isinstance(member, griffe.Module | griffe.Class):
                self._walk(member)
        if (
            isinstance(holder, griffe.Class)
            and "__init__" not in holder.members
            and _is_attrs(holder)
        ):
            _add_init(holder)


def _is_attrs(holder: griffe.Class) -> bool:
    return any(
        decorator.callable_path in {"attrs.frozen", "attrs.define"}
        for decorator in holder.decorators
    )


def _add_init(holder: griffe.Class) -> None:
    kind = griffe.ParameterKind
    keyword_only = any(
        "kw_only=True" in str(decorator.value)
        for decorator in holder.decorators
    )
    fields = [
        griffe.Parameter(
            field.name,
            annotation=field.annotation,
            kind=kind.keyword_only
            if keyword_only
            else kind.positional_or_keyword,
            default=field.value,
        )
        for field in holder.attributes.values()
        if field.annotation is not None and "init=False" not in str(field.value)
    ]
    this = griffe.Parameter("self", kind=kind.positional_or_keyword)
    parameters = griffe.Parameters(this, *fields)
    holder.set_member(
        "__init__",
        griffe.Function("__init__", parent=holder, parameters=parameters),
    )
