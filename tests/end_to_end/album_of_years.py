"""A made-up library that changes over time, its archive, and the checker of both.

Every step writes the library anew, as Photos would leave it on the disk, and exports it; `check`
then says all that is wrong with the archive, compared with the library and with what it ever held.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rootcellar.cli.setting import Setting
from rootcellar.engine.running import run
from rootcellar.report import ExporterReport, RunReport
from rootcellar.sample.photos_files import Role, files_of
from rootcellar.sample.photos_items import LIBRARY_TIME, Album, Folder, Photo, SharedAlbum
from rootcellar.sample.photos_library import PhotosLibraryBuilder
from rootcellar.state.store import StateStore
from rootcellar_photos import Photos

NOT_MEDIA = {Role.PREVIEW, Role.THUMBNAIL}


@dataclass
class Years:
    """One library, its archive and its state below a folder; changed in place by its tests.

    `preview` gives a photo's preview other bytes, `no_preview` none; `edits_away` are edited
    photos whose edit is only in iCloud.
    """

    root: Path
    photos: dict[str, Photo] = field(default_factory=dict)
    albums: dict[str, Album] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    shared: dict[str, SharedAlbum] = field(default_factory=dict)
    preview: dict[str, bytes] = field(default_factory=dict)
    no_preview: set[str] = field(default_factory=set)
    edits_away: set[str] = field(default_factory=set)
    step: int = 0
    ever: dict[str, str] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    name: str = "Photos Library.photoslibrary"
    layout: str = "%Y/%Y-%m-%d/"
    """What the folders below Photos are expected to be, as strftime has it."""

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.home / "Pictures" / self.name

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    # -- the library -------------------------------------------------------------------------

    def add(self, key: str, **facts: Any) -> str:
        """Put a photo into the library; `key` is made its uuid."""
        uuid = uuid_of(key)
        facts.setdefault("content", f"the original of {key}".encode() * 3)
        facts.setdefault("added", LIBRARY_TIME)
        facts.setdefault("original_filename", f"{key}.JPG")
        self.photos[uuid] = Photo(uuid=uuid, **facts)
        return uuid

    def change(self, key: str, **facts: Any) -> None:
        """Change what is known of a photo, as Photos would, its revision with it."""
        uuid = uuid_of(key)
        photo = self.photos[uuid]
        self.photos[uuid] = replace(photo, revision=photo.revision + 1, **facts)

    def remove(self, key: str) -> None:
        """Delete a photo for good."""
        uuid = uuid_of(key)
        del self.photos[uuid]
        for name, album in self.albums.items():
            kept = tuple(one for one in album.photos if one != uuid)
            self.albums[name] = replace(album, photos=kept)

    def album(self, key: str, title: str, *photos: str, folder: str | None = None) -> None:
        """Make an album, or change one."""
        inside = uuid_of(folder) if folder else None
        self.albums[key] = Album(uuid_of(key), title, tuple(map(uuid_of, photos)), inside)

    def folder(self, key: str, title: str, parent: str | None = None) -> None:
        """Make a folder, or change one."""
        self.folders[key] = Folder(uuid_of(key), title, uuid_of(parent) if parent else None)

    def share(self, key: str, title: str, owner: str = "Anna") -> str:
        """Make a shared album, or rename one."""
        self.shared[key] = SharedAlbum(uuid_of(key), title, owner)
        return uuid_of(key)

    def write(self) -> None:
        """Write the library as it is now."""
        if self.library.exists():
            shutil.rmtree(self.library)
        self.step += 1
        builder = PhotosLibraryBuilder(
            self.library, store_uuid="STORE", written=LIBRARY_TIME + timedelta(hours=self.step)
        )
        builder._folders += self.folders.values()
        builder._albums += self.albums.values()
        builder._shared_albums += self.shared.values()
        for photo in self.photos.values():
            builder.photo(photo)
        builder.write()
        for uuid, photo in self.photos.items():
            for file in files_of(photo, uuid):
                path = self.library / file.path
                if file.role is Role.PREVIEW and uuid in self.no_preview:
                    path.unlink(missing_ok=True)
                elif file.role is Role.PREVIEW and uuid in self.preview:
                    path.write_bytes(self.preview[uuid])
                if uuid in self.edits_away and file.role in (Role.EDITED, Role.EDITED_LIVE):
                    path.unlink(missing_ok=True)

    # -- the archive -------------------------------------------------------------------------

    def settings(self, **values: object) -> None:
        """Write the settings of photos; a layout is to be told to `layout` as well."""
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (self.root / "settings.toml").write_text("\n".join(["[photos]", *lines, ""]))

    def export(
        self,
        archive: Path | None = None,
        state: Path | None = None,
        *,
        accept_losses: bool = True,
    ) -> RunReport:
        """Export the library as it is on the disk."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ROOTCELLAR_CACHE", str(self.root / "cache"))
            patch.setenv("ROOTCELLAR_SETTINGS", str(self.root / "settings.toml"))
            patch.setattr(Photos, "reads_aside", False)
            setting = Setting.load(None, self.home)
            order = setting.order((), thorough=False, accept_losses=accept_losses)
            with StateStore((state or self.root / "state") / "state.sqlite") as store:
                return run(order(archive or self.archive, False), store)

    def live(self) -> ExporterReport:
        """Write the library, export it, and check everything; return the report of photos."""
        self.write()
        report = self.export().exporters["photos"]
        problems = list(self.problems(report))
        assert not problems, "\n".join(problems)
        return report

    # -- the checker -------------------------------------------------------------------------

    def problems(self, report: ExporterReport) -> Iterator[str]:
        """Yield all that is wrong after an export that ended with this report."""
        if report.outcome not in ("ok", "partial") or report.failed:
            yield f"the export ended as {report.outcome}: {report.message} {report.failed}"
            return
        before = contents(self.archive)
        lines = read_records(self.archive)
        yield from self._files(lines)
        yield from self._nothing_lost()
        yield from self._library(lines, report)
        yield from self._albums(lines)
        again = self.export().exporters["photos"]
        counts = (again.new, again.changed, again.moved, again.gone, again.files)
        if any(counts) or again.unchanged != len(self.photos):
            yield f"the next run is not unchanged: {again}"
        if [one.key for one in again.absent] != [one.key for one in report.absent]:
            yield f"the next run misses other things: {report.absent}, then {again.absent}"
        yield from differences(before, contents(self.archive), "the next run")

    def _files(self, lines: dict[str, dict]) -> Iterator[str]:  # noqa: C901 - a list of checks
        known = {"README.txt", "STATUS.txt"}
        for key, line in lines.items():
            for entry in line["files"]:
                path = self.archive / entry["path"]
                if entry["path"] in known:
                    yield f"{key}: two files are at {entry['path']}"
                known.add(entry["path"])
                if not path.is_file():
                    yield f"{key} names a file that is not there: {entry}"
                elif sha256(path) != entry["sha256"]:
                    yield f"{key}: other bytes than the record says: {entry}"
        for path in self.archive.rglob("*"):
            name = path.relative_to(self.archive).as_posix()
            if name.startswith(".rootcellar"):
                if path.is_file() and name.startswith(
                    (".rootcellar/journal", ".rootcellar/parts")
                ):
                    yield f"left over: {name}"
            elif path.is_dir():
                if not any(path.iterdir()):
                    yield f"an empty folder: {name}"
            elif name not in known and not is_made_of_many(name):
                yield f"no record knows {name}"

    def _nothing_lost(self) -> Iterator[str]:
        there = set()
        for name, digest in contents(self.archive).items():
            there.add(digest)
            if name.startswith(".rootcellar/history") and digest != Path(name).stem:
                yield f"history holds other bytes than its name says: {name}"
            if not name.startswith(".rootcellar"):
                self.ever[digest] = name
        for digest, name in self.ever.items():
            if digest not in there:
                yield f"lost: what was once {name}"

    def _library(self, lines: dict[str, dict], report: ExporterReport) -> Iterator[str]:
        for key in sorted(lines.keys() | self.photos.keys()):
            if key not in lines:
                yield f"{key} has no line"
            elif lines[key]["gone"] != (key not in self.photos):
                yield f"{key}: gone is {lines[key]['gone']}"
        absent = {(one.key, one.role) for one in report.absent}
        for uuid, photo in self.photos.items():
            if uuid in lines:
                yield from self._photo(uuid, photo, lines[uuid], absent)

    def _photo(  # noqa: C901 - a list of checks
        self, uuid: str, photo: Photo, line: dict, absent: set[tuple[str, str]]
    ) -> Iterator[str]:
        found = {entry["role"]: entry["sha256"] for entry in line["files"]}
        if bool(line.get("in_trash")) != (photo.trashed is not None):
            yield f"{uuid}: in_trash is {line.get('in_trash')}"
        for file in files_of(photo, uuid):
            if file.role in NOT_MEDIA:
                continue
            role = file.role.value.replace(" ", "-")
            digest = hashlib.sha256(file.data).hexdigest()
            if (self.library / file.path).exists():
                if found.get(role) != digest:
                    yield f"{uuid}: its {role} is not in its place: {found}"
                if (uuid, role) in absent:
                    yield f"{uuid}: its {role} is told to be absent"
            elif role not in found and (uuid, role) not in absent:
                yield f"{uuid}: nothing is said of its {role}"
        if photo.edited is None and "edited" in found:
            yield f"{uuid}: an edit that was reverted is still in its place"
        stands_in = "preview" in found
        if stands_in and "original" in found:
            yield f"{uuid}: its preview stays beside the original"
        if not stands_in and "original" not in found and uuid not in self.no_preview:
            yield f"{uuid}: no preview stands in for its original"
        day = photo.taken.strftime(self.layout) if photo.taken is not None else "undated/"
        if photo.shared_album is None and not line["place"].startswith(day):
            yield f"{uuid} lies in {line['place']} and not in {day}"
        for entry in line["files"]:
            if photo.shared_album is None and not entry["path"].startswith(f"Photos/{day}"):
                yield f"{uuid}: a file lies elsewhere than its line: {entry['path']}"

    def _albums(self, lines: dict[str, dict]) -> Iterator[str]:  # noqa: C901 - a list of checks
        owners = {entry["path"]: key for key, line in lines.items() for entry in line["files"]}
        pages = {}
        for path in (self.archive / "Photos/Albums").rglob("*.json"):
            page = json.loads(path.read_text())
            if page["key"] in pages:
                yield f"two pages of the album {page['key']}"
            pages[page["key"]] = page
            for key, gone in members(page, owners):
                if key.startswith("?") or (key in lines and lines[key]["gone"] != gone):
                    yield f"the album {page['title']} names {key}, gone: {gone}"
        wanted = {album.uuid: album for album in self.albums.values()}
        for uuid, page in pages.items():
            expected = uuid not in wanted and uuid not in {a.uuid for a in self.shared.values()}
            if page["gone"] != expected:
                yield f"the album {page['title']}: gone is {page['gone']}"
        for uuid, album in wanted.items():
            if uuid not in pages:
                yield f"no page of the album {album.title}"
                continue
            living = [key for key, gone in members(pages[uuid], owners) if not gone]
            if living != list(album.photos):
                yield f"the album {album.title} has {living} and not {album.photos}"
            if pages[uuid]["title"] != album.title:
                yield f"the album {album.title} is still called {pages[uuid]['title']}"

    def rebuilt(self) -> Iterator[str]:
        """Yield what is wrong when a machine that knows nothing exports into a copy."""
        copy = self.root / "copy"
        shutil.copytree(self.archive, copy)
        before = contents(copy)
        report = self.export(copy, self.root / "state of a copy").exporters["photos"]
        if report.new or report.changed or report.moved or report.gone or report.files:
            yield f"after a rebuild not everything is unchanged: {report}"
        yield from differences(before, contents(copy), "a rebuild")
        shutil.rmtree(copy)
        shutil.rmtree(self.root / "state of a copy")


