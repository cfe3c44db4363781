"""Stands in for what osxmetadata imports of a Mac: the frameworks, pyobjc, xattr and bitstring.

Extended attributes are real ones of this file system, below `user.`. The Finder is one that
writes comments when it is asked, or that does not, when it `refuses`.
"""

import contextlib
import os
import plistlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

TAGS = "com.apple.metadata:_kMDItemUserTags"
COMMENT = "com.apple.metadata:kMDItemFinderComment"


class Xattr:
    """`xattr.xattr`: a mapping of the extended attributes of one file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __getitem__(self, name: str) -> bytes:
        try:
            return os.getxattr(self.path, f"user.{name}")
        except OSError as error:
            raise KeyError(name) from error

    def __setitem__(self, name: str, value: bytes) -> None:
        os.setxattr(self.path, f"user.{name}", value)

    def remove(self, name: str) -> None:
        os.removexattr(self.path, f"user.{name}")


class URL:
    """`NSURL` of a file: tags are set as a resource value, `name` and colour on two lines."""

    def __init__(self, path: str) -> None:
        self.path = path

    @classmethod
    def fileURLWithPath_(cls, path: str) -> "URL":  # noqa: N802 - Apple's name
        return cls(path)

    def setResourceValues_error_(self, values: dict, error: None) -> tuple[bool, Any]:  # noqa: N802
        assert list(values) == ["NSURLTagNamesKey"]
        if not os.access(self.path, os.W_OK):
            return False, "no permission"
        Xattr(self.path)[TAGS] = plistlib.dumps(
            values["NSURLTagNamesKey"], fmt=plistlib.FMT_BINARY
        )
        return True, None


class FinderApp:
    """The Finder as ScriptingBridge shows it: it says nothing when it refuses."""

    refuses: ClassVar[bool] = False

    def items(self) -> "FinderApp":
        return self

    def objectAtLocation_(self, url: URL) -> "FinderApp":  # noqa: N802
        self.url = url
        return self

    def setComment_(self, comment: str) -> None:  # noqa: N802
        if self.refuses:
            return
        if comment:
            Xattr(self.url.path)[COMMENT] = plistlib.dumps(comment, fmt=plistlib.FMT_BINARY)
        else:
            with contextlib.suppress(OSError):
                Xattr(self.url.path).remove(COMMENT)


class Bridge:
    """`ScriptingBridge.SBApplication`."""

    @classmethod
    def applicationWithBundleIdentifier_(cls, name: str) -> FinderApp:  # noqa: N802
        assert name == "com.apple.finder"
        return FinderApp()


class Dictionary:
    """`NSDictionary`."""

    @staticmethod
    def dictionaryWithObject_forKey_(value: object, key: str) -> dict:  # noqa: N802
        return {key: value}


def _modules() -> dict[str, dict[str, Any]]:
    core = {
        "kCFTypeArrayCallBacks": None,
        "CFArrayCreate": lambda _, values, count, __: values[:count],
        "CFDateRef": object,
        "NSDictionary": Dictionary,
    }
    services = {
        "MDItemRef": object,
        "MDItemCreate": lambda _, path: path if Path(path).exists() else None,
        "MDItemCopyAttribute": lambda item, name: None,
        "__bundle__": None,
    }
    objc = {
        "autorelease_pool": contextlib.nullcontext,
        "loadBundleFunctions": lambda *_: None,
        "pyobjc_unicode": str,
    }
    return {
        "CoreFoundation": core,
        "CoreServices": services,
        "Foundation": {"NSURL": URL, "NSDate": object},
        "ScriptingBridge": {"SBApplication": Bridge},
        "bitstring": {"BitArray": bytearray},
        "objc": objc,
        "xattr": {"xattr": Xattr},
    }


@contextlib.contextmanager
def standing_in() -> Iterator[None]:
    """Let osxmetadata be imported here, and forget it afterwards."""
    before = dict(sys.modules)
    for name, contents in _modules().items():
        module = ModuleType(name)
        vars(module).update(contents)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in set(sys.modules) - set(before):
            if name.partition(".")[0] in (*_modules(), "osxmetadata"):
                del sys.modules[name]
        sys.modules.update(before)


def holds_attributes(folder: Path) -> bool:
    """Return whether files here can have extended attributes at all."""
    probe = folder / "probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.probe", b"1")
    except (OSError, AttributeError):
        return False
    finally:
        probe.unlink()
    return True
