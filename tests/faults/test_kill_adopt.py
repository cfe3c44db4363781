"""An adoption that is killed at any step loses no file, and the next one ends it.

At every moment each file of the folder is in the folder or in the archive, whole; whether the next
command is `adopt` again or a plain `export`, the archive is sound afterwards.
"""

import hashlib
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from checking import check_archive
from gleaning import Field
from killing import killed_at
from orchard import counts, tree

from rootcellar.archive import disk as disk_module

pytestmark = pytest.mark.faults

FRUITS = {name: f"the fruit called {name}".encode() for name in ("a", "b", "c", "d")}


def made(root: Path, *, in_place: bool) -> tuple[Field, Path]:
    """Return a field whose folder holds some of the fruits, and the archive they shall go to."""
    shutil.rmtree(root, ignore_errors=True)
    field = Field(root)
    for name, data in FRUITS.items():
        field.farm.plant(name, data, place=f"2024/{name}")
    field.farm.plant("e", None, place="2025/e", size=len(b"away"))
    field.drop("x/1.bin", FRUITS["a"])
    field.drop("x/2.bin", FRUITS["b"])
    field.drop("Orchard/2024/c.bin", FRUITS["c"])
    field.drop("x/y/away.bin", b"away", key="e")
    field.drop("x/stranger.txt", b"a stranger")
    field.drop("Orchard/2025/metadata.jsonl", b"in place, the archive needs this name")
    return field, field.folder if in_place else field.farm.archive


def originals(field: Field) -> Counter[str]:
    """Return the digests of all files outside the source, the parts of a cut-off run left out."""
    return Counter(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for place in (field.folder, field.farm.archive)
        for path in place.rglob("*")
        if path.is_file() and path.parent.name != "parts"
    )


@pytest.mark.parametrize("in_place", [False, True], ids=["into an archive", "in place"])
@pytest.mark.parametrize("then", ["adopt", "export"])
def test_an_adoption_killed_at_any_step_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: bool, in_place: bool, then: str
) -> None:
    monkeypatch.setattr(disk_module, "_syncfs", lambda handle: True)
    root = tmp_path / "field"
    field, archive = made(root, in_place=in_place)
    held = originals(field)
    with killed_at(0) as deadline:
        field.adopt(archive=archive)
    expected, left = tree(archive), tree(field.folder)
    kills = 0
    for step in range(1, len(deadline.steps) + 1):
        if not (everything or step == len(deadline.steps) or random.random() < 0.08):
            continue
        field, archive = made(root, in_place=in_place)
        with killed_at(step):
            field.adopt(archive=archive)
        kills += 1
        now = originals(field)
        assert not held - now, f"lost at step {step}: {deadline.steps[step - 1]}"
        made_already = (archive / ".rootcellar/archive.json").exists()
        if then == "adopt":
            field.adopt(archive=archive)
            assert tree(archive) == expected, deadline.steps[step - 1]
            assert tree(field.folder) == left
        elif made_already or not in_place:
            field.farm.export(archive)
        else:
            continue
        assert not held - originals(field)
        again = field.farm.export(archive)
        assert set(counts(again)) == {"unchanged"}
        assert again.exporters["orchard"].files == 0
        if not in_place:
            assert check_archive(archive, field.farm.state_path) == []
    assert kills
