"""check_exporter(): the contract between an exporter and the core, for us and for plugin authors.

It reads a home with an exporter as a run does, and checks all that the core relies on. It writes
nothing but scratch in a temporary folder.
"""

from pathlib import Path

from rootcellar import plugins
from rootcellar.exporter import Exporter
from rootcellar.items import Item
from rootcellar.testing.gatherings import check_gatherings, check_list
from rootcellar.testing.items import check_item, read
from rootcellar.testing.requiring import require
from rootcellar.testing.sightings import agree, check_agreement, check_glance, survey
from rootcellar.testing.source import capture_of, check_untouched, look, stores_of
from rootcellar.views import Views


def check_exporter(exporter: Exporter, home: Path, settings: object = None) -> list[Item]:
    """Check that an exporter keeps its promises on a home, and return the items it yields.

    `settings` is an instance of the exporter's settings class; None means its defaults. Raises
    AssertionError with a sentence that says what is wrong, and why it matters.
    """
    name = getattr(exporter, "name", "")
    require(bool(name), f"{type(exporter).__name__} has no name; people type it.")
    wrong = plugins.fault(exporter, name)
    require(not wrong, f"{name} would be refused as an exporter: {wrong}")
    chosen = exporter.settings() if settings is None else settings
    stores = stores_of(exporter, home, chosen)
    watched = [home, *(one.path for one in stores)]
    before = look(watched)
    with capture_of(home, stores, chosen) as capture:
        first = survey(exporter, capture)
        token, glance = exporter.token(capture), exporter.glance(capture, "")
    with capture_of(home, stores, chosen) as capture:
        require(
            agree(exporter.token(capture), token),
            "token() differs between two calls: every run would look at everything.",
        )
        check_glance(exporter, capture, glance, first)
        check_agreement(first, survey(exporter, capture))
        items = read(exporter, capture, first)
        views = Views(None, (exporter,))
        for item in items:
            check_item(exporter, item, views)
        known = {item.sighting.key: item for item in items}
        for gathering in check_gatherings(exporter.gatherings(capture), first):
            check_list(exporter, gathering, known, views)
    check_untouched(before, look(watched))
    return items
