"""Asking Photos for originals: the protocol with the child process, the calls to osxphotos."""

import ast
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rootcellar.api import DownloadRefused, DownloadsImpossible
from rootcellar.engine.running import Order, run
from rootcellar.engine.task import Task
from rootcellar.report import RunReport
from rootcellar.sample.photos_items import Photo
from rootcellar.sample.photos_library import PhotosLibraryBuilder
from rootcellar.state.store import StateStore
from rootcellar.views import Views
from rootcellar_photos import Photos, asking
from rootcellar_photos.downloading import PhotosDownloader
from rootcellar_photos.settings import PhotosSettings


class Resource:
    """Stands in for PHAssetResource."""

    def __init__(self, kind: int, data: bytes) -> None:
        self.kind, self.data = kind, data

    def type(self) -> int:
        return self.kind


class Asset:
    """Stands in for osxphotos.photokit.PhotoAsset."""

    ismovie = False

    def __init__(self, resources: Mapping[int, bytes], *, movie: bool = False) -> None:
        self.resources, self.ismovie = resources, movie

    def _resources(self) -> list[Resource]:
        return [Resource(kind, data) for kind, data in self.resources.items()]

    def _request_resource_data(self, resource: Resource) -> bytes:
        return resource.data

    def export(self, dest: str, version: str) -> list[str]:
        path = Path(dest) / f"{version}.mov"
        path.write_bytes(b"movie")
        return [str(path)]


class Kit:
    """Stands in for the module osxphotos.photokit."""

    PHOTOS_VERSION_ORIGINAL = "original"
    PHOTOS_VERSION_CURRENT = "current"
    PHOTOKIT_REQUEST_TIMEOUT = 300.0

    class PhotoKitError(Exception):
        pass

    class PhotoKitAuthError(PhotoKitError):
        pass

    class PhotoKitFetchFailed(PhotoKitError):
        pass

    assets: ClassVar[dict[str, Asset]] = {
        "live": Asset({1: b"picture", 9: b"video", 5: b"drawn"}),
        "movie": Asset({}, movie=True),
        "empty": Asset({1: b""}),
    }

    class PhotoLibrary:
        def fetch_uuid(self, uuid: str) -> Asset:
            if uuid == "forbidden":
                raise Kit.PhotoKitAuthError
            if uuid not in Kit.assets:
                raise Kit.PhotoKitFetchFailed
            return Kit.assets[uuid]


def asked(uuid: str, roles: list[str], folder: Path) -> dict[str, Any]:
    return asking.answer(
        {"uuid": uuid, "roles": roles, "folder": str(folder), "timeout": 500}, Kit
    )


def test_originals_are_asked_for_by_the_kind_of_their_resource(tmp_path: Path) -> None:
    files = asked("live", ["original", "live", "edited"], tmp_path)["files"]
    found = {role: Path(path).read_bytes() for role, path in files.items()}
    assert found == {"original": b"picture", "live": b"video", "edited": b"drawn"}


def test_what_comes_is_given_though_another_file_does_not(tmp_path: Path) -> None:
    assert asked("live", ["original", "raw"], tmp_path)["files"].keys() == {"original"}


@pytest.mark.parametrize(("role", "version"), [("original", "original"), ("edited", "current")])
def test_videos_come_as_files(role: str, version: str, tmp_path: Path) -> None:
    assert asked("movie", [role], tmp_path)["files"][role].endswith(f"{version}.mov")


def test_what_photos_does_not_have_is_refused(tmp_path: Path) -> None:
    assert asked("nobody", ["original"], tmp_path)["for_good"]
    assert "error" in asked("empty", ["original"], tmp_path)
    assert asked("forbidden", ["original"], tmp_path)["impossible"]


def test_one_odd_request_does_not_end_the_answers() -> None:
    said: list[str] = []
    request = {"uuid": "live", "roles": ["raw"], "folder": "", "timeout": 1}
    asking.serve(Kit, ["{}", json.dumps(request)], said.append)
    assert "KeyError" in json.loads(said[0])["error"]
    assert "no file of the kind raw" in json.loads(said[1])["error"]


