"""Where Reminders is found: on a Mac, on an iPhone, in backups, and in what somebody copied."""

import json
import shutil
from pathlib import Path

import pytest
from reminders_world import World

from rootcellar.cli.setting import places_of
from rootcellar.sample.reminders_models import OLD
from rootcellar.sources.home import HomeFolder
from rootcellar_reminders import Reminders

CONTAINERS = (
    "Library/Reminders/Container_v1",
    "Library/Group Containers/group.com.apple.reminders/Container_v1",
    "Library/Reminders/Container_v2",
    "private/var/mobile/Library/Reminders/Container_v1",
    "private/var/mobile/Containers/Shared/AppGroup/7D3C/Container_v1",
    "mobile/Library/Reminders/Container_v1",
    "HomeDomain/Library/Reminders/Container_v1",
    "AppDomainGroup-group.com.apple.reminders/Container_v1",
    "AppDomainGroup/group.com.apple.reminders/Container_v1",
    "group.com.apple.reminders/Container_v1",
    "Group Containers/group.com.apple.reminders/Container_v1",
    "Reminders/Container_v1",
    "Container_v1",
    ".",
)


@pytest.mark.parametrize("place", CONTAINERS)
def test_a_container_is_found_wherever_it_lies(tmp_path: Path, place: str) -> None:
    world = World(tmp_path, container_place=place).fill(OLD)
    found = HomeFolder(world.home).stores(Reminders.reads)
    assert [one.path for one in found.stores] == [world.container.resolve()]
    assert world.export().new == 10


def test_a_container_named_by_its_version_is_the_home_itself(tmp_path: Path) -> None:
    world = World(tmp_path).fill()
    found = HomeFolder(world.container).stores(Reminders.reads)
    assert [one.path for one in found.stores] == [world.container.resolve()]


def test_the_stores_alone_are_enough(tmp_path: Path) -> None:
    world = World(tmp_path, container_place=".").fill()
    shutil.move(world.home / "Stores", tmp_path / "only")
    shutil.rmtree(world.home)
    (tmp_path / "only").rename(world.home)
    report = world.export()
    assert report.new == 10
    assert len(report.absent) == 2  # neither attachment was copied


def test_attachments_lie_beside_the_folder_of_stores(tmp_path: Path) -> None:
    world = World(tmp_path, container_place=".").fill()
    world.home.rename(tmp_path / "Container_v1")
    stores = tmp_path / "Container_v1" / "Stores"
    (tmp_path / "home").symlink_to(stores)
    found = HomeFolder(stores).stores(Reminders.reads)
    assert [one.path for one in found.stores] == [stores.resolve()]
    assert len(world.export().absent) == 1


def test_a_folder_of_other_databases_is_no_store(tmp_path: Path) -> None:
    for name in ("Data-backup.sqlite", "Data.sqlite", "data-local.txt"):
        (tmp_path / name).write_bytes(b"")
    found = HomeFolder(tmp_path).stores(Reminders.reads)
    assert (found.stores, found.problems) == ((), ())


def test_of_many_places_the_first_few_are_named() -> None:
    told = places_of(Path("/home"), Reminders())
    assert told.startswith("/home/Library/Group Containers/group.com.apple.reminders, ")
    assert told.endswith(f"and {len(Reminders.reads) - 3} other places")


def test_stores_of_several_models_lie_side_by_side(tmp_path: Path) -> None:
    world = World(tmp_path).fill(OLD)
    from rootcellar.sample.reminders_content import RemindersStore, uuid
    from rootcellar.sample.reminders_models import NEW

    for name, model, cached in (("Local", NEW, True), ("Shed", OLD, False)):
        other = RemindersStore(model, account_name=name, account=uuid(name), cached=cached)
        tools = other.list(f"Tools of {name}", 1)
        other.reminder(f"Oil the hinges of {name}", tools, allDay=1, dueDate=0.0)
        other.write(world.container)
    (world.container / "Stores" / f"Data-{uuid('Local')}.sqlite").rename(
        world.container / "Stores" / "Data-local.sqlite"
    )
    for log in (world.container / "Stores").glob(f"Data-{uuid('Local')}.sqlite-*"):
        log.rename(log.with_name(log.name.replace(uuid("Local"), "local")))
    report = world.export()
    assert report.new == 12
    for name in ("Local", "Shed"):
        told = json.loads((world.archive / f"Reminders/{name}/Tools of {name}.json").read_text())
        (one,) = told["reminders"]
        assert one["due"] == {"kind": "date", "value": "2001-01-01"}
        assert told["account"]["name"] == name
    world.export()
    assert world.export().unchanged == 12
