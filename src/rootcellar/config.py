"""The settings: one TOML file, validated, with errors that name the key and what is allowed.

Validated with msgspec, which an idle run can afford (15 ms to import, where pydantic costs 200).
"""

import dataclasses
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from rootcellar.config_checks import checked_table, wrong
from rootcellar.errors import RootcellarError, UsageError
from rootcellar.labels import LabelKind
from rootcellar.retention import Retention

if TYPE_CHECKING:
    from rootcellar.schedule.jobs import Job, Notify

JOBS, NOTIFY = "jobs", "notify"


@dataclass(frozen=True, slots=True)
class General:
    """The keys at the top of the settings file."""

    archive: str = ""
    home: str = "~"
    exporters: tuple[str, ...] = ()
    templates: str = ""
    finder: tuple[LabelKind, ...] = ("tags",)


@dataclass(frozen=True)
class Settings:
    """The settings as they hold: paths absolute, one validated table for each exporter."""

    path: Path
    archive: Path | None
    home: Path
    exporters: tuple[str, ...]
    templates: Path | None
    finder: tuple[LabelKind, ...] = ()
    snapshots: Retention = field(default_factory=Retention)
    tables: Mapping[str, Any] = field(default_factory=dict)
    jobs: Mapping[str, "Job"] = field(default_factory=dict)
    notify: "Notify" = field(default_factory=lambda: _notify(Path(), {}))


@dataclass(frozen=True)
class Place:
    """What a command needs that looks at an archive alone: where it is, which snapshots stay."""

    path: Path
    archive: Path | None
    snapshots: Retention


@dataclass(frozen=True)
class Timetable:
    """What an idle tick needs of the settings: the jobs, who is told, and where the archive is."""

    path: Path
    archive: Path | None
    jobs: Mapping[str, "Job"]
    notify: "Notify"

    def archive_of(self, job: "Job") -> Path | None:
        """Return the archive that a job writes to; None when neither it nor the settings say."""
        return _absolute(job.archive, self.path) if job.archive else self.archive


_CORE: Mapping[str, type] = {"snapshots": Retention}
"""The tables of the settings file that are no exporter's."""


def settings_path() -> Path:
    """Return where the settings are; ROOTCELLAR_SETTINGS names another file."""
    if named := os.environ.get("ROOTCELLAR_SETTINGS"):
        return Path(named).expanduser()
    return platformdirs.user_config_path("rootcellar") / "settings.toml"


def load_settings(path: Path | None, exporters: Mapping[str, type]) -> Settings:
    """Read and validate the settings; a file that is not there means defaults.

    `exporters` maps the installed exporters to their settings classes. A file that was named and
    is not there, or anything in it that cannot be meant, raises UsageError.
    """
    place = path or settings_path()
    data = _read(place, required=path is not None)
    tables = {name: value for name, value in data.items() if name in {*exporters, *_CORE}}
    own = (*exporters, *_CORE, JOBS, NOTIFY)
    general = {name: value for name, value in data.items() if name not in own}
    checked = checked_table(place, "", General, general, extra=own)
    return Settings(
        path=place,
        archive=_archive(checked, place),
        home=_absolute(checked.home, place),
        exporters=checked.exporters,
        templates=_absolute(checked.templates, place) if checked.templates else None,
        finder=tuple(sorted(set(checked.finder))),
        snapshots=checked_table(place, "snapshots.", Retention, tables.get("snapshots", {})),
        tables={
            name: checked_table(place, f"{name}.", kind, tables.get(name, {}))
            for name, kind in exporters.items()
        },
        jobs=_jobs(place, data),
        notify=_notify(place, data),
    )


def load_place(path: Path | None) -> Place:
    """Read the keys at the top, and what is said of snapshots; what exporters want is left alone.

    Raises UsageError like `load_settings`.
    """
    place = path or settings_path()
    data = _read(place, required=path is not None)
    tables = [name for name, value in data.items() if isinstance(value, dict)]
    general = {name: value for name, value in data.items() if name not in tables}
    checked = checked_table(place, "", General, general)
    snapshots = checked_table(place, "snapshots.", Retention, data.get("snapshots", {}))
    return Place(place, _archive(checked, place), snapshots)


def _archive(general: General, settings: Path) -> Path | None:
    return _absolute(general.archive, settings) if general.archive else None


def load_timetable(path: Path | None) -> Timetable:
    """Read only what decides whether anything is due; the rest is validated once something is."""
    place = path or settings_path()
    data = _read(place, required=path is not None)
    archive = data.get("archive")
    return Timetable(
        path=place,
        archive=_absolute(archive, place) if archive and isinstance(archive, str) else None,
        jobs=_jobs(place, data),
        notify=_notify(place, data),
    )


def load_notify(path: Path | None) -> "Notify":
    """Read who is told, as far as it can be read: whatever else is wrong, somebody must be."""
    from rootcellar.schedule.jobs import Notify

    place = path or settings_path()
    try:
        return _notify(place, _read(place, required=False))
    except RootcellarError:
        return Notify()


def _jobs(place: Path, data: Mapping[str, Any]) -> "dict[str, Job]":
    """Return the jobs by name; without any in the settings, the one that everyone wants."""
    tables = data.get(JOBS, {})
    if not isinstance(tables, dict):
        raise wrong(place, JOBS, tables, "made of tables, such as [jobs.nightly]")
    for name in tables:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise UsageError(
                f"In {place}, {name!r} cannot be the name of a job.",
                hint="Use small letters, digits and hyphens, such as [jobs.nightly].",
            )
    from rootcellar.schedule.jobs import DEFAULT_JOB, Job

    if not tables:
        return {DEFAULT_JOB: Job()}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise wrong(place, f"{JOBS}.{name}", table, f"a table, such as [{JOBS}.{name}]")
    return {
        name: checked_table(place, f"{JOBS}.{name}.", Job, table) for name, table in tables.items()
    }


def _notify(place: Path, data: Mapping[str, Any]) -> "Notify":
    from rootcellar.schedule.jobs import Notify

    found: Notify = checked_table(place, f"{NOTIFY}.", Notify, data.get(NOTIFY, {}))
    return found


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        if not required:
            return {}
        raise UsageError(
            f"There is no settings file {path}.", hint="Check the path given with --settings."
        ) from error
    except OSError as error:
        raise UsageError(
            f"The settings file {path} cannot be read: {error.strerror}.",
            hint="Check its permissions, or name another one with --settings.",
        ) from error
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The settings file {path} is no valid TOML: {error}.",
            hint='Texts need quotation marks, for instance archive = "/Volumes/Drive/Archive".',
        ) from error


def _absolute(text: str, settings: Path) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else (settings.parent / path).resolve()


def digest(table: Any) -> str:
    """Return a digest of one exporter's settings: when it changes, everything is compared.

    Fields with the metadata `{"shapes": False}` change nothing that is written, and are left out.
    """
    shaping = [one.name for one in dataclasses.fields(table) if one.metadata.get("shapes", True)]
    text = repr(sorted((name, getattr(table, name)) for name in shaping))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
