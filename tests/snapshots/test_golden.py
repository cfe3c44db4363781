"""Archives of every format version there ever was are read; bad ones are told by number."""

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from histories import files_below
from reading import lines, zstd

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import ManifestDamaged, read
from rootcellar.engine.opening import open_archive
from rootcellar.errors import UsageError
from rootcellar.snapshots.chain import read_chain
from rootcellar.snapshots.healing import Healing
from rootcellar.snapshots.needs import read_needs
from rootcellar.snapshots.restoring import Restoring
from rootcellar.snapshots.verifying import Verifying
from rootcellar.state.store import StateStore

GOLDEN = Path(__file__).parents[1] / "golden"
VERSIONS = sorted(path.name.removesuffix(".tar.gz") for path in GOLDEN.glob("*.tar.gz"))
DOCS = Path(__file__).parents[2] / "docs/reference/archive-format.md"


def unpacked(name: str, folder: Path) -> Path:
    with tarfile.open(GOLDEN / f"{name}.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(params=VERSIONS)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict]:
    held = json.loads((GOLDEN / f"{request.param}.json").read_text())
    return unpacked(request.param, tmp_path / "archive"), held


def test_there_is_one_of_this_version() -> None:
    from rootcellar.archive.layout import FORMAT_VERSION

    assert f"archive-{FORMAT_VERSION}" in VERSIONS


def test_every_snapshot_is_restored(golden: tuple[Path, dict], tmp_path: Path) -> None:
    archive, held = golden
    for name, files in held.items():
        with contextlib.closing(Disk(archive)) as disk:
            one = Restoring(disk, name)
            assert one.restore(one.select(()), tmp_path / name).outcome == "ok"
        restored = files_below(tmp_path / name)
        assert {path: hashlib.sha256(data).hexdigest() for path, data in restored.items()} == files


def test_it_is_intact_and_known_again(golden: tuple[Path, dict], tmp_path: Path) -> None:
    archive, held = golden
    with StateStore(tmp_path / "state/state.sqlite") as state:
        with open_archive(archive, state) as opened:
            assert "its state was rebuilt from 10 records" in opened.notes[0]
            report = Verifying(opened).verify()
        assert report.problems == []
    assert list(read_chain(Disk(archive)).order) == list(held)


def test_its_own_recovery_script_still_runs(golden: tuple[Path, dict], tmp_path: Path) -> None:
    archive, held = golden
    text = (archive / ".rootcellar/FORMAT.txt").read_text()
    (tmp_path / "recover.py").write_text(text[text.index("import hashlib") :])
    name = list(held)[1]
    command = [sys.executable, "-I", tmp_path / "recover.py", archive, name, tmp_path / "out"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""
    found = files_below(tmp_path / "out")
    assert {path: hashlib.sha256(data).hexdigest() for path, data in found.items()} == held[name]


# -- bad ones ------------------------------------------------------------------------------------


def manifest(archive: Path, number: int) -> Path:
    names = list(json.loads((GOLDEN / "archive-1.json").read_text()))
    return archive / f".rootcellar/snapshots/{names[number]}.jsonl.zst"


def rewritten(path: Path, change: Callable[[list[dict]], object], *, sealed: bool = True) -> None:
    """Change the lines of a manifest; `sealed`: its own digest is right again."""
    name = path.name.removesuffix(".jsonl.zst")
    found = lines(path.parents[2], name)
    change(found)
    body = "".join(json.dumps(line) + "\n" for line in found[:-1])
    last = {**found[-1], "sha256": hashlib.sha256(body.encode()).hexdigest()}
    data = body + json.dumps(last if sealed else found[-1]) + "\n"
    path.write_bytes(zstd.compress(data.encode()))


def not_there(archive: Path) -> None:
    manifest(archive, 1).unlink()


def not_packed(archive: Path) -> None:
    manifest(archive, 1).write_bytes(b"not packed with zstd")


def without_header(archive: Path) -> None:
    manifest(archive, 1).write_bytes(zstd.compress(b'{"path":"a"}\n{"entries":0,"sha256":""}\n'))


def cut_off(archive: Path) -> None:
    path = manifest(archive, 1)
    data = zstd.decompress(path.read_bytes())
    path.write_bytes(zstd.compress(data[: data.rindex(b"\n", 0, -1) - 9]))


def with_another_digest(archive: Path) -> None:
    rewritten(manifest(archive, 1), lambda found: found[1].update(size=7), sealed=False)


def leading_out(archive: Path) -> None:
    rewritten(manifest(archive, 1), lambda found: found[1].update(path="../outside"))


def of_tomorrow(archive: Path) -> None:
    rewritten(manifest(archive, 1), lambda found: found[0].update(format=2))


def with_anothers_name(archive: Path) -> None:
    rewritten(manifest(archive, 1), lambda found: found[0].update(id="2026-01-01T000000Z"))


def on_nothing(archive: Path) -> None:
    rewritten(manifest(archive, 0), lambda found: found[0].update(kind="delta"))


def forged(archive: Path) -> None:
    rewritten(manifest(archive, 1), lambda found: found[1].update(sha256="0" * 64))


def without_the_first(archive: Path) -> None:
    manifest(archive, 0).unlink()


BAD = {
    "M01": not_there,
    "M02": not_packed,
    "M03": without_header,
    "M04": cut_off,
    "M05": with_another_digest,
    "M06": leading_out,
    "M07": of_tomorrow,
    "M08": with_anothers_name,
    "M09": on_nothing,
    "M10": forged,
    "M11": without_the_first,
}


def codes(archive: Path, snapshot: str) -> set[str]:
    """Return the numbers of all that is said about an archive, and about one of its snapshots."""
    with contextlib.closing(Disk(archive)) as disk:
        chain = read_chain(disk)
        found = {error.code for error in read_needs(disk, chain).broken.values()}
        for act in (lambda: read(disk, snapshot), lambda: Restoring(disk, snapshot)):
            try:
                act()
            except ManifestDamaged as error:
                found.add(error.code)
            except UsageError:
                continue  # a snapshot whose manifest is not there is not listed
    return found


def test_every_number_is_described_and_bound_to_a_bad_archive() -> None:
    described = set(re.findall(r"^\| (M\d\d) \|", DOCS.read_text(), flags=re.MULTILINE))
    assert described == set(BAD)


@pytest.mark.parametrize("code", BAD)
def test_a_bad_archive_is_told_by_its_number_and_never_read_wrongly(
    code: str, tmp_path: Path
) -> None:
    archive = unpacked("archive-1", tmp_path / "archive")
    held = json.loads((GOLDEN / "archive-1.json").read_text())
    BAD[code](archive)
    names = list(held)
    first = code in ("M09", "M11")
    assert code in codes(archive, names[0 if first and code == "M09" else 1])
    for name, files in held.items():
        with contextlib.closing(Disk(archive)) as disk:
            try:
                one = Restoring(disk, name)
                one.restore(one.select(()), tmp_path / name)
            except (ManifestDamaged, UsageError):  # the latter: it is not listed any more
                continue
        for path, data in files_below(tmp_path / name).items():
            assert hashlib.sha256(data).hexdigest() == files[path]


@pytest.mark.parametrize("code", BAD)
def test_an_archive_with_a_bad_manifest_goes_on(code: str, tmp_path: Path) -> None:
    archive = unpacked("archive-1", tmp_path / "archive")
    with StateStore(tmp_path / "known/state.sqlite") as state, open_archive(archive, state):
        pass
    BAD[code](archive)
    for place in ("known", "new"):
        here = tmp_path / f"archive-{place}"
        shutil.copytree(archive, here)
        with (
            StateStore(tmp_path / place / "state.sqlite") as state,
            open_archive(here, state, adopt=True) as opened,
        ):
            report = Verifying(opened).verify()
            assert "manifest" in {one.kind for one in report.problems}
            Healing(opened, report.problems).heal()
            last = state.trees.last(opened.row)
        assert last is not None
        tree = Restoring(Disk(here), last.id).tree
        assert {path for path in tree if not (here / path).exists()} == set()
        assert len(tree) >= 20
