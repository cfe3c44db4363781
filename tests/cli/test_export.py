"""`rootcellar export`, as people and scripts call it."""

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

HEAVY = ("osxphotos", "pydantic", "rich", "jinja2")


def test_the_sample_is_exported_and_the_second_run_leaves_everything_alone(sample: Any) -> None:
    first = sample.export()
    assert first.code == 3  # one original is "only in iCloud", on purpose
    photos = first.document["exporters"]["photos"]
    assert photos["outcome"] == first.document["outcome"] == "partial"
    assert photos["new"] > 40
    assert any(one["role"] == "original" and "iCloud" in one["reason"] for one in photos["absent"])
    assert datetime.fromisoformat(first.document["started"]).utcoffset() == timedelta(0)
    before = sample.tree()
    second = sample.export()
    again = second.document["exporters"]["photos"]
    assert second.code == 3
    assert again["unchanged"] == photos["new"]
    assert {name: again[name] for name in ("new", "changed", "moved", "files", "bytes")} == {
        "new": 0, "changed": 0, "moved": 0, "files": 0, "bytes": 0,
    }  # fmt: skip
    after = sample.tree()
    differing = {name for name in before | after if before.get(name) != after.get(name)}
    assert differing <= {"archive/STATUS.txt"}


def test_everything_safe_is_exit_code_0(garden: Any) -> None:
    done = garden.export()
    assert (done.code, done.err) == (0, "")
    report = done.document
    assert report["outcome"] == "ok"
    assert report["archive"] == str(garden.archive)
    assert report["exporters"]["garden"]["new"] == 2
    assert report["exporters"]["photos"]["outcome"] == "skipped"
    assert (garden.archive / "Garden" / "pear.txt").read_text() == "pear"


def test_something_absent_is_exit_code_3_and_named(garden: Any) -> None:
    garden.plant("quince", "absent")
    done = garden.export()
    assert done.code == 3
    (absent,) = done.document["exporters"]["garden"]["absent"]
    assert absent == {
        "key": "quince",
        "title": "quince",
        "reason": "only in the neighbour's garden",
        "hint": "Ask the neighbour.",
        "role": "original",
    }


def test_a_person_reads_words_on_stdout(garden: Any) -> None:
    garden.plant("quince", "absent")
    done = garden.run("export", "--home", garden.home, "--archive", garden.archive)
    assert done.code == 3
    assert "Garden: 3 new; " in done.out
    assert "1 file absent: only in the neighbour's garden" in done.out
    assert "    quince" in done.out
    assert "    Ask the neighbour." in done.out
    assert f"Archive: {garden.archive}" in done.out
    assert done.err == ""


def test_a_dry_run_tells_what_it_would_do_and_writes_nothing(garden: Any) -> None:
    before = garden.tree()
    done = garden.export("--dry-run")
    assert done.code == 0
    assert done.document["dry_run"] is True
    assert done.document["exporters"]["garden"]["new"] == 2
    assert garden.tree() == before
    garden.export()
    garden.plant("pear", "riper")
    before = garden.tree()
    again = garden.export("--dry-run").document["exporters"]["garden"]
    assert (again["changed"], again["unchanged"]) == (1, 1)
    assert garden.tree() == before


def test_only_the_exporters_that_are_named_are_run(garden: Any) -> None:
    assert list(garden.export("garden").document["exporters"]) == ["garden"]


def test_the_archive_and_the_exporters_may_come_from_the_settings(garden: Any) -> None:
    garden.settle(f'archive = "../archive"\nhome = "{garden.home}"\nexporters = ["garden"]')
    waiting = garden.run("export", "--json")
    assert waiting.code == 75  # it may lie on a drive that is not there: only `init` makes it
    assert "rootcellar init" in waiting.document["error"]["hint"]
    assert not garden.archive.exists()
    assert garden.run("init", garden.archive, "--yes").code == 0
    done = garden.run("export", "--json")
    assert done.code == 0
    assert list(done.document["exporters"]) == ["garden"]
    assert (garden.archive / "Garden" / "pear.txt").exists()


def test_the_only_archive_known_is_the_one_that_is_meant(garden: Any) -> None:
    garden.export()
    again = garden.run("export", "--json", "--home", garden.home)
    assert again.document["archive"] == str(garden.archive)
    assert again.document["exporters"]["garden"]["unchanged"] == 2


