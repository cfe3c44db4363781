"""Snapshots as others read them: a bag that the BagIt library finds valid, sums that agree."""

import contextlib
import hashlib
import shutil
import subprocess
from pathlib import Path

import bagit
import pytest
from histories import History, files_below, of_three
from orchard import Farm

from rootcellar.archive.disk import Disk
from rootcellar.errors import UsageError
from rootcellar.snapshots.interchange import write_bag, write_sha256sums
from rootcellar.snapshots.restoring import Restoring


@pytest.fixture
def history(farm: Farm) -> History:
    farm.plant("odd", b"odd", place="Ärger mit Süßem")
    return of_three(farm)


def test_the_bag_of_every_snapshot_is_valid(history: History, tmp_path: Path) -> None:
    for name, files in history.held.items():
        with contextlib.closing(Disk(history.archive)) as disk:
            report = write_bag(Restoring(disk, name), tmp_path / name)
        assert report.outcome == "ok"
        bag = bagit.Bag(str(tmp_path / name))
        bag.validate()
        assert files_below(tmp_path / name / "data") == files
        assert bag.info["External-Identifier"].endswith(name)
    damaged = next((tmp_path / name / "data").rglob("*.bin"))
    damaged.write_bytes(b"damaged")
    assert not bagit.Bag(str(tmp_path / name)).is_valid()


def test_a_bag_of_what_is_left_is_valid_and_the_rest_is_named(
    history: History, tmp_path: Path
) -> None:
    shutil.rmtree(history.archive / ".rootcellar/history")
    report = write_bag(Restoring(Disk(history.archive), history.order[0]), tmp_path / "bag")
    assert report.outcome == "partial"
    assert any(path.endswith("metadata.jsonl") for path in report.lost)
    bagit.Bag(str(tmp_path / "bag")).validate()


def test_a_percent_sign_in_a_name_is_encoded_as_the_standard_wants(
    history: History, tmp_path: Path
) -> None:
    """RFC 8493, 2.1.3. The BagIt library (1.9) does not decode it, so it cannot be asked."""
    history.farm.plant("odd", b"odd", place="100% Ärger")
    history.export()
    write_bag(Restoring(Disk(history.archive), None), tmp_path / "bag")
    assert (tmp_path / "bag/data/Orchard/100% Ärger.bin").read_bytes() == b"odd"
    listed = (tmp_path / "bag/manifest-sha256.txt").read_text()
    assert f"{hashlib.sha256(b'odd').hexdigest()}  data/Orchard/100%25 Ärger.bin\n" in listed


def test_a_bag_is_only_made_in_an_empty_folder(history: History, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/mine").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        write_bag(Restoring(Disk(history.archive), None), tmp_path / "bag")
    assert files_below(tmp_path / "bag") == {"mine": b"mine"}


def test_sums_are_compared_by_the_systems_own_program(history: History, tmp_path: Path) -> None:
    sums = tmp_path / "SHA256SUMS"
    report = write_sha256sums(Restoring(Disk(history.archive), None), sums)
    assert report.files == len(sums.read_text().splitlines())
    program = shutil.which("sha256sum")
    command = [program] if program else ["shasum", "-a", "256"]
    done = subprocess.run(
        [*command, "-c", str(sums)], cwd=history.archive, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == report.files
    with pytest.raises(UsageError, match="there already"):
        write_sha256sums(Restoring(Disk(history.archive), None), sums)
    for line in sums.read_text().splitlines():
        digest, _, path = line.partition("  ")
        assert hashlib.sha256((history.archive / path).read_bytes()).hexdigest() == digest
