"""snapshot and restore as a person calls them: what they print, write and exit with."""

import shutil
from typing import Any

import pytest


@pytest.fixture
def history(garden: Any) -> Any:
    """A garden of which two snapshots were made."""
    garden.export()
    garden.plant("quince", "quince")
    garden.plant("pear", "a better pear")
    garden.export()
    return garden


def ids(world: Any) -> list[str]:
    listed = world.run("snapshot", "list", "--json", "--archive", world.archive)
    assert listed.code == 0
    return [one["id"] for one in listed.document["snapshots"]]


def test_snapshots_are_listed_oldest_first_with_their_completeness(history: Any) -> None:
    history.plant("far", "absent")
    history.export()
    told = history.run("snapshot", "list", "--json").document
    found = told["snapshots"]
    assert [one["parent"] for one in found] == [None, found[0]["id"], found[1]["id"]]
    assert [one["complete"] for one in found] == [True, True, False]
    assert found[2]["exporters"]["garden"] == {
        "outcome": "partial",
        "items": 4,
        "safe": 3,
        "absent": 1,
        "failed": 0,
    }
    spoken = history.run("snapshot", "list").out.splitlines()
    assert [line.split()[0] for line in spoken] == [one["id"] for one in found]
    assert "garden: 3 of 4 items" in spoken[2]


def test_what_changed_is_told_in_words(history: Any) -> None:
    first, second = ids(history)
    told = history.run("snapshot", "diff", "--json").document
    assert (told["before"], told["after"]) == (first, second)
    assert told["words"] == "1 new garden, 1 garden edited"
    history.plant("pear", "pear")
    (history.home / "Garden/plum.txt").unlink()
    history.export()
    told = history.run("snapshot", "diff", second, "--json").document
    assert told["words"] == "1 garden edited, 1 garden gone"
    assert "1 new garden, 1 garden gone" in history.run("snapshot", "diff", first).out
    named = history.run("snapshot", "diff", first, second, "--files").out
    assert "+ Garden/quince.txt" in named
    assert "* Garden/pear.txt" in named


def test_what_one_holds_is_told(history: Any) -> None:
    first, second = ids(history)
    shown = history.run("snapshot", "show", first, "--files", "--json").document
    assert (shown["id"], shown["words"]) == (first, "2 new garden")
    assert {one["path"] for one in shown["entries"]} == {
        "Garden/metadata.jsonl",
        "Garden/pear.txt",
        "Garden/plum.txt",
    }
    assert f"{second}: 4 files" in history.run("snapshot", "show").out


def test_create_finds_what_others_changed(history: Any) -> None:
    _, second = ids(history)
    quiet = history.run("snapshot", "create", "--json")
    assert (quiet.code, quiet.document["made"], quiet.document["snapshot"]) == (0, False, second)
    (history.archive / "Garden/plum.txt").write_text("changed")
    (history.archive / "Garden/pear.txt").unlink()
    (history.archive / "Garden/mine.txt").write_text("a stranger")
    (history.archive / "Garden/.DS_Store").write_text("litter")
    found = history.run("snapshot", "create", "--json")
    assert found.code == 3
    assert found.document["walk"] == {
        "edited": [],
        "damaged": ["Garden/plum.txt"],
        "missing": ["Garden/pear.txt"],
        "strangers": 1,
        "litter": 1,
        "files": 3,
    }
    assert found.document["made"] is False
    told = history.run("snapshot", "create").out
    assert f"No snapshot was made: what is not as it was in {second} is damage." in told
    assert "1 file missing:\n    Garden/pear.txt" in told
    assert "Garden/plum.txt" in told
    assert "rootcellar verify" in told


def test_what_a_rebuilt_state_no_longer_finds_is_told_as_files(history: Any) -> None:
    shutil.rmtree(history.root / "state")
    (history.archive / "Garden/plum.txt").unlink()
    assert history.run("verify", "--archive", history.archive).code == 3
    shown = history.run("snapshot", "show", "--archive", history.archive).out
    assert "1 file not there any more" in shown
    assert "()" not in shown


def test_a_snapshot_is_restored_and_what_is_lost_is_named(history: Any) -> None:
    first, _ = ids(history)
    out = history.root / "out"
    done = history.run("restore", "--snapshot", first, "--to", out, "--json")
    assert (done.code, done.document["files"]) == (0, 3)
    assert (out / "Garden/pear.txt").read_text() == "pear"
    shutil.rmtree(history.archive / ".rootcellar/history")
    done = history.run("restore", "pear", "--snapshot", first, "--to", history.root / "two")
    assert done.code == 2
    done = history.run("restore", "--snapshot", first, "--to", history.root / "two", "--json")
    assert done.code == 3
    assert {one["path"] for one in done.document["lost"]} == {
        "Garden/pear.txt",
        "Garden/metadata.jsonl",
    }