def test_what_an_exporter_prints_stays_out_of_the_document(garden: Any) -> None:
    garden.plant("loud")
    done = garden.export()
    assert done.document["exporters"]["garden"]["new"] == 3
    assert "la la la" in done.err


def test_a_persons_own_template_is_used_and_a_broken_one_is_told(sample: Any) -> None:
    own = sample.root / "pages" / "photos"
    own.mkdir(parents=True)
    (own / "sidecar.xmp").write_text("{{ title }}\n{% endif %}\n")
    sample.settle('templates = "../pages"')
    done = sample.export()
    assert done.code == 1
    photos = done.document["exporters"]["photos"]
    assert photos["outcome"] == "failed"
    assert f"The template {own / 'sidecar.xmp'} is wrong in line 2" in photos["message"]
    status = sample.run("status", "--archive", sample.archive, "--json")
    assert status.code != 0
    (own / "sidecar.xmp").write_text("mine\n")
    assert sample.export().code == 3
    (page, *_) = (sample.archive / "Photos").rglob("*.xmp")
    assert page.read_text() == "mine\n"


def test_losses_stop_at_the_brake_until_they_are_accepted(garden: Any) -> None:
    for number in range(30):
        garden.plant(f"pear {number}", str(number))
    garden.export()
    for number in range(25):
        (garden.home / "Garden" / f"pear {number}.txt").unlink()
    stopped = garden.export()
    assert (stopped.code, stopped.document["outcome"]) == (4, "brake")
    one = stopped.document["exporters"]["garden"]
    assert one["gone"] == 0
    assert "--accept-losses" in one["hint"]
    assert garden.run("status", "--archive", garden.archive, "--json").code == 4
    accepted = garden.export("--accept-losses")
    assert (accepted.code, accepted.document["exporters"]["garden"]["gone"]) == (0, 25)
    assert (garden.archive / "Garden" / "pear 3.txt").exists()


# -- what is not imported ----------------------------------------------------------------------


def imported(world: Any, *arguments: str) -> set[str]:
    """Run the command in a fresh Python and return the modules it has loaded at the end."""
    code = (
        "import json, sys\nfrom rootcellar.cli.main import main\n"
        f"sys.argv = ['rootcellar', *{[str(one) for one in arguments]!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def test_help_imports_nothing_heavy(world: Any) -> None:
    for arguments in (["--help"], ["export", "--help"], ["--version"]):
        assert imported(world, *arguments).isdisjoint(HEAVY)


def test_an_idle_run_imports_nothing_heavy(sample: Any) -> None:
    sample.export()
    shutil.rmtree(sample.root / "cache", ignore_errors=True)
    arguments = ("export", "--home", sample.home, "--archive", sample.archive)
    assert imported(sample, *arguments).isdisjoint(HEAVY)
    assert imported(sample, "status", "--archive", sample.archive).isdisjoint(HEAVY)


def test_the_check_of_what_is_imported_would_notice(sample: Any) -> None:
    """The negative control: a first run renders pages, with jinja2."""
    arguments = ("export", "--home", sample.home, "--archive", sample.archive)
    assert "jinja2" in imported(sample, *arguments)


def test_export_and_status_tell_in_words_what_the_settings_leave_out(sample: Any) -> None:
    sample.settings.parent.mkdir(parents=True, exist_ok=True)
    sample.settings.write_text("[photos]\nhidden = false\ntrash = false\n")
    done = sample.run("export", "--home", sample.home, "--archive", sample.archive)
    assert "2 left out by your settings" in done.out
    words = sample.run("status", "--archive", sample.archive).out
    assert "  hidden: 1 left out by your settings\n" in words
    assert "  trash: 1 left out by your settings\n" in words
    assert "  shared albums: " in words
    scopes = sample.run("status", "--archive", sample.archive, "--json").document["exporters"][
        "photos"
    ]["scopes"]
    assert scopes["hidden"] == {"items": 0, "safe": 0, "left_out": 1}
    assert scopes["library"]["items"] > scopes["library"]["safe"] > 0
    text = (sample.archive / "STATUS.txt").read_text()
    assert "  hidden: 1 left out by your settings\n" in text
