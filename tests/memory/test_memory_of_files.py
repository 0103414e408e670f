"""A file of any size takes the same memory, both ways."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from given import SECRET

SIZE = 200 << 20

RECORD = {
    "id": "fsf_1",
    "type": "file",
    "name": "a.bin",
    "size": 1,
    "mime": "application/octet-stream",
    "fileShareId": None,
    "createdAt": "2027-03-05T14:30:00+01:00",
}

CLIENT = """
import asyncio, json, sys
from pathlib import Path
from mijnklantportaal_async import FileContent, PortalSession

async def given(size):
    piece = bytes(100_000)
    for _ in range(size // len(piece)):
        yield piece
    yield bytes(size % len(piece))

async def main(api, link, key, folder, size):
    path = Path(folder, "up.bin")
    def used():
        # Not getrusage(): that counts what the parent had as well.
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
    grown = {}
    async with PortalSession(api_key=key, base_url=api, rate_limit=None) as portal:
        for bytes_, name in ((1 << 20, "small"), (size, "large")):
            with path.open("wb") as file:
                file.truncate(bytes_)
            before = used()
            await portal.upload_file(path)
            grown[f"path {name}"] = used() - before
            before = used()
            await portal.upload_file(given(bytes_), filename="a.bin")
            grown[f"iterator {name}"] = used() - before
            before = used()
            saved = await portal.save_file(f"{link}?size={bytes_}", Path(folder, "down.bin"), replace=True)
            assert saved.size == bytes_
            grown[f"down {name}"] = used() - before
    print(json.dumps(grown))

asyncio.run(main(*sys.argv[1:5], int(sys.argv[5])))
"""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes whatever comes and keeps nothing; gives as many bytes as are asked for."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            left = int(head.partition("content-length: ")[2].split("\r\n")[0] or 0)
            while left:
                left -= len(await reader.read(min(left, 1 << 18)))
            if head.startswith("post"):
                body = json.dumps(RECORD).encode()
                lead = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(lead.encode() + body)
                continue
            size = int(head.partition("?size=")[2].split()[0])
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            piece = bytes(1 << 18)
            while size:
                writer.write(piece[:size])
                size -= min(size, len(piece))
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
async def test_two_hundred_megabytes_take_no_more_memory_than_one(tmp_path: Path) -> None:
    """U17: read, kept and written in pieces; what a process once had is not counted again."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    arguments = [f"{origin}/v1", f"{origin}/a.bin", SECRET, str(tmp_path), str(SIZE)]
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, *arguments, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await client.communicate()
    server.close()
    grown: dict[str, int] = json.loads(said)
    large = {name: kib for name, kib in grown.items() if name.endswith("large")}
    assert len(large) == 3
    assert sum(large.values()) <= 16 * 1024, grown
