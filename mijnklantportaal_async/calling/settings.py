"""Settings of a session as they are given, checked at once."""

from mijnklantportaal_async.calling.attempt import CallOptions
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.reconcile import ReconcilePolicy
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.values.checks import check_setting

USER_AGENT = "mijnklantportaal-async/0.1.0"


def check_options(
    *, timeouts: Timeouts, retry: RetryPolicy, reconcile: ReconcilePolicy | None, priority: Priority
) -> CallOptions:
    """What `PortalSession` and `with_options` are given.

    Raises:
        TypeError: One is of another type.
        ValueError: There is no such priority.
    """
    if reconcile is not None and not isinstance(reconcile, ReconcilePolicy):
        raise TypeError(
            f"reconcile must be a ReconcilePolicy or None, not {type(reconcile).__name__}: {reconcile!r}; "
            "leave it out to look what became of a lost call, give None to raise instead"
        )
    return CallOptions(
        timeouts=check_setting(timeouts, Timeouts, "timeouts", "Timeouts(call=30)"),
        retry=check_setting(retry, RetryPolicy, "retry", "RetryPolicy(attempts=3)"),
        reconcile=reconcile,
        priority=Priority(priority),
    )


def full_user_agent(given: str | None) -> str:
    """The user's name for a program before our own.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It could not be a header's value.
    """
    if given is None:
        return USER_AGENT
    if not isinstance(given, str):
        raise TypeError(f"user_agent must be a str, not {type(given).__name__}: {given!r}")
    if not given.isascii() or not given.isprintable():
        raise ValueError(f"user_agent={given!r} must be printable ASCII")
    return f"{given} {USER_AGENT}"
