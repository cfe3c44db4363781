"""Lists of reminders in an Obsidian vault: tasks as its Tasks plugin reads them, edits kept."""

import contextlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reminders_world import World, reminder

from rootcellar.archive.disk import Disk
from rootcellar.engine.opening import open_archive
from rootcellar.errors import UsageError
from rootcellar.state.store import StateStore
from rootcellar.vault.archived import Choice
from rootcellar.vault.gathered import Gathered
from rootcellar.vault.report import VaultReport
from rootcellar.vault.syncing import Aim, Sync
from rootcellar.views import Views
from rootcellar_reminders import Reminders
from rootcellar_reminders.vault import PAGES
from rootcellar_reminders.views import obsidian_tasks

FOLDER = "Apple Reminders"
ENDS = {
    "priority": re.compile("([🔺⏫🔼🔽⏬])\ufe0f?$"),
    "done": re.compile("✅\ufe0f? *(\\d{4}-\\d{2}-\\d{2})$"),
    "due": re.compile("(?:📅|📆|🗓)\ufe0f? *(\\d{4}-\\d{2}-\\d{2})$"),
    "scheduled": re.compile("(?:⏳|⌛)\ufe0f? *(\\d{4}-\\d{2}-\\d{2})$"),
    "start": re.compile("🛫\ufe0f? *(\\d{4}-\\d{2}-\\d{2})$"),
    "created": re.compile("➕\ufe0f? *(\\d{4}-\\d{2}-\\d{2})$"),
    "cancelled": re.compile("❌\ufe0f? *(\\d{4}-\\d{2}-\\d{2})$"),
    "repeats": re.compile("🔁\ufe0f? *([a-zA-Z0-9, !]+)$"),
    "id": re.compile("🆔\ufe0f? *([a-zA-Z0-9-_]+)$"),
}
"""What the plugin looks for at the end of a task, again and again, as its documentation says."""
TAG = re.compile(r"(?:^|\s)(#[^\s!@#$%^&*(),.?\":{}|<>]+)$")


def understood(line: str) -> dict[str, Any]:
    """Return what the Tasks plugin reads in a line."""
    found = re.fullmatch(r"[\s>]*[-*+] +\[(.)\] *(.*)", line)
    assert found, line
    said: dict[str, Any] = {"status": found.group(1), "tags": []}
    text, before = found.group(2).strip(), ""
    while text != before:
        before = text
        for name, pattern in ENDS.items():
            if match := pattern.search(text):
                assert name not in said, line
                said[name], text = match.group(1).strip(), text[: match.start()].strip()
        if match := TAG.search(text):
            said["tags"].insert(0, match.group(1))
            text = text[: match.start()].strip()
    return {**said, "text": text}


def task_of(**values: Any) -> dict[str, Any]:
    """Return what the plugin reads of one reminder."""
    one = {"id": "A", "title": "Water", "completed": False, **values}
    page = obsidian_tasks({"list": {"name": "List"}, "reminders": [one]})
    (line,) = [line for line in page.splitlines() if line.startswith("- [")]
    return understood(line)


