"""The Notes app itself as a reader: macnotesapp's own Python, on stand-ins for a Mac's frameworks.

Untried on a Mac. Exports run as the real command, with its processes; each is told by a
`sitecustomize` that it is on a Mac.
"""

import base64
import importlib.util
import json
import os
import re
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from notes_world import World, counts

from rootcellar.sample.notes_content import PASSWORD
from rootcellar.sources.home import HomeFolder, open_capture
from rootcellar_notes import Notes
from rootcellar_notes.live.asked import AppNotAsked, AskedApp
from rootcellar_notes.settings import NotesSettings
from rootcellar_notes.store.html import read_html

REPOSITORY = Path(__file__).parents[3]
FIXTURES = Path(os.environ.get("ROOTCELLAR_FIXTURES", REPOSITORY.parent / "shared/fixtures"))
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("macnotesapp") is None, reason="macnotesapp is not installed"
)
ON_A_MAC = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import notes_app
from rootcellar.sources.home import HomeFolder
notes_app.standing_in({{world!r}})
HomeFolder.is_live = property(lambda self: True)
"""
POST = "x-coredata://19B82A76-B3FE-4427-9C5E-5107C1E3CA57"
PICTURE = b"\x89PNG a small picture"
ENCODED = base64.b64encode(PICTURE).decode()
MARMALADE = f"""<div><h1>Marmalade</h1></div>
<div><br></div>
<div>Seville <b>oranges</b> &amp; sugar</div>
<ul><li>Slice</li><li>Boil</li></ul>
<div><object><table><tbody><tr><td><div>Pot</div></td><td><div>1</div></td></tr></tbody></table>
</object><br></div>
<div>Behind the table</div>
<div><img style="max-width: 100%" src="data:image/png;base64,{ENCODED}"><br></div>
<div><img src="data:image/png;base64,{base64.b64encode(b"another").decode()}"/></div>"""


def note(uri: str, name: str, html: str, **more: Any) -> dict[str, Any]:
    return {
        "id": uri,
        "name": name,
        "html": html,
        "folder": "Notes",
        "created": "2025-03-01T10:00:00+00:00",
        "modified": "2025-03-02T11:30:00+00:00",
        **more,
    }


class Mac:
    """A home with the sample's store, on a Mac whose Notes app has that and another account."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.fill()
        self.world = world
        self.log = world.root / "asked"
        site = world.root / "site"
        site.mkdir()
        self.app = world.root / "app.json"
        (site / "sitecustomize.py").write_text(ON_A_MAC.format(world=str(self.app)))
        monkeypatch.setenv("PYTHONPATH", str(site))
        with sqlite3.connect(world.container / "NoteStore.sqlite") as store:
            (self.identity,) = store.execute("SELECT Z_UUID FROM Z_METADATA").fetchone()
            (self.key,) = store.execute(
                "SELECT Z_PK FROM ZICCLOUDSYNCINGOBJECT WHERE ZTITLE1 = 'Cellar key'"
            ).fetchone()
        store.close()
        self.secret = note(
            f"x-coredata://{self.identity}/ICNote/p{self.key}",
            "Cellar key",
            "<div><h1>Cellar key</h1></div>\n<div>Behind the <b>barrel</b>.</div>",
            locked=True,
        )
        self.marmalade = note(
            f"{POST}/IMAPNote/p7",
            "Marmalade",
            MARMALADE,
            folder="Preserves",
            attachments=[
                {"id": f"{POST}/ICAttachment/p1", "name": "orange.png", "data": ENCODED},
                {"id": f"{POST}/ICAttachment/p2", "name": "Rezept é.pdf", "cid": "cid:R@x",
                 "data": base64.b64encode(b"%PDF").decode()},
                {"id": f"{POST}/ICAttachment/p3", "name": "A card", "url": "https://example.org/"},
                {"id": f"{POST}/ICAttachment/p4", "name": "../../evil.txt", "data": ENCODED},
            ],
        )  # fmt: skip
        self.others = [note(f"{POST}/IMAPNote/p8", "Plain", "<div>Plain</div>")]
        self.facts: dict[str, Any] = {"asked": str(self.log)}

    def settle(self, text: str = "live = true") -> None:
        self.world.settle(text)

    def write(self) -> None:
        cloud = {"id": f"x-coredata://{self.identity}/ICAccount/p1", "name": "iCloud"}
        post = {"id": f"{POST}/IMAPAccount/p2", "name": "Post"}
        accounts = [
            {**cloud, "notes": [self.secret]},
            {**post, "notes": [self.marmalade, *self.others]},
        ]
        self.app.write_text(json.dumps({"accounts": accounts, **self.facts}))
        self.log.write_text("")

    def export(self, *arguments: str, **options: Any) -> dict[str, Any]:
        self.write()
        return self.world.export(*arguments, **options)

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def mac(world: World, monkeypatch: pytest.MonkeyPatch) -> Mac:
    made = Mac(world, monkeypatch)
    made.settle()
    return made


