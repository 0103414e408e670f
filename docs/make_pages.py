"""Writes what the pages say of every operation: `python docs/make_pages.py`.

The tables of whole-api.md, and a page for each tag in reference/. A test holds
them against the code.
"""

import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType

from mijnklantportaal_async import PortalSession, models
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.wire import Effect, Look, Operation, Reread

DOCS = Path(__file__).parent
BEGIN, END = "<!-- made by docs/make_pages.py -->\n", "<!-- until here -->\n"

# An appointment's moments depend on the zone: it has a finder of its own.
APPOINTMENT = (
    "`list_appointments`",
    "the same start, end and person",
    "taken",
    "sent again",
)

EFFECTS = {
    Effect.READ: "reads",
    Effect.SET: "sets",
    Effect.ADD: "adds to a set",
    Effect.REMOVE: "removes",
    Effect.CREATE: "creates",
    Effect.ONCE: "once only",
}


def tags() -> list[type[Operations]]:
    """The classes of `api/`, in the order of the service's reference."""
    return [kind for kind in PortalSession.__bases__ if operations_of(kind)]


def title_of(tag: type[Operations]) -> str:
    """What the service calls the tag."""
    return (
        (module_of(tag).__doc__ or "").partition("The ")[2].partition(" API")[0]
    )


def module_of(tag: type[Operations]) -> ModuleType:
    """The file of a tag."""
    return import_module(tag.__module__)


def page_of(tag: type[Operations]) -> str:
    """The name of its page."""
    return tag.__module__.rpartition(".")[2].replace("_", "-") + ".md"


def operations_of(tag: type[Operations]) -> dict[str, Operation]:
    """Its operations by the names of its coroutines, in the service's order."""
    constants = vars(module_of(tag)).values()
    known = {
        item.name: item for item in constants if isinstance(item, Operation)
    }
    return {name: known[name] for name in vars(tag) if name in known}


# --- Tables ------------------------------------------------------------------


def row(*cells: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |\n"


def table_of_operations() -> str:
    """Every operation, with what sending it twice would do."""
    text = row("Tag", "Coroutine", "Request", "Effect", "Scope, by meaning")
    text += row(*["---"] * 5)
    for tag in tags():
        link = f"[{title_of(tag)}](reference/{page_of(tag)})"
        for name, operation in operations_of(tag).items():
            request = f"`{operation.method} {operation.path}`"
            scope = f"`{operation.scope}`" if operation.scope else "none known"
            effect = EFFECTS[operation.effect]
            text += row(link, f"`{name}`", request, effect, scope)
    return text


def table_of_looks() -> str:
    """What must not be done twice, and what a lost answer comes to."""
    text = row(
        "Coroutine", "Looks with", "Ours has", "One alike is", "None alike is"
    )
    text += row(*["---"] * 5)
    for tag in tags():
        for name, operation in operations_of(tag).items():
            if not operation.effect.may_repeat:
                text += row(f"`{name}`", *look_of(operation))
    return text


def look_of(operation: Operation) -> tuple[str, str, str, str]:
    """The cells of an operation in the table of looks."""
    look = operation.look
    if operation.name == "schedule_appointment":
        return APPOINTMENT
    if isinstance(look, Look):
        shown = names(look.fields)
        rule = f"the same {shown}, and whatever else was sent and it shows"
        for name, value in look.left_out.items():
            rule += f"; without `{name}`: {str(value).lower()}"
        taken = "taken" if look.is_proof and look.made else "unknown"
        return f"`{look.listing.name}`", rule, taken, "sent again"
    if isinstance(look, Reread):
        rule = f"what was asked; not done while {names(look.fields)} stay empty"
        return f"`{look.reading.name}`", rule, "taken", "sent again"
    return "nothing", operation.check_by_hand, "unknown", "unknown"


def names(fields: tuple[str, ...]) -> str:
    """Such as `url`, `type`."""
    return ", ".join(f"`{field}`" for field in fields)


# --- Pages of the reference --------------------------------------------------


def reference_page(tag: type[Operations]) -> str:
    """What a tag's coroutines take and return."""
    module = module_of(tag)
    about = (module.__doc__ or "").split("\n\n")
    text = f"# {title_of(tag)}\n\n{about[0]}\n\n"
    text += f"::: {tag.__module__}.{tag.__name__}\n"
    text += "    options:\n      show_root_heading: false\n"
    text += "      heading_level: 2\n      inherited_members: false\n"
    homes = [tag.__module__.rpartition(".")[2]]
    homes += ["file_content"] if homes == ["files"] else []
    found = [name for home in homes for name in named_in(home)]
    for name in found:
        text += f"\n::: mijnklantportaal_async.{name}\n    options:\n"
        text += "      heading_level: 2\n      show_if_no_docstring: true\n"
    return text


def named_in(home: str) -> list[str]:
    """The models of a file, in its order."""
    module = import_module(f"{models.__name__}.{home}")
    own = inspect.getmembers(module, inspect.isclass)
    written = [name for name, kind in own if kind.__module__ == module.__name__]
    lines = inspect.getsource(module)
    return sorted(
        written, key=lambda name: lines.index(f"\nclass {name}("[:-1])
    )


def pages() -> dict[Path, str]:
    """Every page that is made, with its text."""
    made = {
        DOCS / "reference" / page_of(tag): reference_page(tag) for tag in tags()
    }
    whole = DOCS / "whole-api.md"
    head, _, rest = whole.read_text(encoding="utf-8").partition(BEGIN)
    middle = "\n## Operations\n\n" + table_of_operations()
    middle += "\n## Looks\n\n" + table_of_looks() + "\n"
    made[whole] = head + BEGIN + middle + END + rest.partition(END)[2]
    return made


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