def test_the_plugin_reads_all_that_it_has_signs_for() -> None:
    said = task_of(
        completed=True, completed_at="2026-04-01T08:00:00Z", created="2026-03-01T08:00:00Z",
        priority=1, tags=["to buy", "2026"], start={"kind": "date", "value": "2026-03-20"},
        due={"kind": "date", "value": "2026-03-29"},
        rrule={"frequency": "weekly", "interval": 2, "days_of_week": [{"day": 2}, {"day": 5}]},
    )  # fmt: skip
    assert said == {
        "status": "x", "text": "Water", "tags": ["#to-buy", "#2026-"], "priority": "⏫",
        "repeats": "every 2 weeks on Monday, Thursday", "created": "2026-03-01",
        "start": "2026-03-20", "due": "2026-03-29", "done": "2026-04-01",
    }  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_day_is_the_one_that_is_meant_wherever_the_page_is_made(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        late = {"kind": "instant", "value": "2026-03-29T22:30:00Z", "tz": "Europe/Berlin"}
        said = task_of(due=late)
        assert (said["due"], said["text"]) == ("2026-03-30", "Water · at 00:30 Europe/Berlin")
        said = task_of(due={"kind": "floating", "value": "2026-03-29T02:30:00"})
        assert (said["due"], said["text"]) == ("2026-03-29", "Water · at 02:30")
        assert task_of(due={"kind": "date", "value": "2026-03-29"})["due"] == "2026-03-29"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"frequency": "daily", "interval": 1}, "every day"),
        ({"frequency": "daily", "interval": 3, "first_day": 2}, "every 3 days"),
        ({"frequency": "monthly", "interval": 1, "days_of_month": [1, -1]},
         "every month on the 1st, last"),
        ({"frequency": "monthly", "interval": 2, "days_of_week": [{"day": 6, "week": -1}]},
         "every 2 months on the last Friday"),
        ({"frequency": "monthly", "interval": 1, "days_of_week": [{"day": 3, "week": 2}]},
         "every month on the 2nd Tuesday"),
        ({"frequency": "yearly", "interval": 1}, "every year"),
        ({"frequency": "yearly", "interval": 1, "months": [3], "days_of_month": [29]},
         "every March on the 29th"),
    ],
)  # fmt: skip
def test_a_rule_is_told_in_the_plugins_words(rule: dict[str, Any], words: str) -> None:
    said = task_of(rrule=rule)
    assert (said["repeats"], said["text"]) == (words, "Water")


@pytest.mark.parametrize(
    "rule",
    [
        {"frequency": "yearly", "interval": 2, "months": [3], "ical": "FREQ=YEARLY"},
        {"frequency": "monthly", "interval": 1, "positions": [1], "ical": "FREQ=MONTHLY"},
        {"frequency": "monthly", "interval": 1, "days_of_month": [-3], "ical": "FREQ=MONTHLY"},
        {"raw": {"FREQUENCY": 9}},
    ],
)
def test_a_rule_without_such_words_is_told_and_not_misread(rule: dict[str, Any]) -> None:
    said = task_of(rrule=rule)
    assert "repeats" not in said
    assert "repeats" in said["text"]


def test_the_end_of_a_rule_is_told() -> None:
    rule = {"frequency": "daily", "interval": 1}
    assert task_of(rrule={**rule, "count": 5})["text"] == "Water · 5 times"
    until = {**rule, "until": "2027-01-01T00:00:00Z"}
    assert task_of(rrule=until)["text"] == "Water · until 2027-01-01"


@given(title=st.text(), notes=st.text(), tags=st.lists(st.text(min_size=1), max_size=3))
def test_no_title_is_taken_for_more_than_a_title(title: str, notes: str, tags: list[str]) -> None:
    said = task_of(
        title=title, notes=notes, tags=tags, due={"kind": "date", "value": "2026-03-29"}
    )
    assert said["due"] == "2026-03-29"
    assert said.keys() == {"status", "tags", "text", "due"}
    assert len(said["tags"]) == len(tags)


@pytest.mark.parametrize(
    "sign", ["🔼", "⏫", "📅 2026-01-01", "🔁 every day", "✅2026-01-01", "#not"]
)
def test_signs_of_the_plugin_in_a_title_are_text(sign: str) -> None:
    said = task_of(title=f"Call {sign}")
    assert said.keys() == {"status", "tags", "text"}
    assert said["tags"] == []


# -- in a vault --------------------------------------------------------------------------------