def test_nothing_is_given_up_for_good_before_photos_has_given_anything(tmp_path: Path) -> None:
    said: list[str] = []
    common = {"roles": ["original"], "folder": str(tmp_path), "timeout": 1}
    lines = [json.dumps({"uuid": uuid, **common}) for uuid in ("nobody", "live", "nobody")]
    asking.serve(Kit, lines, said.append)
    assert [json.loads(one).get("for_good") for one in said] == [False, None, True]


def test_photokit_may_take_as_long_as_we_wait(tmp_path: Path) -> None:
    asked("live", ["original"], tmp_path)
    assert Kit.PHOTOKIT_REQUEST_TIMEOUT == 500


# -- the parent --------------------------------------------------------------------------------


def child(answers: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys, time, json\nfor line in sys.stdin:\n {answers}")


def download(command: tuple[str, ...], tmp_path: Path, timeout: float = 20) -> Any:
    downloader = PhotosDownloader(tmp_path, tmp_path, "", command=command)
    try:
        return downloader.download("live", ("original",), tmp_path, timeout)
    finally:
        downloader.close()


def test_an_answer_is_waited_for(tmp_path: Path) -> None:
    answer = "print(json.dumps({'files': {'original': json.loads(line)['folder']}}), flush=True)"
    assert download(child(answer), tmp_path) == {"original": tmp_path}


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [
        ("time.sleep(60)", False),
        ("sys.exit(3)", False),
        ("""print('{"error": "no", "for_good": true}', flush=True)""", True),
        ("""print('{"error"', end="", flush=True); time.sleep(60)""", False),
    ],
)
def test_no_answer_is_waited_for_for_ever(answer: str, for_good: bool, tmp_path: Path) -> None:
    with pytest.raises(DownloadRefused) as refused:
        download(child(answer), tmp_path, timeout=1)
    assert refused.value.for_good is for_good


def test_after_a_question_that_was_given_up_the_next_one_is_asked(tmp_path: Path) -> None:
    slow_once = tmp_path / "slow"
    answer = f"""import pathlib; first = not pathlib.Path({str(slow_once)!r}).exists()
 pathlib.Path({str(slow_once)!r}).touch(); time.sleep(60 if first else 0)
 print('{{"files": {{}}}}', flush=True)"""
    downloader = PhotosDownloader(tmp_path, tmp_path, "", command=child(answer))
    with pytest.raises(DownloadRefused):
        downloader.download("live", ("original",), tmp_path, 1)
    assert downloader.download("live", ("original",), tmp_path, 20) == {}
    downloader.close()


def test_only_items_of_its_own_library_are_asked_for(tmp_path: Path) -> None:
    downloader = PhotosDownloader(tmp_path, tmp_path, "system", "mark")
    asked_for = [
        downloader.can_ask(key, store)
        for key, store in [
            ("a", "system"),
            ("a~mark", "system"),
            ("a~other", "system"),
            ("a", "other"),
        ]
    ]
    assert asked_for == [True, True, False, False]


def test_a_marked_key_is_asked_for_by_the_identifier_in_it(tmp_path: Path) -> None:
    answer = "print(json.dumps({'files': {json.loads(line)['uuid']: 'x'}}), flush=True)"
    downloader = PhotosDownloader(tmp_path, tmp_path, "", "mark", child(answer))
    try:
        assert list(downloader.download("a~mark", ("original",), tmp_path, 20)) == ["a"]
    finally:
        downloader.close()


def test_the_fuller_of_two_disks_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {tmp_path / "library": 5, tmp_path / "scratch": 3}
    usage = type("Usage", (), {})

    def of(place: Path) -> Any:
        found = usage()
        found.free = sizes[place]
        return found

    monkeypatch.setattr("rootcellar_photos.downloading.shutil.disk_usage", of)
    assert PhotosDownloader(tmp_path / "library", tmp_path / "scratch", "").free() == 3


