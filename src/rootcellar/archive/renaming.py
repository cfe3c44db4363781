"""Renaming that never replaces a file; changing two files' places at once; whether one may rename.

Linux: renameat2(2); macOS: renameatx_np(2) (untried on a Mac). Some file systems have neither
(exFAT on macOS, network drives): whoever asks is told, and looks first instead.
"""

import ctypes
import errno
import os
import sys
import uuid
from functools import cache
from pathlib import Path
from typing import Any

NO_REPLACE, EXCHANGE = (4, 2) if sys.platform == "darwin" else (1, 2)
"""From sys/stdio.h (RENAME_EXCL, RENAME_SWAP) and linux/fs.h (RENAME_NOREPLACE, _EXCHANGE)."""
UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM})


def exchange(folder: int, one: str, other: str) -> bool:
    """Let two files below the handle `folder` change places; false where that cannot be done.

    Raises FileNotFoundError when one of them is not there.
    """
    return _rename(folder, one, other, EXCHANGE)


def rename_to_free(folder: int, old: str, new: str) -> None:
    """Rename a file below the handle `folder`; FileExistsError when `new` is there already."""
    if _rename(folder, old, new, NO_REPLACE):
        return
    try:
        os.stat(new, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


def _rename(folder: int, old: str, new: str, flags: int) -> bool:
    function = _function()
    if function is None:
        return False
    if function(folder, os.fsencode(old), folder, os.fsencode(new), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), old)


@cache
def _function() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    name = "renameatx_np" if sys.platform == "darwin" else "renameat2"
    function = getattr(library, name, None)
    if function is not None:
        path = ctypes.c_char_p
        function.argtypes = [ctypes.c_int, path, ctypes.c_int, path, ctypes.c_uint]
    return function


def may_rename(old: Path, new: Path) -> bool:
    """Return whether files can be renamed from one folder into another; nothing is changed.

    Two mounts of one drive (a container's volumes) have one device number and still stand apart.
    Linux tells before it looks for the file, which is none; elsewhere there are no such mounts.
    """
    if old.stat().st_dev != new.stat().st_dev:
        return False
    name = f".rootcellar-{uuid.uuid4().hex}"
    try:
        os.rename(old / name, new / name)  # noqa: PTH104 - nothing bears this name
    except OSError as error:
        return error.errno != errno.EXDEV
    return True