# -- accounts that no store has ----------------------------------------------------------------


def test_notes_of_an_account_that_no_store_has_come_from_the_app(mac: Mac) -> None:
    mac.export()
    page = mac.world.page("Post/Preserves/Marmalade")
    assert "Seville **oranges** & sugar" in page
    assert "- Slice\n- Boil" in page
    assert re.search(r"\| Pot +\| 1 +\|", page)
    assert page.index("Pot") < page.index("Behind the table") < page.index("orange.png")
    assert "[A card](https://example.org/)" in page
    folder = mac.world.archive / "Notes/Post/Preserves"
    assert (folder / "Marmalade - orange.png").read_bytes() == PICTURE
    assert (folder / "Marmalade - Picture 1.png").read_bytes() == b"another"
    assert (folder / "Marmalade - Rezept é.pdf").read_bytes() == b"%PDF"
    assert not list(mac.world.root.rglob("evil.txt"))
    line = mac.world.record("Post/Preserves/Marmalade")
    record = line["record"]
    assert (record["created"], record["modified"]) == (
        "2025-03-01T10:00:00Z",
        "2025-03-02T11:30:00Z",
    )
    assert record["account"]["kind"] == "app"
    assert ENCODED not in json.dumps(record)
    assert len(mac.world.record("Post/Notes/Plain")["files"]) == 1


def test_of_what_a_store_has_the_app_is_not_asked(mac: Mac) -> None:
    mac.export()
    assert "notes of Post" in mac.asked
    assert not [event for event in mac.asked if mac.identity in event]
    record = mac.world.record("iCloud/Recipes/Apple pie")["record"]
    assert "html" not in record


def test_a_note_in_the_store_of_another_account_is_left_to_the_store(mac: Mac) -> None:
    inside = f"x-coredata://{mac.identity.lower()}/ICNote/p2"
    mac.others.append(note(inside, "In a store", "<div>x</div>"))
    mac.export()
    assert not list(mac.world.archive.rglob("In a store*"))


def test_a_run_again_finds_what_is_new_in_the_app(mac: Mac) -> None:
    mac.export()
    assert counts(mac.export()) == {}
    mac.marmalade["html"] = "<div><h1>Marmalade</h1></div><div>Lemons</div>"
    mac.marmalade["modified"] = "2025-03-03T00:00:00+00:00"
    mac.others.pop()
    assert counts(mac.export("--accept-losses")) == {"changed": 1, "gone": 1}
    assert "Lemons" in mac.world.page("Post/Preserves/Marmalade")


def test_where_the_app_is_not_asked_its_notes_stay(mac: Mac) -> None:
    mac.export()
    before = mac.world.everything()
    mac.settle("")
    assert counts(mac.export()) == {}
    assert mac.asked == []
    mac.settle()
    (mac.world.root / "site/sitecustomize.py").unlink()  # another machine
    assert counts(mac.export()) == {}
    assert "Marmalade" in mac.world.page("Post/Preserves/Marmalade")
    assert len(mac.world.everything()) == len(before)


def test_an_app_that_may_not_be_asked_costs_nothing_but_a_line(mac: Mac) -> None:
    mac.export()
    mac.facts["denied"] = True
    report = mac.export(codes=(3,))
    assert counts(report) == {}
    assert "tells of no account" in report["message"]
    assert "Automation" in report["hint"]
    assert "Marmalade" in mac.world.page("Post/Preserves/Marmalade")


def test_an_app_that_ends_while_it_is_asked_is_asked_again_by_the_next_run(mac: Mac) -> None:
    mac.facts["dies"] = f"body {mac.others[0]['id']}"
    mac.export()
    assert "Seville" in mac.world.page("Post/Preserves/Marmalade")
    assert "cold butter" in mac.world.page("iCloud/Recipes/Apple pie").replace("**", "")
    assert not (mac.world.archive / "Notes/Post/Notes").exists()
    mac.facts["dies"] = ""
    assert counts(mac.export()) == {"new": 1}
    assert "Plain" in mac.world.page("Post/Notes/Plain")


