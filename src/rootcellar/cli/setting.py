"""What commands share that export: the settings, the installed exporters, the home."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rootcellar import labels
from rootcellar.cli.choosing import choose_archive as choose_archive
from rootcellar.cli.choosing import find_archive as find_archive
from rootcellar.cli.options import ANY_PATH as ANY_PATH
from rootcellar.cli.options import accept_losses_option as accept_losses_option
from rootcellar.cli.options import archive_option as archive_option
from rootcellar.cli.options import dry_run_option as dry_run_option
from rootcellar.cli.options import json_option as json_option
from rootcellar.cli.options import place_options as place_options
from rootcellar.cli.options import setting_options as setting_options
from rootcellar.config import Settings, digest, load_settings
from rootcellar.errors import UsageError
from rootcellar.exporter import Exporter
from rootcellar.items import Trouble
from rootcellar.plugins import Installed, installed
from rootcellar.quantities import seconds_in
from rootcellar.sources.home import FoundStores, HomeFolder, open_capture
from rootcellar.sources.scratch import sweep_scratch
from rootcellar.views import Views

if TYPE_CHECKING:
    from rootcellar.engine.foresight import Render
    from rootcellar.engine.running import Missing, Order, TaskMaker
    from rootcellar.engine.task import Task

OrderFor = Callable[[Path, bool], "Order"]


PLACES = 3
"""How many of the places where a store may be are named when there is none."""


@dataclass(frozen=True)
class Setting:
    """The settings as they hold for one command: file, options, what is installed."""

    settings: Settings
    installed: Installed
    home: HomeFolder
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """What was typed to the questions of exporters, by their names."""

    @classmethod
    def load(cls, settings_file: Path | None, home: Path | None) -> "Setting":
        """Read the settings and look which exporters there are."""
        settings = load_only_settings(settings_file)
        sweep_scratch()
        return cls(settings, installed(), HomeFolder(home or settings.home))

    def stores(self, exporter: Exporter) -> FoundStores:
        """Return the stores of an exporter in this home, and what is wrong with others."""
        return self.home.stores(exporter.reads, self._named(exporter))

    # -- which exporters ---------------------------------------------------------------------

    def chosen(self, names: Sequence[str]) -> list[Exporter]:
        """Return the exporters that are asked for; raises UsageError for an unknown name."""
        known = {exporter.name: exporter for exporter in self.installed.exporters}
        wanted = list(dict.fromkeys(names or self.settings.exporters or known))
        for name in wanted:
            if name not in known:
                broken = {plugin.name: plugin.reason for plugin in self.installed.broken}
                why = f" It is installed, but broken: {broken[name]}" if name in broken else ""
                raise UsageError(
                    f"There is no exporter named {name}.{why}",
                    hint=f"There are: {', '.join(sorted(known))}.",
                )
        return [known[name] for name in wanted]

    def order(
        self, names: Sequence[str], *, thorough: bool = False, accept_losses: bool = False
    ) -> OrderFor:
        """Find the stores of every exporter asked for; return what makes an order for a run.

        Raises StoreMissing when there is nothing to export at all.
        """
        from rootcellar.engine.running import Order

        exporters = self.chosen(names)
        views = Views(self.settings.templates, self.installed.exporters)
        tasks: dict[str, TaskMaker] = {}
        missing: dict[str, Missing] = {}
        stores: list[Path] = []
        for exporter in exporters:
            found = self.stores(exporter)
            if not found.stores:
                missing[exporter.name] = self._missing(exporter, found, exporter.name in names)
                continue
            stores += [store.path for store in found.stores]
            options = {"thorough": thorough, "accept_losses": accept_losses}
            tasks[exporter.name] = self._task_maker(exporter, views, found, options)
        return lambda archive, dry_run: Order(
            archive=archive,
            tasks=tasks,
            tops={exporter.title or exporter.name: exporter.name for exporter in exporters},
            missing=missing,
            stores=stores,
            dry_run=dry_run,
            settled=self.settings.archive,
            walk_every=timedelta(seconds=seconds_in(self.settings.snapshots.walk)),
        )

    def _missing(self, exporter: Exporter, found: FoundStores, asked: bool) -> "Missing":
        from rootcellar.engine.running import Missing

        if found.problems:  # there may be much that we cannot see: never passed over in silence
            return Missing(found.problems[0].message, found.problems[0].hint, asked=True)
        places = places_of(self.home.path, exporter)
        kinds = " or ".join(dict.fromkeys(store.name for store in exporter.reads))
        message = f"There is no {kinds} here (looked in {places})."
        hint = (
            "Name the home that holds it with --home: the folder with Pictures and Library in it."
        )
        if any(store.recognise and store.recognise(self.home.path) for store in exporter.reads):
            hint = f"{self.home.path} is itself a {kinds}. Name the home it belongs to"
            if hasattr(exporter.settings, "libraries"):
                hint += f", or name it in the settings: [{exporter.name}] libraries = "
                hint += f'["{self.home.path}"]'
            asked = True
        return Missing(message, hint, asked)

    def _named(self, exporter: Exporter) -> tuple[str, ...]:
        table = self.settings.tables[exporter.name]
        return tuple(getattr(table, "libraries", ()))

    def _task_maker(
        self,
        exporter: Exporter,
        views: Views,
        found: FoundStores,
        options: Mapping[str, bool],
    ) -> "TaskMaker":
        from rootcellar.engine.task import Task

        table = self.settings.tables[exporter.name]
        troubles = tuple(
            Trouble(str(problem.path), problem.message, problem.hint) for problem in found.problems
        )

        @contextlib.contextmanager
        def make() -> Iterator["Task"]:
            with open_capture(self.home, found.stores, table) as capture:
                capture.answers = self.answers.get(exporter.name)
                yield Task(
                    exporter=exporter,
                    capture=capture,
                    render=views.page,
                    settings_digest=digest(table),
                    views_digest=views.digest(exporter),
                    troubles=troubles,
                    labels=self.settings.finder if labels.HAS_FINDER else (),
                    warm_up=lambda: views.warm_up(exporter),
                    **options,
                )

        return make


def open_views(setting: Setting, exporter: Exporter) -> "tuple[Render, str]":
    """Return what renders an exporter's pages, and the digest of its templates."""
    views = Views(setting.settings.templates, setting.installed.exporters)
    return views.page, views.digest(exporter)


def load_only_settings(settings_file: Path | None) -> Settings:
    """Read the settings, for a command that looks at no home."""
    found = installed()
    tables = {exporter.name: exporter.settings for exporter in found.exporters}
    return load_settings(settings_file, tables)


def places_of(home: Path, exporter: Exporter) -> str:
    """Return where was looked, in a line that can be read: of many places the first few."""
    places = [f"{home / store.home}" for store in exporter.reads]
    more = len(places) - PLACES
    if more <= 0:
        return ", ".join(places)
    return f"{', '.join(places[:PLACES])} and {more} other places"
