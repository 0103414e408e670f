"""A column of texts that are said to people, in whatever language they read."""

from typing import Any

import sqlalchemy

from mijnklantportaal_async.texts.kept import as_kept, told


class SaidText(sqlalchemy.TypeDecorator[str]):
    """Text in English, with what another language needs behind it."""

    impl = sqlalchemy.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """As the database keeps it."""
        return None if value is None else as_kept(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """As it was said."""
        return None if value is None else told(value)
