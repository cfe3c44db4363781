"""Core Data stores: columns derived from the cached model, and found without one."""

import gzip
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rootcellar.apple.core_data import CoreDataStore, read_store, rows, unknown_rows
from rootcellar.apple.keyed_archives import KeyedArchiveError
from rootcellar.apple.object_models import decode_model
from rootcellar.sample.core_data import DATE, TEXT, EntityModel, Model, StoreRows, deflated

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ROOTCELLAR_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))
REAL = (
    "notes/macos-12-monterey/NoteStore.sqlite",
    "notes/macos-13-ventura/NoteStore.sqlite",
    "notes/macos-15-sequoia/NoteStore.sqlite",
    "notes/macos-26-tahoe/NoteStore.sqlite",
    "photos/Test-Shared-10.15.1.photoslibrary/database/Photos.sqlite",
    "photos/Test-Media-Types-15.7.2.photoslibrary/database/Photos.sqlite",
)


def orchard(first: int = 1) -> Model:
    """Return a model in which a tree, a fruit and a crate each have a name of their own."""
    return Model(
        {
            "Thing": EntityModel(first, attributes={"identifier": TEXT}),
            "Fruit": EntityModel(
                first + 2, "Thing", {"name": TEXT, "picked": DATE}, {"tree": "Tree"}, ("tree",)
            ),
            "Apple": EntityModel(first + 3, "Fruit", {"kind": TEXT}),
            "Tree": EntityModel(first + 5, "Thing", {"name": TEXT}),
            "Crate": EntityModel(first + 9, "", {"name": TEXT}),
        },
        "7",
    )


def grown(model: Model, *, cached: bool = True) -> StoreRows:
    store = StoreRows(model, "ORCHARD", cached=cached)
    tree = store.add("Tree", name="Old tree", identifier="T")
    store.add("Apple", name="Boskoop", kind="red", tree=tree, fok_tree=1024, identifier="A")
    store.add("Fruit", name="Pear", tree=tree, fok_tree=2048, identifier="P")
    store.add("Crate", name="Blue crate")
    return store


@contextmanager
def read(path: Path) -> Iterator[tuple[sqlite3.Connection, CoreDataStore]]:
    with closing(sqlite3.connect(path)) as connection:
        yield connection, read_store(connection)


@pytest.mark.parametrize("first", [1, 20])
@pytest.mark.parametrize("cached", [True, False])
def test_names_that_several_entities_share_are_told_apart(
    tmp_path: Path, cached: bool, first: int
) -> None:
    grown(orchard(first), cached=cached).write(tmp_path / "store.sqlite")
    with read(tmp_path / "store.sqlite") as (connection, store):
        assert store.modelled is cached
        assert [row["NAME"] for row in rows(connection, store.entity("Tree"))] == ["Old tree"]
        fruits = list(rows(connection, store.entity("Fruit"), order="Z_FOK_TREE"))
        assert [(one["NAME"], one["IDENTIFIER"]) for one in fruits] == [
            ("Boskoop", "A"),
            ("Pear", "P"),
        ]
        assert [one.get("KIND") for one in fruits] == ["red", None]
        (apple,) = rows(connection, store.entity("Apple"))
        assert (apple["NAME"], apple["KIND"]) == ("Boskoop", "red")
        assert store.is_a(apple["Z_ENT"], "Fruit")
        assert not store.is_a(apple["Z_ENT"], "Tree")
        assert store.name_of(apple["Z_ENT"]) == "Apple"


def test_the_column_of_a_fruit_is_named_before_that_of_a_tree(tmp_path: Path) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with read(tmp_path / "store.sqlite") as (_, store):
        assert store.entities["Fruit"].columns["NAME"] == "ZNAME"
        assert store.entities["Tree"].columns["NAME"] == "ZNAME1"
        assert store.entities["Crate"].columns["NAME"] == "ZNAME"
        assert (store.version, store.identity) == ("7", "ORCHARD")


def test_what_is_only_in_the_log_is_read(tmp_path: Path) -> None:
    store = grown(orchard())
    store.begin_late()
    store.add("Tree", name="Young tree")
    store.write(tmp_path / "store.sqlite")
    with read(tmp_path / "store.sqlite") as (connection, found):
        names = [row["NAME"] for row in rows(connection, found.entity("Tree"))]
    assert names == ["Old tree", "Young tree"]


def test_columns_that_name_entities_or_are_words_of_sql_do_no_harm(tmp_path: Path) -> None:
    words = Model({"Thing": EntityModel(1, "", {"order": TEXT, "group": TEXT})}, "1")
    store = StoreRows(words, "WORDS", cached=False)
    store.add("Thing", order="first", group="pears")
    store.write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("ALTER TABLE ZTHING ADD COLUMN Z9_TREE INTEGER")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, found):
        (row,) = rows(connection, found.entity("Thing"))
    assert row == {"Z_PK": 1, "Z_ENT": 1, "ORDER": "first", "GROUP": "pears"}


def test_an_entity_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with read(tmp_path / "store.sqlite") as (connection, store):
        assert list(rows(connection, store.entity("Orange"))) == []