def test_what_makes_no_sense_is_told_with_a_hint(history: Any) -> None:
    for arguments, said in (
        (("restore",), "Where to?"),
        (("restore", "plum", "--to", history.archive / "new"), "in the archive itself"),
        (("restore", "apple", "--to", history.root / "out"), "Nothing in this snapshot"),
        (("restore", "latest", "--to", history.root / "out"), "--snapshot"),
        (("restore", "--snapshot", "1999", "--to", history.root / "out"), "no snapshot 1999"),
        (("snapshot", "show", "1999"), "no snapshot 1999"),
    ):
        done = history.run(*arguments)
        assert done.code == 2
        assert said in done.err
    assert not (history.root / "out").exists()


def test_whole_paths_into_the_archive_are_understood(history: Any) -> None:
    out = history.root / "out"
    (history.archive / "Garden/pear.txt").unlink()
    for word in (history.archive / "Garden/plum.txt", f"{history.archive}/Garden/"):
        done = history.run("restore", word, "--to", out, "--json")
        assert done.code in (0, 3), done.err
    assert (out / "Garden/plum.txt").read_text() == "plum"
    assert history.run("verify", history.archive / "Garden/plum.txt").code == 0
    assert history.run("restore", "/elsewhere/Garden/plum.txt", "--to", out).code == 2


def test_what_no_restore_replaces_is_named_before_anything_is_written(history: Any) -> None:
    out = history.root / "out"
    out.mkdir()
    (out / "Garden").symlink_to(history.root / "nowhere")
    done = history.run("restore", "plum.txt", "--to", out, "--overwrite")
    assert done.code == 2
    assert f"{out / 'Garden'} is no folder" in done.err
    (out / "Garden").unlink()
    (out / "Garden/plum.txt").mkdir(parents=True)
    done = history.run("restore", "--to", out, "--overwrite")
    assert done.code == 2
    assert f"A folder is where the file {out / 'Garden/plum.txt'} has to be" in done.err
    assert [path.name for path in out.rglob("*")] == ["Garden", "plum.txt"]


def test_a_snapshot_of_an_archive_that_is_new_here_is_restored_too(history: Any) -> None:
    shutil.rmtree(history.root / "state")
    first, _ = ids(history)
    out = history.root / "out"
    options = ("--snapshot", first, "--to", out, "--archive", history.archive)
    assert history.run("restore", "pear.txt", *options).code == 0
    assert (out / "Garden/pear.txt").read_text() == "pear"


def test_what_no_rule_keeps_is_freed_and_a_dry_run_says_how_much(history: Any) -> None:
    first, second = ids(history)
    none = history.run("snapshot", "prune", "--json")
    assert (none.code, none.document["outcome"]) == (2, "usage")
    options = ("snapshot", "prune", "--keep-last", "1", "--grace", "0s", "--json")
    told = history.run(*options, "--dry-run").document
    assert (told["pruned"], told["kept"]) == ([first], [second])
    done = history.run(*options).document
    assert done["freed"] == told["freed"]
    assert done["freed"]["files"] == 2
    listed = history.run("snapshot", "list", "--json").document["snapshots"]
    assert [bool(one["pruned"]) for one in listed] == [True, False]
    assert "pruned" in history.run("snapshot", "list").out


def test_the_rule_of_the_settings_holds_unless_another_is_given(history: Any) -> None:
    first, second = ids(history)
    history.settle('[snapshots]\nkeep_daily = 3\ngrace = "1h"\n')
    told = history.run("snapshot", "prune", "--json").document
    assert (told["kept"], told["pruned"]) == ([second], [first])
    assert told["freed"]["files"] == 0
    assert told["waiting"]["files"] == 2
    history.settle('[snapshots]\ngrace = "soon"\n')
    wrong = history.run("snapshot", "prune")
    assert wrong.code == 2
    assert "'soon' is no time" in wrong.err


def test_a_drill_restores_compares_opens_and_leaves_nothing(history: Any) -> None:
    scratch = history.root / "scratch"
    scratch.mkdir()
    done = history.run("restore", "--drill", "6", "--json")
    assert done.code == 0
    assert done.document["drilled"] == 6
    assert done.document["opened"] == 6
    assert done.document["snapshots"] == 2
    proofs = history.run("status", "--json").document["proofs"]
    assert proofs["drill"]["outcome"] == "ok"
    assert "Restored for a trial" in history.run("status").out
    shutil.rmtree(history.archive / ".rootcellar/history")
    broken = history.run("restore", "--drill", "6")
    assert broken.code == 3
    assert "missing in the history" in broken.out
    assert history.run("restore", "plum", "--drill", "6").code == 2