class Vault:
    """A vault beside a world of reminders."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.path = world.root / "vault"
        self.path.mkdir()

    def sync(self, folder: str = FOLDER, **choice: Any) -> VaultReport:
        views = Views(None, (Reminders(),))
        with (
            StateStore(self.world.root / "state" / "state.sqlite") as state,
            open_archive(self.world.archive, state) as opened,
            contextlib.closing(Disk(self.path)) as disk,
        ):
            archived = Gathered(opened.disk, state, opened.row, "reminders", PAGES)
            aim = Aim(folder, Choice(**choice), views.digest_of("obsidian"))
            return Sync(disk, archived, views.render_with(PAGES.template), aim).run()

    def page(self, name: str) -> Path:
        (found,) = self.path.rglob(f"{name}.md")
        return found

    def pages(self) -> list[str]:
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*.md"))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    world = World(tmp_path).fill()
    world.export()
    return Vault(world)


def test_lists_come_into_a_vault_as_tasks_with_their_files(vault: Vault) -> None:
    assert vault.sync().new == 2
    text = vault.page("Garden - Orchard").read_text()
    assert 'aliases: ["Garden / Orchard"]' in text
    assert "## Beds" in text
    assert "    - [x] Ask for the ladder" in text
    (embed,) = re.findall(r"!\[\[(.+?)\]\]", text)
    assert (vault.path / embed).is_file()
    for line in text.splitlines():
        if re.match(r"\s*- \[", line):
            understood(line)
    assert vault.sync().unchanged == 2


def test_a_change_in_reminders_reaches_the_page(vault: Vault) -> None:
    vault.sync()
    vault.world.change("Flour, 2 kg; not sifted", TITLE="Rye flour")
    vault.world.export()
    report = vault.sync()
    assert (report.changed, report.unchanged) == (1, 1)
    assert "Rye flour" in vault.page("Groceries").read_text()


def test_a_task_ticked_in_obsidian_stays_ticked_and_the_newer_list_comes_beside(
    vault: Vault,
) -> None:
    vault.sync()
    page = vault.page("Groceries")
    ticked = page.read_text().replace("- [ ] Flour", "- [x] Flour")
    page.write_text(ticked)
    report = vault.sync()
    assert (len(report.edited), report.beside) == (1, [])
    vault.world.change("Apples", TITLE="Pears")
    vault.world.export()
    report = vault.sync()
    assert report.beside == [f"{FOLDER}/iCloud/Groceries (from Apple Reminders).md"]
    assert page.read_text() == ticked
    assert "Pears" in (vault.path / report.beside[0]).read_text()
    assert "apple-reminders-id" not in (vault.path / report.beside[0]).read_text()
    assert vault.sync().beside == []


def test_a_reminder_that_is_gone_stays_on_the_page(vault: Vault) -> None:
    vault.sync()
    vault.world.sql("DELETE FROM ZREMCDREMINDER WHERE ZTITLE = ?", "Sow broad beans")
    vault.world.export(accept_losses=True)
    vault.sync()
    text = vault.page("Garden - Orchard").read_text()
    gone = text[text.index("## No longer in Reminders") :]
    (line,) = [line for line in gone.splitlines() if line.startswith("- [")]
    assert understood(line)["status"] == "-"
    assert reminder("Sow broad beans")


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({"folders": ("House",)}, ["Garden - Orchard"]),
        ({"folders": ("groceries",)}, ["Groceries"]),
        ({"not_folders": ("House/Garden / Orchard",)}, ["Groceries"]),
        ({"tags": ("spring",)}, ["Garden - Orchard"]),
        ({"not_tags": ("#spring",)}, ["Groceries"]),
        ({"accounts": ("icloud",)}, ["Garden - Orchard", "Groceries"]),
        ({"accounts": ("Local",)}, []),
    ],
)
def test_lists_are_chosen_as_notes_are(
    vault: Vault, choice: dict[str, Any], names: list[str]
) -> None:
    vault.sync(**choice)
    assert vault.pages() == [f"{FOLDER}/iCloud/{name}.md" for name in names]


def test_a_moved_page_is_followed_by_its_property(vault: Vault) -> None:
    vault.sync()
    moved = vault.path / "Mine.md"
    vault.page("Groceries").rename(moved)
    vault.world.change("Apples", TITLE="Pears")
    vault.world.export()
    assert vault.sync().changed == 1
    assert "Pears" in moved.read_text()
    assert len(vault.pages()) == 2


def test_a_list_that_cannot_be_read_costs_a_line_and_no_page(vault: Vault) -> None:
    vault.sync()
    before = vault.page("Groceries").read_text()
    (vault.world.lists / "Groceries.json").write_text("{")
    report = vault.sync()
    assert report.absent == ["Reminders/iCloud/Groceries.json"]
    assert (report.unchanged, report.deleted) == (1, [])
    assert vault.page("Groceries").read_text() == before


def test_the_folder_of_another_exporter_is_refused(vault: Vault) -> None:
    vault.sync()
    journal = vault.path / FOLDER / ".rootcellar/vault.json"
    journal.write_text(journal.read_text().replace('"reminders"', '"notes"'))
    with pytest.raises(UsageError, match="pages of notes already"):
        vault.sync()
