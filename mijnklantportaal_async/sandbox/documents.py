"""What the portal keeps: JSON documents, each in the list that it stands in, and the bytes of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.database import Database

Document: TypeAlias = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    list TEXT NOT NULL,
    status TEXT,
    begins INTEGER,
    ends INTEGER,
    document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_by_list ON documents (list, number);
CREATE INDEX IF NOT EXISTS documents_by_status ON documents (list, status);
CREATE INDEX IF NOT EXISTS documents_by_begin ON documents (list, begins, number);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL
);
"""


class Documents:
    """The documents of one portal. A list is named by its path: `/customers`, `/punch-cards/pcd_1/issued`.

    A document is what the API answers, and may have more keys: those that the contract does not know are never shown.
    `begins` and `ends`, UNIX times, are for those that are looked up by when they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_SCHEMA)
        self.version = 0
        """Goes up with every change that is made through this object."""

    def add(self, path: str, document: Document) -> Document:
        """Put a document at the end of a list."""
        self._database.run(
            "INSERT INTO documents (id, list, status, begins, ends, document) VALUES (?, ?, ?, ?, ?, ?)",
            (document["id"], path, *_keys(document), orjson.dumps(document)),
        )
        self.version += 1
        return document

    def put(self, document: Document) -> Document:
        """Keep a document that is there already as it is now."""
        self._database.run(
            "UPDATE documents SET status = ?, begins = ?, ends = ?, document = ? WHERE id = ?",
            (*_keys(document), orjson.dumps(document), document["id"]),
        )
        self.version += 1
        return document

    def get(self, identifier: str, path: str | None = None) -> Document | None:
        """Return one document, if there is one; with `path`, only if it stands in that list."""
        rows = self._database.run("SELECT document, list FROM documents WHERE id = ?", (identifier,))
        return orjson.loads(rows[0][0]) if rows and path in (None, rows[0][1]) else None

    def path_of(self, identifier: str) -> str | None:
        """Return the path of a document, if there is one."""
        rows = self._database.run("SELECT list FROM documents WHERE id = ?", (identifier,))
        return f"{rows[0][0]}/{identifier}" if rows else None

    def all(self, path: str) -> list[Document]:
        """Return a whole list, in order of creation."""
        return self._select("WHERE list = ? ORDER BY number", (path,))

    def some(self, path: str, skip: int, most: int, *, newest_first: bool) -> list[Document]:
        """Return a part of a list."""
        order = "DESC" if newest_first else "ASC"
        return self._select(f"WHERE list = ? ORDER BY number {order} LIMIT ? OFFSET ?", (path, most, skip))

    def between(self, path: str, begins_from: int, begins_before: int) -> list[Document]:
        """Return what begins in a window, in order of beginning."""
        clause = "WHERE list = ? AND begins >= ? AND begins < ? ORDER BY begins, number"
        return self._select(clause, (path, begins_from, begins_before))

    def overlapping(self, path: str, begins: int, ends: int, most: int) -> list[Document]:
        """Return the first `most` that have a part in a window, in order of beginning."""
        clause = "WHERE list = ? AND begins < ? AND ends > ? ORDER BY begins, number LIMIT ?"
        return self._select(clause, (path, ends, begins, most))

    def counts(self, path: str) -> dict[str, int]:
        """Return how many documents of a list there are of each status."""
        return dict(
            self._database.run("SELECT status, count(*) FROM documents WHERE list = ? GROUP BY status", (path,))
        )

    def lists(self) -> dict[str, int]:
        """Return every list that has something in it, with how much, in order of their beginning."""
        rows = self._database.run("SELECT list, count(*) FROM documents GROUP BY list ORDER BY min(number)")
        return dict(rows)

    def keep_file(self, identifier: str, name: str, media_type: str, content: bytes) -> None:
        """Keep the bytes of a file, under the id of the record that it belongs to."""
        row = (identifier, name, media_type, content)
        self._database.run("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", row)

    def file(self, identifier: str) -> tuple[str, str, bytes] | None:
        """Return the name, media type and bytes of a record's file."""
        rows = self._database.run("SELECT name, media_type, content FROM files WHERE id = ?", (identifier,))
        return rows[0] if rows else None

    def is_empty(self) -> bool:
        """Tell whether there is no document at all."""
        return not self._database.run("SELECT 1 FROM documents LIMIT 1")

    def clear(self) -> None:
        """Remove everything."""
        self._database.run("DELETE FROM documents")
        self._database.run("DELETE FROM files")
        self.version += 1

    def _select(self, clause: str, values: tuple[object, ...]) -> list[Document]:
        rows = self._database.run(f"SELECT document FROM documents {clause}", values)  # noqa: S608 - constants
        return [orjson.loads(row[0]) for row in rows]


def _keys(document: Document) -> tuple[Any, Any, Any]:
    return document.get("status"), document.get("begins"), document.get("ends")
