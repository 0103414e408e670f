"""What the operating system says of a file or an address, in words that can be said in another language."""

import errno
from collections.abc import Mapping

from mijnklantportaal_async.texts.words import told_by, words

_REASONS: Mapping[int, str] = {
    errno.EACCES: words("Permission denied"),
    errno.EADDRINUSE: words("Address already in use"),
    errno.EADDRNOTAVAIL: words("Cannot assign requested address"),
    errno.EEXIST: words("File exists"),
    errno.EISDIR: words("Is a directory"),
    errno.ENAMETOOLONG: words("File name too long"),
    errno.ENOENT: words("No such file or directory"),
    errno.ENOSPC: words("No space left on device"),
    errno.ENOTDIR: words("Not a directory"),
    errno.EPERM: words("Operation not permitted"),
    errno.EROFS: words("Read-only file system"),
}


def reason_of(error: OSError) -> str:
    """Why the operating system did not do it."""
    return _REASONS.get(error.errno or 0) or error.strerror or told_by(error)
