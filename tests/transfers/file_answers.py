"""What hosts of files answer, whole and otherwise, and the links that lead to them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from byte_server import ByteServer, Conversation, Step
from given import MakePortal

from mijnklantportaal_async import (
    CloudFile,
    FileOrDirectory,
    FileType,
)

CONTENT = bytes(range(251)) * 2000
SIGNED = "/b/a.pdf?X-Signature=s3cr3t-of-the-link%2Fa%20b"


def gives(body: bytes = CONTENT, status: int = 200, **headers: str) -> Step:
    async def step(talk: Conversation) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        await talk.answer(status, body, {"Content-Type": "application/pdf"} | told)

    return step


def cut(at: int, body: bytes = CONTENT, **headers: str) -> Step:
    """Promises all of it, and brings some."""

    async def step(talk: Conversation) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        await talk.answer(200, body[:at], {"Content-Length": str(len(body))} | told)
        talk.writer.close()

    return step


def part(start: int, total: int = len(CONTENT), body: bytes | None = None, **headers: str) -> Step:
    whole = CONTENT[start:] if body is None else body
    return gives(whole, 206, Content_Range=f"bytes {start}-{total - 1}/{total}", **headers)


def record(**changes: Any) -> FileOrDirectory:
    made = {"id": "fsf_1", "type": FileType.FILE, "name": "a.pdf", "mime": "application/pdf", "size": len(CONTENT)}
    return FileOrDirectory(**made | {"created_at": datetime(2027, 3, 5, tzinfo=UTC)} | changes)


def link_to(server: ByteServer, path: str = SIGNED) -> CloudFile:
    return CloudFile(link=server.origin + path, expires_at=datetime(2027, 3, 5, tzinfo=UTC))


def portal_with_links(*servers_and_paths: tuple[ByteServer, str]) -> Step:
    """A portal that makes links, one after the other."""
    made = list(servers_and_paths)

    async def step(talk: Conversation) -> None:
        server, path = made.pop(0) if len(made) > 1 else made[0]
        link = {"link": server.origin + path, "expiresAt": "2027-03-05T14:30:00+01:00"}
        await talk.answer(200, link)

    return step


def is_empty_but(folder: Path, *names: str) -> bool:
    return {entry.name for entry in folder.iterdir()} == set(names)


async def saved(make_portal: MakePortal, folder: Path, *steps: Step) -> tuple[bytes, list[str]]:
    """What is on the disk in the end, and the ranges that were asked for."""
    async with ByteServer(*steps) as server:
        await make_portal(server.url).save_file(link_to(server), folder / "x.pdf")
        assert is_empty_but(folder, "x.pdf")
        return (folder / "x.pdf").read_bytes(), [came.headers.get("range", "") for came in server.came]
