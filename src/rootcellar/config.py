"""The settings: one TOML file, validated, with errors that name the key and what is allowed.

Validated with msgspec, which an idle run can afford (15 ms to import, where pydantic costs 200).
"""

import dataclasses
import hashlib
import os
import re
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import platformdirs

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
    checked = _checked(place, "", General, general, extra=own)
    return Settings(
        path=place,
        archive=_archive(checked, place),
        home=_absolute(checked.home, place),
        exporters=checked.exporters,
        templates=_absolute(checked.templates, place) if checked.templates else None,
        finder=tuple(sorted(set(checked.finder))),
        snapshots=_checked(place, "snapshots.", Retention, tables.get("snapshots", {})),
        tables={
            name: _checked(place, f"{name}.", kind, tables.get(name, {}))
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
    checked = _checked(place, "", General, general)
    snapshots = _checked(place, "snapshots.", Retention, data.get("snapshots", {}))
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
        raise _wrong(place, JOBS, tables, "made of tables, such as [jobs.nightly]")
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
            raise _wrong(place, f"{JOBS}.{name}", table, f"a table, such as [{JOBS}.{name}]")
    return {name: _checked(place, f"{JOBS}.{name}.", Job, table) for name, table in tables.items()}


def _notify(place: Path, data: Mapping[str, Any]) -> "Notify":
    from rootcellar.schedule.jobs import Notify

    found: Notify = _checked(place, f"{NOTIFY}.", Notify, data.get(NOTIFY, {}))
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


# -- checking ----------------------------------------------------------------------------------


def _checked(
    path: Path, prefix: str, kind: type, data: object, extra: Collection[str] = ()
) -> Any:
    """Return `data` as an instance of the settings class `kind`, or raise UsageError."""
    if not isinstance(data, dict):
        raise _wrong(path, prefix.rstrip("."), data, "a table, such as [photos]")
    allowed = [one.name for one in dataclasses.fields(kind)]
    for key in data:
        if key not in allowed:
            raise _unknown(path, prefix, key, [*allowed, *extra])
    kinds = typing.get_type_hints(kind)
    values = {}
    for key, value in data.items():
        try:
            values[key] = msgspec.convert(value, kinds[key])
        except msgspec.ValidationError as error:
            where = str(error).rpartition(" - at `$")[2].rstrip("`") if "`$" in str(error) else ""
            kind_there = typing.get_args(kinds[key])[0] if where else kinds[key]
            raise _wrong(
                path, f"{prefix}{key}{where}", _inside(value, where), _in_words(kind_there)
            ) from error
    try:
        return kind(**values)
    except (ValueError, RootcellarError) as error:
        hint = getattr(error, "hint", "")
        raise UsageError(
            f"In {path}, the table [{prefix.rstrip('.')}] is wrong: {error}", hint=hint
        ) from error


def _unknown(path: Path, prefix: str, key: str, allowed: list[str]) -> UsageError:
    import difflib

    close = difflib.get_close_matches(key, allowed, 1)
    guess = f"Did you mean {prefix}{close[0]}? " if close else ""
    said = ", ".join(allowed) or "nothing"
    return UsageError(
        f"In {path}, {prefix}{key} is no setting.", hint=f"{guess}Allowed here: {said}."
    )


def _wrong(path: Path, key: str, value: object, allowed: str) -> UsageError:
    return UsageError(
        f"In {path}, {key} is {value!r}; it must be {allowed}.",
        hint="docs/reference/settings.md explains every setting.",
    )


def _inside(value: object, where: str) -> object:
    """Return the part of a value that a path like `[1]` points at."""
    number = where.strip("[]")
    if isinstance(value, list) and number.isdigit() and int(number) < len(value):
        return value[int(number)]
    return value


def _in_words(kind: Any) -> str:
    """Say what values a type allows, as a person would."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(value) for value in inside)
    if origin in (tuple, list):
        return f"a list, each of it {_in_words(inside[0])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_in_words(one) for one in inside if one is not type(None))
    names = {str: "a text in quotation marks", bool: "true or false", int: "a whole number"}
    return names.get(kind, "a number" if kind is float else str(kind))


def digest(table: Any) -> str:
    """Return a digest of one exporter's settings: when it changes, everything is compared.

    Fields with the metadata `{"shapes": False}` change nothing that is written, and are left out.
    """
    shaping = [one.name for one in dataclasses.fields(table) if one.metadata.get("shapes", True)]
    text = repr(sorted((name, getattr(table, name)) for name in shaping))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# -- writing -----------------------------------------------------------------------------------


def settings_text(archive: Path, home: Path | None = None) -> str:
    """Return a new settings file, with a comment for everything a person may want to change."""
    read = f"home = {_quoted(home)}" if home else '# home = "~"'
    return f"""\
# rootcellar's settings. docs/reference/settings.md explains every key.

# Where the archive is: best on another drive than your data.
archive = {_quoted(archive)}

# The Mac home that is read: this one's, or a copied or mounted one.
{read}

# Only these exporters; without this line, all that find their data.
# exporters = ["photos"]

# A folder with your own templates; what is missing there is taken from rootcellar.
# templates = "~/rootcellar-templates"

# What files are given in the Finder, on a Mac: "tags" (keywords, hashtags), "comments" (captions).
# finder = ["tags"]

# What runs by itself once `rootcellar schedule install` has been run, and when.
[jobs.nightly]
schedule = "daily 03:00"
# When it is called stale, loudly, without a success.
# stale_after = "3d"

[notify]
# Mail, ntfy, Slack and a hundred more: https://appriseit.com lists the addresses.
# urls = ["ntfy://my-own-topic"]
[snapshots]
# Which snapshots `rootcellar snapshot prune` keeps; without a rule, all. What the archive
# holds now is never pruned.
# keep_last = 10
# keep_daily = 14
# keep_weekly = 8
# keep_monthly = 24
# keep_yearly = 100

[photos]
# Read these libraries, and not all those below Pictures.
# libraries = ["/Volumes/Photos/Photos Library.photoslibrary"]

# In which folders the pictures lie: "{{year}}/{{month}}", or "" for a single folder.
# layout = "{{year}}/{{date}}"

# What is written beside each picture: "xmp", "json", both, or nothing.
# sidecars = ["xmp"]

# Whether the best local preview stands in for an original that is not here.
# previews = true

# A page of links for every album: "html", "markdown", both, or none.
# album_pages = []

# What is taken. Switching one off never takes anything away from the archive.
# hidden = true
# trash = true
# shared_albums = true
# shared_library = true
# shared_with_you = true

# Whether every run asks Photos (on its own Mac) for originals that are only in iCloud, which
# first, how much a run, and how many GB of the Mac's disk it must leave free.
# download = true
# download_first = "newest"
# download_gigabytes = 20
# download_minutes = 120
# download_keep_free = 20
"""


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def write_settings(path: Path, text: str) -> bool:
    """Write a settings file where there is none; return false, and write nothing, where one is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
