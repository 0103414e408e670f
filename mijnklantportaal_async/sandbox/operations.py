"""What it takes to play an operation of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsonschema import Draft202012Validator

    from mijnklantportaal_async.sandbox.answers import Answer
    from mijnklantportaal_async.sandbox.contract import ContractOperation


@attrs.frozen(kw_only=True)
class OperationCall:
    """One call of one operation."""

    operation: ContractOperation
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str
    now: float
    """The portal's UNIX time."""

    def body_validator(self) -> Draft202012Validator:
        """Return what judges the body by the contract."""
        if self.operation.body_validator is None:
            raise LookupError(f"the contract has no body for {self.operation.id}")
        return self.operation.body_validator


@attrs.frozen
class PlayedOperation:
    """An operation that the sandbox plays, with the scope that it needs."""

    scope: str
    play: Callable[[OperationCall], Answer]
