"""verify as a person calls it: what it prints, mends and exits with."""

import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def exported(garden: Any) -> Any:
    garden.settle(f'archive = "{garden.archive}"\nhome = "{garden.home}"\n')
    garden.run("init", garden.archive, "--yes")
    garden.export()
    return garden


def flip(path: Path) -> None:
    status, data = path.stat(), bytearray(path.read_bytes())
    data[1] ^= 4
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_an_intact_archive_is_said_to_be_intact(exported: Any) -> None:
    done = exported.run("verify", "--json")
    assert (done.code, done.document["outcome"], done.document["problems"]) == (0, "ok", [])
    assert done.document["checked"] == 3
    assert "Everything is intact." in exported.run("verify").out


def test_damage_is_healed_from_the_source_that_is_still_there(exported: Any) -> None:
    pear = exported.archive / "Garden/pear.txt"
    flip(pear)
    done = exported.run("verify", "--json")
    assert done.code == 3
    (problem,) = done.document["problems"]
    assert (problem["path"], problem["kind"], problem["healed"]) == (
        "Garden/pear.txt",
        "rot",
        True,
    )
    assert pear.read_text() == "pear"
    (aside,) = (exported.archive / ".rootcellar/quarantine").iterdir()
    assert aside.read_bytes() not in (b"pear", b"")
    assert exported.run("verify").code == 0


def test_damage_that_nobody_can_mend_is_named_each_time(exported: Any) -> None:
    pear = exported.archive / "Garden/pear.txt"
    (exported.home / "Garden/pear.txt").unlink()
    exported.export()
    flip(pear)
    broken = pear.read_bytes()
    for _ in range(2):
        done = exported.run("verify")
        assert done.code == 3
        assert "DAMAGED Garden/pear.txt: its bytes have changed by themselves" in done.out
        assert pear.read_bytes() == broken


def test_damage_is_only_named_where_the_source_has_changed_since(exported: Any) -> None:
    pear = exported.archive / "Garden/pear.txt"
    flip(pear)
    exported.plant("pear", "a better pear")
    done = exported.run("verify", "--json")
    (problem,) = done.document["problems"]
    assert not problem["healed"]
    assert pear.read_text() == "a better pear"


def test_a_budget_a_time_and_a_path_say_how_much_is_read(exported: Any) -> None:
    assert exported.run("verify", "--budget", "1MiB", "--for", "10m").code == 0
    assert exported.run("verify", "Garden/plum.txt", "--json").document["checked"] == 1
    assert exported.run("verify", "Garden", "--json").document["checked"] == 3
    for arguments, said in (
        (("--budget", "much"), "'much' is no size"),
        (("--for", "ever"), "'ever' is no time"),
        (("Garden/fig.txt",), "The archive has no file 'Garden/fig.txt'"),
    ):
        done = exported.run("verify", *arguments)
        assert done.code == 2
        assert said in done.err


def test_an_archive_that_is_not_there_cannot_be_verified(exported: Any) -> None:
    exported.archive.rename(exported.root / "elsewhere")
    assert exported.run("verify", "--json").code == 75


def test_a_damaged_state_is_told_with_what_to_do(exported: Any) -> None:
    state = next((exported.root / "state").rglob("state.sqlite"))
    data = bytearray(state.read_bytes())
    data[:64] = bytes(64)
    state.write_bytes(data)
    for beside in state.parent.glob("state.sqlite-*"):
        beside.unlink()
    done = exported.run("verify")
    assert done.code == 1
    assert "rootcellar rebuild" in done.err
