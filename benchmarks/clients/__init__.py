"""The contenders. Each file has one way to schedule an appointment, and all do the same work over the same wire."""

from benchmarks.clients.contender import Contender
from benchmarks.clients.everyday import EVERYDAY
from benchmarks.clients.floor import FLOOR
from benchmarks.clients.hand_tuned import HAND_TUNED, HAND_TUNED_AGAIN
from benchmarks.clients.naive_stack import NAIVE_STACK
from benchmarks.clients.package import PACKAGE, PACKAGE_LONG, PACKAGE_WITHOUT_LIMIT

CONTENDERS = (
    HAND_TUNED,
    PACKAGE,
    PACKAGE_LONG,
    PACKAGE_WITHOUT_LIMIT,
    EVERYDAY,
    NAIVE_STACK,
    HAND_TUNED_AGAIN,
    FLOOR,
)

__all__ = [
    "CONTENDERS",
    "EVERYDAY",
    "FLOOR",
    "HAND_TUNED",
    "HAND_TUNED_AGAIN",
    "NAIVE_STACK",
    "PACKAGE",
    "PACKAGE_LONG",
    "PACKAGE_WITHOUT_LIMIT",
    "Contender",
]
