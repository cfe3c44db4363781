"""The docs say what is so: every command, option, setting and shape is in them, and no other."""

import dataclasses
import importlib
import json
import re
from pathlib import Path

import click
import jsonschema
import pytest

from rootcellar.cli.main import COMMANDS
from rootcellar.config import General
from rootcellar.outcomes import EXIT_CODES
from rootcellar.plugins import installed
from rootcellar.retention import Retention
from rootcellar.schedule.jobs import Job, Notify

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
REFERENCE = DOCS / "reference"
EXAMPLE = REPOSITORY / "examples" / "rootcellar_fonts"


def sections(text: str) -> dict[str, str]:
    """Return the sections of a page by their headings of the second level."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> set[str]:
    """Return the first cells of all tables in a text, without their backticks."""
    cells = re.findall(r"^\| `([^|]+)` \|", text, flags=re.MULTILINE)
    return {cell.replace("`", "") for cell in cells}


# -- commands ----------------------------------------------------------------------------------


def options(command: str) -> set[str]:
    found: click.Command = importlib.import_module(f"rootcellar.cli.{command}").command
    parts: list[click.Command | None] = [found]
    if isinstance(found, click.Group):
        context = click.Context(found)
        parts += [found.get_command(context, name) for name in found.list_commands(context)]
    return {
        name
        for part in parts
        if part is not None
        for parameter in part.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section_with_each_of_its_options_and_no_other(command: str) -> None:
    page = sections((REFERENCE / "commands.md").read_text())
    (section,) = (
        text for name, text in page.items() if re.match(rf"`rootcellar {command}\b", name)
    )
    table = "\n".join(line for line in section.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(--[a-z0-9-]+)", table)) == options(command)


def test_every_part_of_a_command_is_described() -> None:
    text = (REFERENCE / "commands.md").read_text()
    for command in COMMANDS:
        found = importlib.import_module(f"rootcellar.cli.{command}").command
        for name in found.commands if isinstance(found, click.Group) else ():
            assert f"- `rootcellar {command} {name}" in text


def test_no_command_is_described_that_does_not_exist() -> None:
    page = sections((REFERENCE / "commands.md").read_text())
    assert [name.split()[1].rstrip("`") for name in page] == list(COMMANDS)


def test_the_line_in_the_list_of_commands_is_the_first_of_its_help() -> None:
    for name, line in COMMANDS.items():
        found: click.Command = importlib.import_module(f"rootcellar.cli.{name}").command
        assert found.help
        said = {word.lower() for word in re.findall(r"\w+", found.help.partition("\n\n")[0])}
        assert {word.lower() for word in re.findall(r"\w+", line)} - said == set()


# -- settings ----------------------------------------------------------------------------------


def fields(kind: type) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def test_every_general_setting_is_described_and_no_other() -> None:
    page = sections((REFERENCE / "settings.md").read_text())
    assert rows(page["At the top of the file"]) == fields(General)


@pytest.mark.parametrize(("table", "kind"), [("jobs.NAME", Job), ("notify", Notify)])
def test_every_setting_of_jobs_is_described_and_no_other(table: str, kind: type) -> None:
    page = sections((REFERENCE / "settings.md").read_text())
    assert rows(page[f"`[{table}]`"]) == fields(kind)


def test_every_setting_of_every_exporter_is_described_and_no_other() -> None:
    page = sections((REFERENCE / "settings.md").read_text())
    for exporter in installed().exporters:
        if fields(exporter.settings):
            assert rows(page[f"`[{exporter.name}]`"]) == fields(exporter.settings)
        else:
            assert f"`[{exporter.name}]`" not in page


def test_every_setting_of_snapshots_is_described_and_no_other() -> None:
    page = sections((REFERENCE / "settings.md").read_text())
    assert rows(page["`[snapshots]`"]) == fields(Retention)


def test_every_variable_of_the_environment_is_described_and_no_other() -> None:
    code = "".join(path.read_text() for path in (REPOSITORY / "src").rglob("*.py"))
    page = sections((REFERENCE / "settings.md").read_text())
    used = set(re.findall(r"environ(?:\.get\(|\[)\"(ROOTCELLAR_\w+)\"", code))
    assert rows(page["Environment"]) == used


# -- doctor ------------------------------------------------------------------------------------


def test_every_check_of_the_doctor_is_described_and_no_other() -> None:
    code = "".join(
        (REPOSITORY / "src" / "rootcellar" / "cli" / f"{name}.py").read_text()
        for name in ("doctor", "checks")
    )
    used = set(re.findall(r"Check\(\s*f?\"([^\"]+)\"", code))
    used = {re.sub(r"{one\['id'\]}", "ID", re.sub(r"{[a-z.]+}", "NAME", one)) for one in used}
    assert rows((REFERENCE / "doctor.md").read_text()) == used


# -- outcomes and reports ----------------------------------------------------------------------


def test_every_outcome_is_described_with_its_exit_code() -> None:
    text = (REFERENCE / "outcomes.md").read_text()
    table = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", text, flags=re.MULTILINE))
    expected = {name: str(code) for name, code in EXIT_CODES.items() if name != "skipped"}
    assert table == expected


def examples() -> list[tuple[str, str]]:
    """Return (schema, example) for every example on the pages of reports and reminders."""
    pages = ("reports.md", "reminders-records.md")
    text = "".join((REFERENCE / page).read_text() for page in pages)
    return re.findall(
        r"^Schema: \[[\w.-]+\]\(schemas/([\w-]+)\.json\).*?^```json\n(.*?)^```$",
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def test_every_schema_has_one_worked_example() -> None:
    schemas = sorted(path.stem for path in (REFERENCE / "schemas").glob("*.json"))
    assert sorted(name for name, _ in examples()) == schemas


@pytest.mark.parametrize(("name", "example"), examples(), ids=[name for name, _ in examples()])
def test_every_worked_example_follows_its_schema(name: str, example: str) -> None:
    schema = json.loads((REFERENCE / "schemas" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(example))


# -- how to write an exporter ------------------------------------------------------------------


@pytest.mark.parametrize("file", ["rootcellar_fonts.py", "pyproject.toml", "tests/test_fonts.py"])
def test_the_code_on_the_page_is_the_examples(file: str) -> None:
    text = (DOCS / "how-to" / "write-an-exporter.md").read_text()
    blocks = re.findall(r"^```\w+\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert (EXAMPLE / file).read_text() in blocks


# -- all pages ---------------------------------------------------------------------------------


PAGES = sorted([*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md"), *EXAMPLE.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if not re.match(r"[a-z]+:", link):
            target, _, heading = link.partition("#")
            path = (page.parent / target) if target else page
            assert path.exists(), f"{page.name} links to {link}"
            if heading:
                headings = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
                slugs = [re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings]
                assert heading in slugs, f"{page.name} links to {link}"


# -- the features of notes ---------------------------------------------------------------------

FEATURES = (REFERENCE / "notes-features.md").read_text()
SHOWN = re.findall(r"\[(test_\w+)\]\(\.\./\.\./([\w/]+\.py)\)", FEATURES)


@pytest.mark.parametrize(("test", "path"), sorted(set(SHOWN)))
def test_every_feature_of_notes_is_shown_by_a_test_that_exists(test: str, path: str) -> None:
    assert f"def {test}(" in (REFERENCE.parents[1] / path).read_text()


def test_every_line_of_the_features_names_its_test() -> None:
    lines = [line for line in FEATURES.splitlines() if line.startswith("| ")][2:]
    assert len(lines) == len(SHOWN)
