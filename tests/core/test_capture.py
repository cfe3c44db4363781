"""The capture: a private copy of a live database that is of one moment, the original untouched."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rootcellar.api import Capture, RootcellarError, StoreMissing, StoreUnreadable, opened
from rootcellar.sources import capture as capturing
from rootcellar.sources.capture import check_database, copy_database, is_readable

COPIES = 60
ROWS = 400
NOBODY = 65534

# Writes transactions that each set every row to one number, and checkpoints all the time, so that
# the database and its log change places under whoever copies them.
WRITER = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = wal")
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("PRAGMA synchronous = off")
print("ready", flush=True)
number = 0
while True:
    for _ in range(3):
        number += 1
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE pears SET number = ?, text = ?", (number, "x" * (number % 50)))
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)" if number % 2 else
                       "PRAGMA wal_checkpoint(RESTART)")
"""


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A database in a folder of its own, with a few hundred rows."""
    (tmp_path / "store").mkdir()
    path = tmp_path / "store" / "pears.sqlite"
    with opened(path) as connection:
        connection.execute("CREATE TABLE pears (id INTEGER PRIMARY KEY, number, text)")
        connection.execute("BEGIN")
        rows = ((0, "x" * 200) for _ in range(ROWS))
        connection.executemany("INSERT INTO pears (number, text) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    return path


@pytest.fixture
def capture(tmp_path: Path) -> Capture:
    (tmp_path / "scratch").mkdir()
    return Capture(tmp_path, (), tmp_path / "scratch", None)


@pytest.fixture
def writer(original: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that writes to the database and checkpoints as fast as it can."""
    command = [sys.executable, "-c", WRITER, str(original)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def beside(original: Path) -> set[str]:
    return {path.name for path in original.parent.iterdir()}


def look(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a folder, with its bytes and its time."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def numbers(copy: Path) -> list[int]:
    with opened(copy) as connection:
        return [row[0] for row in connection.execute("SELECT DISTINCT number FROM pears")]


# -- beside a writer ---------------------------------------------------------------------------


@pytest.mark.usefixtures("writer")
def test_copies_beside_a_checkpointing_writer_are_sound_and_of_one_moment(
    original: Path, tmp_path: Path
) -> None:
    seen = []
    refused = 0
    for number in range(COPIES):
        copy = tmp_path / f"copy-{number}.sqlite"
        try:
            copy_database(original, copy)
        except StoreUnreadable as error:
            assert "changed each time" in error.message
            refused += 1
            continue
        with opened(copy) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert connection.execute("SELECT count(*) FROM pears").fetchone()[0] == ROWS
        (moment,) = numbers(copy)
        seen.append(moment)
        copy.unlink()
    assert seen == sorted(seen), "a later copy is of an earlier moment"
    assert len(set(seen)) > 5, "the writer did not write"
    assert refused < COPIES // 2
    assert len(seen) + refused == COPIES


@pytest.mark.usefixtures("writer")
def test_without_the_guard_copies_beside_the_writer_go_wrong(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: were the guard of no use, this would pass every copy."""
    monkeypatch.setattr(capturing, "_state", lambda path: None)
    wrong = 0
    for number in range(10 * COPIES):
        copy = tmp_path / f"copy-{number}.sqlite"
        copy_database(original, copy)
        try:
            with opened(copy) as connection:
                sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            wrong += not (sound and len(numbers(copy)) == 1)
        except sqlite3.DatabaseError:
            wrong += 1
        copy.unlink()
        if wrong:
            return
    pytest.fail("No unguarded copy went wrong: the writer of these tests is too tame.")


# -- what is copied ----------------------------------------------------------------------------


def test_what_is_only_in_the_log_is_in_the_copy(original: Path, capture: Capture) -> None:
    with opened(original) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("UPDATE pears SET number = 7")
        before = look(original.parent)
        assert "pears.sqlite-wal" in before
        copy = capture.database(original)
        assert numbers(copy) == [7]
        assert look(original.parent) == before
        with opened(copy) as unlogged:
            unlogged.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert copy.parent.parent == capture.scratch


def test_nothing_is_left_beside_a_database_whose_log_was_left_behind(
    original: Path, capture: Capture, tmp_path: Path
) -> None:
    """As in a home that was copied while Photos was open: a log, and no -shm."""
    stopped = tmp_path / "stopped"
    stopped.mkdir()
    with opened(original) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("UPDATE pears SET number = 8")
        for name in ("pears.sqlite", "pears.sqlite-wal"):
            (stopped / name).write_bytes((original.parent / name).read_bytes())
    before = look(stopped)
    assert numbers(capture.database(stopped / "pears.sqlite")) == [8]
    assert look(stopped) == before


def test_a_cut_off_log_gives_what_was_committed(original: Path, capture: Capture) -> None:
    with opened(original) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("UPDATE pears SET number = 9")
        log = (original.parent / "pears.sqlite-wal").read_bytes()
        connection.execute("UPDATE pears SET number = 10")
        longer = (original.parent / "pears.sqlite-wal").read_bytes()
        data = original.read_bytes()
    cut = original.parent.parent / "cut"
    cut.mkdir()
    (cut / "pears.sqlite").write_bytes(data)
    (cut / "pears.sqlite-wal").write_bytes(longer[: len(log) + 1000])
    assert numbers(capture.database(cut / "pears.sqlite")) == [9]


def test_a_hot_journal_is_rolled_back_in_the_copy_alone(
    original: Path, capture: Capture, tmp_path: Path
) -> None:
    """A program that died in mid-transaction leaves a journal: what it had written is undone."""
    torn = tmp_path / "torn"
    torn.mkdir()
    with opened(original) as connection:
        connection.execute("PRAGMA cache_size = 1")  # so that pages are written before the commit
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("UPDATE pears SET number = 11, text = text || 'torn'")
        for name in ("pears.sqlite", "pears.sqlite-journal"):
            (torn / name).write_bytes((original.parent / name).read_bytes())
        connection.execute("ROLLBACK")
    assert (torn / "pears.sqlite").read_bytes() != original.read_bytes()
    before = look(torn)
    assert numbers(capture.database(torn / "pears.sqlite")) == [0]
    assert look(torn) == before


def test_a_database_is_copied_once_in_a_run_and_may_be_written_to(
    original: Path, capture: Capture
) -> None:
    before = look(original.parent)
    copy = capture.database(original)
    with opened(copy) as connection:
        connection.execute("DELETE FROM pears")
    assert capture.database(original) == copy
    assert numbers(copy) == []
    assert look(original.parent) == before


def test_two_databases_of_one_name_are_kept_apart(original: Path, capture: Capture) -> None:
    other = original.parent / "deeper" / "pears.sqlite"
    other.parent.mkdir()
    other.write_bytes(original.read_bytes())
    assert capture.database(original) != capture.database(other)


def test_an_older_copys_log_is_not_taken_for_the_new_ones(original: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    (tmp_path / "copy.sqlite-wal").write_bytes(b"an older log")
    copy_database(original, copy)
    assert not (tmp_path / "copy.sqlite-wal").exists()


def test_a_database_that_never_holds_still_is_told(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter(range(1000))
    monkeypatch.setattr(capturing, "_state", lambda path: next(states))
    with pytest.raises(StoreUnreadable, match="changed each time it was copied") as caught:
        copy_database(original, tmp_path / "copy.sqlite")
    assert "try again" in caught.value.hint


# -- read-only and closed ----------------------------------------------------------------------


AS_NOBODY = """
import os, sys
from pathlib import Path
from rootcellar.api import Capture, RootcellarError, opened
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
try:
    copy = Capture(Path("/"), (), Path(sys.argv[2]), None).database(Path(sys.argv[1]))
    with opened(copy) as connection:
        print(connection.execute("SELECT DISTINCT number FROM pears").fetchone()[0])
except RootcellarError as error:
    print(type(error).__name__, error.message, error.hint)
"""


def captured_by_nobody(original: Path, mode: int, folder_mode: int) -> str:
    """Capture a database as a user who may only read (0o444, 0o555) or not even that."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "store"
        scratch = Path(top) / "scratch"
        folder.mkdir()
        scratch.mkdir()
        scratch.chmod(0o777)
        Path(top).chmod(0o755)
        for path in original.parent.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
            (folder / path.name).chmod(mode)
        before = look(folder)
        folder.chmod(folder_mode)
        code = AS_NOBODY.format(nobody=NOBODY)
        command = [sys.executable, "-c", code, str(folder / original.name), str(scratch)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        folder.chmod(0o755)
        assert look(folder) == before
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def test_a_read_only_database_with_a_log_is_read_with_its_log(original: Path) -> None:
    with opened(original) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("UPDATE pears SET number = 12")
        assert captured_by_nobody(original, 0o444, 0o555) == "12"


def test_a_database_that_may_not_be_read_is_told(original: Path) -> None:
    told = captured_by_nobody(original, 0o000, 0o555)
    assert told.startswith("StoreUnreadable The database ")
    assert "cannot be read: Permission denied." in told
    assert "rootcellar doctor" in told
    assert captured_by_nobody(original, 0o444, 0o000).startswith("StoreUnreadable")


# -- what is no sound database -----------------------------------------------------------------


def refusal(capture: Capture, path: Path) -> RootcellarError:
    with pytest.raises((StoreMissing, StoreUnreadable)) as caught:
        capture.database(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def test_a_database_that_is_not_there_is_told(original: Path, capture: Capture) -> None:
    error = refusal(capture, original.with_name("plums.sqlite"))
    assert isinstance(error, StoreMissing)
    assert "There is no database at" in error.message


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it holds no tables"),
        (b"no database at all, but a text of some length" * 100, "not a database"),
        (b"SQLite format 3\x00" + b"\xff" * 4096, "damaged"),
    ],
)
def test_what_is_no_database_is_told(
    data: bytes, sentence: str, original: Path, capture: Capture
) -> None:
    original.write_bytes(data)
    before = look(original.parent)
    error = refusal(capture, original)
    assert isinstance(error, StoreUnreadable)
    assert "is damaged" in error.message
    assert sentence in error.message
    assert "is safe" in error.hint
    assert look(original.parent) == before


def test_a_damaged_page_is_told(original: Path, capture: Capture) -> None:
    data = bytearray(original.read_bytes())
    page = 4096
    data[3 * page : 4 * page] = b"\xa5" * page
    original.write_bytes(data)
    assert "is damaged" in refusal(capture, original).message


def test_a_cut_off_database_is_told(original: Path, capture: Capture) -> None:
    original.write_bytes(original.read_bytes()[:9000])
    assert "is damaged" in refusal(capture, original).message


def test_a_folder_for_a_database_is_told(original: Path, capture: Capture) -> None:
    assert isinstance(refusal(capture, original.parent), StoreUnreadable)


def test_after_a_refusal_the_same_capture_can_be_asked_again(
    original: Path, capture: Capture
) -> None:
    missing = original.with_name("plums.sqlite")
    refusal(capture, missing)
    refusal(capture, missing)
    assert numbers(capture.database(original)) == [0]


# -- signatures --------------------------------------------------------------------------------


def test_a_signature_changes_with_the_database_and_with_its_log(
    original: Path, capture: Capture
) -> None:
    signatures = [capture.signature(original)]
    with opened(original) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        for number in range(3):
            connection.execute("UPDATE pears SET number = ?", (number,))
            signatures.append(capture.signature(original))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        signatures.append(capture.signature(original))
    assert len(set(signatures)) == len(signatures)
    assert capture.signature(original) == capture.signature(original)
    assert capture.signature(original.with_name("none")) != capture.signature(original)


def test_a_restarted_log_of_equal_size_and_time_has_another_signature(
    original: Path, capture: Capture
) -> None:
    log = original.with_name(original.name + "-wal")
    log.write_bytes(b"a" * 100)
    os.utime(log, ns=(0, 0))
    first = capture.signature(original)
    with log.open("r+b") as file:
        file.write(b"b" * 32)
    os.utime(log, ns=(0, 0))
    assert capture.signature(original) != first


def test_whether_something_can_be_read_is_tried(original: Path) -> None:
    assert is_readable(original)
    assert is_readable(original.parent)
    assert not is_readable(original.with_name("none"))


def test_a_database_that_needs_code_of_apples_is_not_taken_for_damaged(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.create_collation("OfApple", lambda one, other: (one > other) - (one < other))
        database.execute("CREATE TABLE albums (name TEXT COLLATE OfApple)")
        database.execute("CREATE INDEX by_name ON albums (name)")
        database.execute("INSERT INTO albums VALUES ('Coast')")
    check_database(path, path)
    with opened(path) as connection:
        assert [tuple(row) for row in connection.execute("SELECT name FROM albums")] == [
            ("Coast",)
        ]