def is_made_of_many(name: str) -> bool:
    """Return whether a path is one of a records file or a gathering."""
    made = name.endswith(("/metadata.jsonl", "/People.json"))
    return made or name.startswith("Photos/Albums/")


def uuid_of(key: str) -> str:
    """Return a uuid that begins with a digit of its own, and is the same in every run."""
    digest = hashlib.sha256(key.encode()).hexdigest().upper()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(archive: Path) -> dict[str, str]:
    """Return path and sha256 of every file of an archive, STATUS.txt apart."""
    return {
        path.relative_to(archive).as_posix(): sha256(path)
        for path in sorted(archive.rglob("*"))
        if path.is_file() and path.name != "STATUS.txt"
    }


def differences(before: dict[str, str], after: dict[str, str], who: str) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{who} wrote {name}"


def read_records(archive: Path) -> dict[str, dict]:
    """Return every line of every records file, by key."""
    lines: dict[str, dict] = {}
    for path in sorted(archive.rglob("metadata.jsonl")):
        for text in path.read_text().splitlines():
            line = json.loads(text)
            assert line["key"] not in lines, f"two lines of {line['key']}"
            lines[line["key"]] = line
    return lines


def members(page: dict, owners: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """Yield (key, gone) of the members of an album."""
    for run_ in page["groups"]["items"]:
        gone = run_.get("gone", False)
        for listed, names in run_.items():
            if listed == "absent":
                yield from ((name, gone) for name in names)
            elif listed != "gone":
                for name in names:
                    yield owners.get(listed + name, f"?{listed}{name}"), gone
