"""Templates: what was saved in them, with the files that are attached to it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reminders_world import World

from rootcellar.sample.core_data import BYTES, INTEGER, TEXT, EntityModel, Model
from rootcellar.sample.reminders_content import RemindersStore, encoded, seconds, uuid
from rootcellar.sample.reminders_models import NEW
from rootcellar.testing import check_exporter
from rootcellar_reminders import Reminders

COMMON = {"ckIdentifier": TEXT, "markedForDeletion": INTEGER}
SAVED = {
    **COMMON,
    "uti": TEXT,
    "fileName": TEXT,
    "fileSize": INTEGER,
    "sha512Sum": TEXT,
    "url": TEXT,
}
MODEL = Model(
    {
        **NEW.entities,
        "REMCDTemplate": replace(
            NEW.entities["REMCDTemplate"],
            attributes={**NEW.entities["REMCDTemplate"].attributes, "badgeEmblem": TEXT,
                        "publicLinkURLUUID": TEXT, "sortingStyle": TEXT, "extra": BYTES},
        ),
        "REMCDTemplateSection": EntityModel(
            7, "REMCDBaseSection", {}, {"template": "REMCDTemplate"}
        ),
        "REMCDSavedAttachment": EntityModel(
            44, "", SAVED, {"savedReminder": "REMCDSavedReminder"}
        ),
    },
    "26T",
)  # fmt: skip
TENT = "Reminders/iCloud/Templates/Packing/Tent - tent.jpeg"


@pytest.fixture
def world(tmp_path: Path) -> World:
    store = RemindersStore(MODEL)
    store.reminder("Pick up the key", store.list("Errands", 1))
    packing = store.rows.add(
        "REMCDTemplate", ckIdentifier=uuid("packing"), name="Packing",
        badgeEmblem='{"Emoji":"⛺"}', parentAccount=store.account_row,
        creationDate=seconds(2026, 6, 1), sortingStyle="title",
        extra=b'{"a":1}',
    )  # fmt: skip
    store.rows.add(
        "REMCDTemplateSection", ckIdentifier=uuid("kitchen"), displayName="Kitchen",
        template=packing,
    )  # fmt: skip
    for title in ("Tent", "Matches"):
        saved = store.rows.add(
            "REMCDSavedReminder", ckIdentifier=uuid(title), template=packing,
            metadata=encoded({"title": title, "priority": 1, "flagged": True}),
        )  # fmt: skip
        if title == "Tent":
            digest = store.file("tent.jpeg", b"a picture of a tent")
            store.rows.add(
                "REMCDSavedAttachment", ckIdentifier=uuid("tent.jpeg"), savedReminder=saved,
                uti="public.jpeg", fileName="tent.jpeg", fileSize=19, sha512Sum=digest,
            )  # fmt: skip
            store.rows.add(
                "REMCDSavedAttachment", ckIdentifier=uuid("gone.jpeg"), savedReminder=saved,
                uti="public.jpeg", fileName="gone.jpeg", fileSize=19, sha512Sum="ab" * 64,
            )  # fmt: skip
            store.rows.add(
                "REMCDSavedAttachment", ckIdentifier=uuid("tent link"), savedReminder=saved,
                uti="public.url", url="https://example.org/tents",
            )  # fmt: skip
    found = World(tmp_path)
    store.write(found.container)
    return found


def told(world: World, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((world.archive / "Reminders/iCloud" / name).read_text())
    return value


def test_files_of_templates_are_archived_byte_for_byte(world: World) -> None:
    report = world.export()
    assert (world.archive / TENT).read_bytes() == b"a picture of a tent"
    assert report.new == 2
    assert [one.title for one in report.absent] == ["Tent"]
    packing = told(world, "Templates/Packing.json")
    assert packing["template"]["sections"] == [{"id": uuid("kitchen"), "name": "Kitchen"}]
    (tent,) = packing["reminders_with_files"]
    assert [one["path"] for one in tent["files"]] == [TENT]
    assert tent["files"][0]["role"] == tent["attachments"][0]["id"]
    assert tent["attachments"][1]["missing"] is True


def test_everything_of_a_template_is_told_beside_the_lists(world: World) -> None:
    world.export()
    (packing,) = told(world, "Lists.json")["record"]["templates"]
    assert packing["emblem"] == {"emoji": "⛺"}
    assert packing["raw"] == {"extra": {"a": 1}, "sortingstyle": "title"}
    tent, matches = packing["reminders"]
    assert (tent["title"], matches["title"]) == ("Tent", "Matches")
    assert matches["metadata"] == {"title": "Matches", "priority": 1, "flagged": True}
    assert tent["links"] == [{"url": "https://example.org/tents", "uti": "public.url"}]


def test_templates_keep_the_contract_and_cost_nothing_again(world: World) -> None:
    assert len(check_exporter(Reminders(), world.home)) == 2
    world.export()
    before = world.everything()
    assert world.export().unchanged == 2
    world.forget()
    assert world.export().unchanged == 2
    assert {name: data for name, (data, _) in world.everything().items()} == {
        name: data for name, (data, _) in before.items()
    }


def test_a_template_that_is_deleted_leaves_its_file_in_the_archive(world: World) -> None:
    world.export()
    world.sql("UPDATE ZREMCDTEMPLATE SET ZMARKEDFORDELETION = 1")
    report = world.export()
    assert report.gone == 1
    assert (world.archive / TENT).is_file()
    assert told(world, "Templates/Packing.json")["gathering"]["gone"] is True
