"""Yes and no as programs write them, in English and Dutch; and what people write for nothing."""


def listed(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


_YES = listed("true yes ja y j 1 waar x wahr oui vrai on aan ein checked √ ✓ ✔")
_NO = listed("false no nee n 0 onwaar nein non faux falsch off uit aus unchecked none geen nooit never null")
_NOTHING = listed(
    "- -- --- . / n.v.t. nvt n.v.t n/a n.a. na#a #n.v.t. null none nil onbekend unknown geen (leeg) (blank) (geen) "
    "(none) (onbekend) ?"
)


def truth_of(text: str) -> bool | None:
    """Whether a cell says yes or no; None when it says something else."""
    word = text.strip().casefold()
    if not word or word in _NO or word in _NOTHING:
        return False
    return True if word in _YES else None


def says_nothing(text: str) -> bool:
    """Whether a cell holds what people write for nothing: a dash, `n.v.t.`, `onbekend`."""
    return text.casefold() in _NOTHING
