"""Fixtures: the sample home as osxphotos sees it."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rootcellar.sample import make_home


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample home, made once; tests must not change it."""
    return make_home(tmp_path_factory.mktemp("sample") / "home")


@pytest.fixture(scope="session")
def open_library(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Path], object]]:
    """Open a copy of a library with osxphotos; whatever it complains about fails the test."""
    osxphotos = pytest.importorskip("osxphotos")
    opened = []

    def open_copy(library: Path) -> object:
        copy = tmp_path_factory.mktemp("copy") / library.name
        shutil.copytree(library, copy)
        complaints = _Complaints()
        logger = logging.getLogger("osxphotos")
        logger.addHandler(complaints)
        try:
            database = osxphotos.PhotosDB(dbfile=copy)
        finally:
            logger.removeHandler(complaints)
        assert complaints.messages == []
        opened.append(database)
        return database

    yield open_copy
    # osxphotos leaves both to the garbage collector, which warns.
    for database in opened:
        database._db_connection.close()
        database._tempdir.cleanup()


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