def test_without_macnotesapp_the_run_says_how_to_get_it(mac: Mac) -> None:
    site = mac.world.root / "site/sitecustomize.py"
    site.write_text(site.read_text() + "\nimport sys; sys.modules['macnotesapp'] = None\n")
    report = mac.export(codes=(3,))
    assert "pip install macnotesapp" in report["hint"]
    assert "cold butter" in mac.world.page("iCloud/Recipes/Apple pie").replace("**", "")


def test_a_store_that_cannot_be_read_is_not_taken_for_an_account_without_one(mac: Mac) -> None:
    copy = mac.world.home / "Library/Containers/com.apple.Notes/Data/Library/Notes"
    copy.mkdir(parents=True)
    (copy / "NotesV7.storedata").write_bytes(b"no database")
    mac.export(codes=(3,))
    assert not (mac.world.archive / "Notes/Post").exists()


# -- locked notes --------------------------------------------------------------------------------

CELLAR = "iCloud/Notes/Cellar key"
PLAIN = 'live = true\nlocked = "plain"'


def test_a_locked_note_that_is_open_in_the_app_is_archived_and_stays(mac: Mac) -> None:
    mac.settle(PLAIN)
    mac.export()
    assert "Its text is not in this archive" in mac.world.page(CELLAR)
    mac.secret["open"] = True
    assert counts(mac.export()) == {"changed": 1}
    opened = mac.world.page(CELLAR)
    assert "Behind the **barrel**." in opened
    record = mac.world.record(CELLAR)["record"]
    assert (record["locked"]["state"], record["account"]["name"]) == ("opened in Notes", "iCloud")
    assert counts(mac.export()) == {}
    mac.secret["open"] = False
    report = mac.export()
    assert (counts(report), report["skipped"]) == ({}, 1)
    assert mac.world.page(CELLAR) == opened
    mac.secret |= {"open": True, "html": "<div><h1>Cellar key</h1></div><div>Moved.</div>"}
    assert counts(mac.export()) == {"changed": 1}
    assert "Moved." in mac.world.page(CELLAR)


@pytest.mark.parametrize("shut", ["", "<div><h1>Cellar key</h1></div>", "missing value"])
def test_a_note_that_is_locked_in_the_app_stays_shut(mac: Mac, shut: str) -> None:
    mac.settle(PLAIN)
    mac.secret["shut"] = shut
    mac.export()
    assert "Its text is not in this archive" in mac.world.page(CELLAR)


def test_a_password_that_fits_wins_over_the_app(mac: Mac) -> None:
    secrets = mac.world.root / "passwords"
    secrets.write_text(f"{PASSWORD}\n")
    secrets.chmod(0o600)
    mac.settle(f'{PLAIN}\npasswords = "{secrets}"')
    mac.secret["open"] = True
    mac.export()
    assert "Under the third flowerpot." in mac.world.page(CELLAR)
    assert not [event for event in mac.asked if mac.identity in event]


def test_with_a_password_that_does_not_fit_the_app_is_asked(mac: Mac) -> None:
    secrets = mac.world.root / "passwords"
    secrets.write_text("not this one\n")
    secrets.chmod(0o600)
    mac.settle(f'{PLAIN}\npasswords = "{secrets}"')
    mac.secret["open"] = True
    mac.export()
    assert "Behind the **barrel**." in mac.world.page(CELLAR)


@pytest.mark.parametrize("locked", ["skip", "encrypted"])
def test_what_is_locked_is_never_asked_for_unless_the_settings_say_so(
    mac: Mac, locked: str
) -> None:
    mac.settle(f'live = true\nlocked = "{locked}"')
    mac.secret["open"] = True
    html = "<div>Locked there</div><div>Hush</div>"
    mac.others.append(note(f"{POST}/X/p9", "Locked there", html, locked=True, open=True))
    mac.export()
    assert f"body {mac.secret['id']}" not in mac.asked
    assert f"body {POST}/X/p9" not in mac.asked
    assert b"barrel" not in mac.world.everything()
    assert b"Hush" not in mac.world.everything()
    assert "Its text is not in this archive" in mac.world.page("Post/Notes/Locked there")


