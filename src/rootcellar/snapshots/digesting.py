"""Reads files and makes their digests: all that a process needs that does nothing else.

It is run by its path, without rootcellar and what is installed beside it, so that it is at work
within milliseconds: import nothing here but what Python itself brings.
"""

import hashlib
import marshal
import os
import sys

Wanted = tuple[str, int, str]
"""The path of a file, the size (negative: unknown) and the sha256 it should have."""
Wrong = tuple[int, str, int, str]
"""The number of a wanted file that is wrong; its sha256 and size, or why there are none."""
MISSING = "missing"
_LARGE = 1 << 20


def digest_all(handle: int, files: list[Wanted]) -> tuple[int, int, list[Wrong]]:
    """Read files below an open folder; return how many, how many bytes, and what is wrong."""
    wrong: list[Wrong] = []
    count = read = 0
    buffer: memoryview | None = None
    for number, (path, wanted, sha256) in enumerate(files):
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=handle)
        except (FileNotFoundError, NotADirectoryError):
            wrong.append((number, "", -1, MISSING))
            continue
        except OSError as error:
            wrong.append((number, "", -1, error.strerror or str(error)))
            continue
        try:
            if 0 <= wanted < _LARGE:
                data = os.read(file, wanted + 1)
                size, digest = len(data), hashlib.sha256(data)
                if size < wanted and data:  # a file system may give less at a time
                    size += _digest_rest(file, digest, memoryview(bytearray(_LARGE)))
            else:
                buffer = buffer or memoryview(bytearray(_LARGE))
                digest = hashlib.sha256()
                size = _digest_rest(file, digest, buffer)
        except OSError as error:
            wrong.append((number, "", -1, error.strerror or str(error)))
            continue
        finally:
            os.close(file)
        count += 1
        read += size
        found = digest.hexdigest()
        if found != sha256:
            wrong.append((number, found, size, ""))
    return count, read, wrong


def _digest_rest(file: int, digest: "hashlib._Hash", buffer: memoryview) -> int:
    size = 0
    while taken := os.readv(file, [buffer]):
        digest.update(buffer[:taken])
        size += taken
    return size


def serve(handle: int) -> None:
    """Answer another process, which sends lists of wanted files, until it sends no more."""
    while True:
        try:
            files = marshal.load(sys.stdin.buffer)  # noqa: S302 - our own process
        except EOFError:
            return
        marshal.dump(digest_all(handle, files), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