def test_missing_permission_is_told(tmp_path: Path) -> None:
    with pytest.raises(DownloadsImpossible, match="may not"):
        download(
            child("""print('{"error": "may not", "impossible": true}', flush=True)"""), tmp_path
        )


def test_osxphotos_has_the_calls_as_we_use_them() -> None:
    """It cannot be imported but on a Mac: its source is looked at."""
    spec = importlib.util.find_spec("osxphotos")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "photokit.py").read_text())
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
    methods = {
        (name, one.name): [argument.arg for argument in one.args.args]
        for name, found in classes.items()
        for one in found.body
        if isinstance(one, ast.FunctionDef)
    }
    assert methods["PhotoLibrary", "fetch_uuid"] == ["self", "uuid"]
    assert methods["PhotoAsset", "_resources"] == ["self"]
    assert methods["PhotoAsset", "_request_resource_data"] == ["self", "resource"]
    assert methods["PhotoAsset", "ismovie"] == ["self"]
    assert methods["VideoAsset", "export"][:4] == ["self", "dest", "filename", "version"]
    assert {"PhotoKitError", "PhotoKitAuthError", "PhotoKitFetchFailed"} <= classes.keys()
    named = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    assert "PHOTOKIT_REQUEST_TIMEOUT" in named
    assert {asking.ORIGINAL, asking.CURRENT} <= named


# -- the whole ---------------------------------------------------------------------------------


class Stand:
    """Stands in for Photos: gives a picture of its own for each."""

    def can_ask(self, key: str, store: str) -> bool:
        return True

    def free(self) -> int:
        return 10**12

    def download(
        self, key: str, roles: tuple[str, ...], folder: Path, timeout: float
    ) -> Mapping[str, Path]:
        files = {}
        for role in roles:
            files[role] = folder / role
            files[role].write_bytes(f"{key} {role}".encode())
        return files

    def close(self) -> None:
        pass


def test_what_photos_gives_is_archived_and_stays_there(
    tmp_path: Path, capture: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "home/Pictures/Photos Library.photoslibrary"
    builder = PhotosLibraryBuilder(library)
    here = builder.photo(Photo("here.jpg"))
    away = builder.photo(Photo("away.jpg", missing=True, variant=1))
    builder.write()
    monkeypatch.setattr(PhotosDownloader, "of", lambda *_: Stand())
    first = _export(tmp_path, library, capture, download=True)
    photos = first.exporters["photos"]
    assert (photos.new, photos.absent, photos.outcome) == (2, [], "ok")
    (original,) = (tmp_path / "archive").rglob("away.jpg")
    assert original.read_bytes() == f"{away} original".encode()
    assert not list((tmp_path / "archive").rglob("away (preview)*"))
    again = _export(tmp_path, library, capture, thorough=True).exporters["photos"]
    assert (again.unchanged, again.absent) == (2, [])
    assert here != away


def test_on_another_machine_the_rest_is_exported_and_it_is_said(
    tmp_path: Path, capture: Callable[..., Any]
) -> None:
    library = tmp_path / "home/Pictures/Photos Library.photoslibrary"
    builder = PhotosLibraryBuilder(library)
    builder.photo(Photo("here.jpg"))
    builder.photo(Photo("away.jpg", missing=True, variant=1))
    builder.write()
    report = _export(tmp_path, library, capture, download=True)
    assert report.outcome == "partial"
    assert report.exporters["photos"].new == 2
    assert any("on the Mac that the library belongs to" in note for note in report.notes)


def _export(
    root: Path, library: Path, capture: Callable[..., Any], *, download: bool = False, **more: Any
) -> RunReport:
    from contextlib import contextmanager

    views = Views(None, (Photos(),))

    @contextmanager
    def task() -> Any:
        made = capture(library)
        made.settings = PhotosSettings()
        yield Task(Photos(), made, views.page, "", "1", **more)

    order = Order(root / "archive", {"photos": task}, {"Photos": "photos"}, download=download)
    with StateStore(root / "state.sqlite") as state:
        return run(order, state)
