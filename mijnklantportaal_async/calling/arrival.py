"""What a host of files answers: what it says of the file, and whether it goes on where another answer broke off."""

import base64
import re
import zlib
from collections.abc import Iterator, Mapping

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_SUM_HEADERS = ("Content-MD5", "x-amz-checksum-sha256", "Digest", "Repr-Digest", "Content-Digest", "x-goog-hash")
_STRONG_TAG = re.compile(r'"[^"]*"')
_PACKED = re.compile(r"\.(gz|tgz)$", re.I)
_PACKED_TYPES = frozenset({"application/gzip", "application/x-gzip", "application/x-tar", "application/x-gtar"})
UNPACKED_AT_ONCE = 256 * 1024
"""Bytes."""


class Head:
    """What an answer says of its file, by its headers.

    Attributes:
        status: Of the answer.
        length: Bytes of the body as they travel; None where it does not say.
        kind: Media type, without parameters.
        disposition: The header with the name.
        tag: What is the same only for the same bytes; empty where nothing is.
        packing: How the body is packed: `gzip`, `deflate`, empty, or what nobody here understands.
        sums: Checksums, hexadecimal, by what `hashlib` calls them.
    """

    def __init__(self, status: int, headers: Mapping[str, str], name: str) -> None:
        self.status = status
        self._headers = headers
        length = headers.get("Content-Length", "")
        self.length = int(length) if length.isascii() and length.isdecimal() else None
        self.kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self.disposition = headers.get("Content-Disposition", "")
        tag = headers.get("ETag", "")
        self.tag = tag if _STRONG_TAG.fullmatch(tag) else ""
        self.packing = _packing(headers.get("Content-Encoding", ""), self.kind, name)
        has_sums = not self.packing and any(name in headers for name in _SUM_HEADERS)
        self.sums = _sums(headers) if has_sums else {}

    @property
    def is_chunked(self) -> bool:
        """Whether its body says itself where it ends."""
        return "chunked" in self._headers.get("Transfer-Encoding", "").lower()

    @property
    def range(self) -> tuple[int, int, int] | None:
        """First byte, last byte and size of the whole, where it is a part."""
        found = _RANGE.fullmatch(self._headers.get("Content-Range", "").strip())
        return (int(found[1]), int(found[2]), int(found[3])) if found else None

    @property
    def has_range(self) -> bool:
        """Whether it says to be a part, in whatever words."""
        return "Content-Range" in self._headers

    @property
    def can_be_resumed(self) -> bool:
        """Whether more of it can be asked for, and known to be of the same bytes."""
        return bool(self.tag) and self.length is not None and not self.packing

    def continues(self, first: "Head", at: int) -> bool:
        """Whether it is exactly the rest of another answer, from so many bytes on."""
        total = first.length
        part = self.range
        if self.status != 206 or self.packing or part is None or total is None:
            return False
        # Without its tag it may be of another file: not every host that knows ranges has heard of `If-Range`.
        is_same = bool(self.tag) and self.tag == first.tag
        return is_same and part == (at, total - 1, total) and self.length in {None, total - at}


def _packing(text: str, kind: str, name: str) -> str:
    packing = text.strip().lower()
    if packing in {"", "identity"}:
        return ""
    packing = "gzip" if packing == "x-gzip" else packing
    # Of a file that is packed itself, hosts tend to say so in the wrong place: it is stored as it is.
    is_itself = packing == "gzip" and (kind in _PACKED_TYPES or bool(_PACKED.search(name)))
    return "" if is_itself else packing


def _sums(headers: Mapping[str, str]) -> dict[str, str]:
    """Checksums of the whole body, where they are sent and readable."""
    found: dict[str, str] = {}
    texts = [("md5", headers.get("Content-MD5", "")), ("sha256", headers.get("x-amz-checksum-sha256", ""))]
    for header in ("Digest", "Repr-Digest", "Content-Digest"):
        for item in headers.get(header, "").split(","):
            algorithm, _, text = item.strip().partition("=")
            texts.append(({"sha-256": "sha256", "sha-512": "sha512", "md5": "md5"}.get(algorithm.lower(), ""), text))
    for item in headers.get("x-goog-hash", "").split(","):
        algorithm, _, text = item.strip().partition("=")
        texts.append(("md5" if algorithm == "md5" else "", text))
    sizes = {"md5": 16, "sha256": 32, "sha512": 64}
    for algorithm, text in texts:
        try:
            raw = base64.b64decode(text.strip().strip(":"), validate=True)
        except ValueError:
            continue
        if algorithm and len(raw) == sizes[algorithm]:
            found[algorithm] = raw.hex()
    return found


class BrokenPackingError(Exception):
    """What came cannot be unpacked."""


class Unpacker:
    """Undoes `gzip` or `deflate`, piece by piece, so that a small body cannot become a huge one at once."""

    def __init__(self, packing: str) -> None:
        self._wbits = 31 if packing == "gzip" else 15
        self._work = zlib.decompressobj(self._wbits)
        self._has_begun = False

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """What a piece holds.

        Raises:
            BrokenPackingError: It cannot be unpacked.
        """
        left = piece
        while left:
            if self._work.eof:
                # Several one after the other are one.
                self._work = zlib.decompressobj(self._wbits)
            try:
                unpacked = self._work.decompress(left, UNPACKED_AT_ONCE)
            except zlib.error as error:
                if self._has_begun or self._wbits != 15:
                    raise BrokenPackingError(str(error)) from None
                # There are two ideas of what `deflate` is.
                self._wbits = -15
                self._work = zlib.decompressobj(self._wbits)
                continue
            self._has_begun = True
            left = self._work.unused_data if self._work.eof else self._work.unconsumed_tail
            if unpacked:
                yield unpacked

    @property
    def is_whole(self) -> bool:
        """Whether its end has come, with the sum at the end."""
        return self._work.eof
