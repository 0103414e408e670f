"""One chaos run in figures."""

from collections import Counter

import attrs
from chaos_judge import Verdict
from chaos_plan import ChaosPlan


@attrs.frozen(kw_only=True)
class Report:
    """What was done to a run, and what came of it."""

    plan: ChaosPlan
    database: str
    verdict: Verdict
    kills: int
    freezes: int
    submitter_kills: int
    leases_lost: int
    """Workers that were told that others have taken over."""
    crashes: list[str]
    faults: Counter[str]
    requests: int
    refused: int
    """429s that the portals meant: not those that they made up."""
    seconds: float
    """Of the machine, from the first submission to the last row."""

    def __str__(self) -> str:
        figures = {
            "database": self.database,
            "flow": self.plan.flow,
            "seed": self.plan.seed,
            "rows": self.plan.rows,
            "kills": self.kills,
            "freezes": self.freezes,
            "submitter kills": self.submitter_kills,
            "leases lost": self.leases_lost,
            "requests": self.requests,
            "faults": self.faults.total(),
            "429s": self.refused,
            "duplicates": self.verdict.duplicates,
            "lost": self.verdict.lost,
            "mixed up": self.verdict.mixed_up,
            "wrong ids": self.verdict.wrong_ids,
            "unknown": self.verdict.unknown,
            "rejected": self.verdict.rejected,
            "unfinished": self.verdict.unfinished,
            "seconds": f"{self.seconds:.0f}",
        }
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        lines = [" | ".join(f"{name} {value}" for name, value in figures.items()), f"  faults: {faults or 'none'}"]
        return "\n".join([*lines, *self.verdict.complaints, *self.crashes])