def test_a_locked_note_that_only_the_app_has(mac: Mac) -> None:
    mac.settle(PLAIN)
    hushed = note(f"{POST}/X/p9", "Hush", "<div>Hush</div><div>Now</div>", locked=True)
    mac.others.append(hushed)
    mac.export()
    assert "Its text is not in this archive" in mac.world.page("Post/Notes/Hush")
    hushed["open"] = True
    assert counts(mac.export()) == {"changed": 1}
    assert "Now" in mac.world.page("Post/Notes/Hush")
    hushed["open"] = False
    assert counts(mac.export()) == {}
    assert "Now" in mac.world.page("Post/Notes/Hush")


def test_what_was_open_in_the_app_stays_where_the_app_is_not(mac: Mac) -> None:
    mac.settle(PLAIN)
    mac.secret["open"] = True
    mac.export()
    opened = mac.world.page(CELLAR)
    (mac.world.root / "site/sitecustomize.py").unlink()  # another machine, the same home
    mac.world.sql("UPDATE ZICCLOUDSYNCINGOBJECT SET Z_OPT = Z_OPT + 1")
    assert counts(mac.export()) == {}
    assert mac.world.page(CELLAR) == opened
    assert "barrel" in opened


# -- what the app says ---------------------------------------------------------------------------


def test_columns_of_different_lengths_are_asked_for_one_by_one(mac: Mac) -> None:
    mac.facts["short"] = True
    mac.export()
    assert "column name" in mac.asked
    assert "Seville" in mac.world.page("Post/Preserves/Marmalade")
    assert mac.world.page("Post/Notes/Plain")


def test_an_app_that_hangs_is_given_up(mac: Mac) -> None:
    mac.facts["hangs"] = "accounts"
    mac.write()
    app = AskedApp(seconds=8)
    with pytest.raises(AppNotAsked, match="does not answer"):
        app.accounts()
    mac.facts["hangs"] = ""
    mac.write()
    assert [one.name for one in app.accounts()] == ["iCloud", "Post"]
    app.close()


def test_the_doctor_says_whether_the_app_may_be_asked(mac: Mac) -> None:
    exporter = Notes()

    def said() -> str:
        mac.write()
        home = HomeFolder(mac.world.home)
        stores = home.stores(exporter.reads).stores
        with open_capture(home, stores, NotesSettings(live=True)) as capture:
            (one,) = exporter.second_look(capture)
        return f"{type(one).__name__} {one}"

    assert re.match("Notice .*iCloud, Post", said())
    mac.facts["denied"] = True
    assert re.match("Trouble .*Automation", said())


def test_an_answer_that_nobody_hears_out_is_no_answer_to_the_next_question(mac: Mac) -> None:
    mac.write()
    app = AskedApp()
    first = app.told([mac.marmalade["id"], mac.others[0]["id"]])
    assert next(first).html.startswith("<div><h1>Marmalade")
    first.close()  # type: ignore[attr-defined]
    assert len(app.accounts()) == 2
    app.close()


def test_one_module_alone_knows_macnotesapp() -> None:
    importing = re.compile(r"^\s*(import|from) macnotesapp", re.MULTILINE)
    sources = [*(REPOSITORY / "src").rglob("*.py"), *(REPOSITORY / "exporters").rglob("*.py")]
    found = [path.name for path in sources if importing.search(path.read_text())]
    assert found == ["app.py"]


def test_exports_that_do_not_ask_load_nothing_of_it(mac: Mac) -> None:
    script = (
        "import sys, rootcellar_notes.exporter; "
        "assert not [m for m in sys.modules if '.live' in m or 'macnotes' in m]"
    )
    mac.write()
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", script]) == 0


def told_by_notes() -> list[Any]:
    """Return (title, HTML, text) of what macnotesapp said of real notes on real Macs."""
    found = []
    for path in sorted(FIXTURES.glob("notes/*/expected.txt")):
        for block in re.split(r"^note\.id=", path.read_text(), flags=re.MULTILINE)[1:]:
            name = re.search(r"^note\.name=(.*)$", block, re.MULTILINE)
            html, _, text = block.partition("\nnote.body=")[2].partition("\nnote.plaintext=")
            assert name is not None
            if html.strip():
                mark = f"{path.parent.name}: {name[1]}"
                found.append(pytest.param(html, text, id=mark))
    return found


@pytest.mark.fixtures
@pytest.mark.parametrize(("html", "text"), told_by_notes())
def test_real_html_of_the_app_reads_as_the_app_says_it(html: str, text: str) -> None:
    lines = [line.strip() for line in read_html(html).body.text.splitlines()]
    said = [line.strip() for line in text.splitlines()]
    assert [line for line in lines if line.strip("￼")] == [
        line for line in said if line.strip("￼")
    ]
    assert lines.count("￼") == html.count("<table")