def test_rows_of_an_unknown_entity_are_of_the_root_alone_and_counted(tmp_path: Path) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("INSERT INTO ZTHING (Z_PK, Z_ENT, ZNAME) VALUES (99, 77, 'a comet')")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, store):
        things = [row["Z_PK"] for row in rows(connection, store.entity("Thing"))]
        fruits = [row["Z_PK"] for row in rows(connection, store.entity("Fruit"))]
        assert unknown_rows(connection, store) == 1
        assert store.name_of(77) == ""
    assert 99 in things
    assert 99 not in fruits


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the store's model is empty"),
        (b"\xff" * 40, "it is not deflated"),
        (deflated(b"no list"), "no property list"),
        (deflated(b"bplist00"), "no property list"),
    ],
)
def test_a_broken_model_is_said_and_done_without(tmp_path: Path, content: bytes, why: str) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("UPDATE Z_MODELCACHE SET Z_CONTENT = ?", (content,))
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, store):
        assert not store.modelled
        assert why in store.why
        assert [row["NAME"] for row in rows(connection, store.entity("Tree"))] == ["Old tree"]


def test_a_column_that_the_table_lacks_is_left_out(tmp_path: Path) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("ALTER TABLE ZTHING DROP COLUMN ZPICKED")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, store):
        assert "PICKED" not in store.entities["Fruit"].columns
        assert len(list(rows(connection, store.entity("Fruit")))) == 2


def test_entities_that_lie_above_each_other_in_a_ring_end(tmp_path: Path) -> None:
    grown(orchard(), cached=False).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("UPDATE Z_PRIMARYKEY SET Z_SUPER = 6 WHERE Z_NAME = 'Thing'")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (_, store):
        assert "Crate" in store.entities


def test_a_database_that_is_no_store_of_core_data_has_no_entities(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("CREATE TABLE plums (name)")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (_, store):
        assert not store.entities


def test_something_else_than_a_model_is_refused() -> None:
    with pytest.raises(KeyedArchiveError):
        decode_model(deflated(b"bplist00"))


@pytest.mark.fixtures
@pytest.mark.parametrize("name", REAL)
def test_every_column_of_a_real_store_follows_from_its_model(tmp_path: Path, name: str) -> None:
    shared = SHARED if (SHARED / "notes").is_dir() else SHARED / "fixtures"
    if not (shared / name).is_file():
        pytest.skip(f"no real store at {shared / name}; set ROOTCELLAR_FIXTURES")
    shutil.copy(shared / name, tmp_path / "store.sqlite")
    with read(tmp_path / "store.sqlite") as (connection, store):
        assert store.modelled
        explained: dict[str, set[str]] = {}
        for entity in store.entities.values():
            for named in entity.columns.values():
                names = named.removeprefix("coalesce(").removesuffix(")").split(", ")
                explained.setdefault(entity.table, set()).update(names)
        for table, columns in explained.items():
            there = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
            own = {one for one in there if one[1] != "_" and not one[1].isdigit()}
            assert {one for one in columns if one[1] != "_"} == own, table


def test_a_model_is_read_in_whatever_it_is_wrapped(tmp_path: Path) -> None:
    plain = zlib.decompress(orchard().cached(), -15)
    wanted = decode_model(deflated(plain))
    for wrapped in (plain, zlib.compress(plain), gzip.compress(plain), zlib.compress(plain, 1)):
        assert decode_model(wrapped) == wanted
    assert wanted[1] == "7"


def test_an_entity_that_the_model_leaves_out_makes_no_name_lead_elsewhere(tmp_path: Path) -> None:
    whole = orchard()
    short = Model({name: one for name, one in whole.entities.items() if name != "Fruit"}, "7")
    store = grown(whole)
    store.write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("UPDATE Z_MODELCACHE SET Z_CONTENT = ?", (short_of(short),))
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, found):
        assert found.modelled
        assert [row["NAME"] for row in rows(connection, found.entity("Tree"))] == ["Old tree"]


def short_of(model: Model) -> bytes:
    """Return a model whose Apple has lost what it was below."""
    entities = {name: replace(one, parent="Thing" if one.parent else "")
                for name, one in model.entities.items()}  # fmt: skip
    return Model(entities, model.version).cached()


@pytest.mark.parametrize("column", ["ZNAME", "ZNAME1"])
def test_a_column_that_the_model_asks_for_may_be_missing(tmp_path: Path, column: str) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute(f"ALTER TABLE ZTHING DROP COLUMN {column}")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, found):
        trees = [row.get("NAME") for row in rows(connection, found.entity("Tree"))]
        fruits = [row.get("NAME") for row in rows(connection, found.entity("Fruit"))]
    assert trees == (["Old tree"] if column == "ZNAME" else [None])
    assert fruits == ([None, None] if column == "ZNAME" else ["Boskoop", "Pear"])


def test_an_entity_without_a_name_is_passed_over(tmp_path: Path) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("UPDATE Z_PRIMARYKEY SET Z_NAME = '' WHERE Z_NAME = 'Crate'")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, found):
        assert len(list(rows(connection, found.entity("Tree")))) == 1


def test_a_column_that_the_model_does_not_know_is_read_all_the_same(tmp_path: Path) -> None:
    grown(orchard()).write(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("ALTER TABLE ZTHING ADD COLUMN ZRIPENESS INTEGER")
        connection.execute("UPDATE ZTHING SET ZRIPENESS = 4 WHERE ZNAME = 'Pear'")
        connection.commit()
    with read(tmp_path / "store.sqlite") as (connection, found):
        ripe = [row.get("RIPENESS") for row in rows(connection, found.entity("Fruit"))]
    assert ripe == [None, 4]
