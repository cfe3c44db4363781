"""Exports the fonts you installed yourself."""

from collections.abc import Iterator

from rootcellar.api import Capture, CopyOf, Exporter, File, Item, Sighting, Store


class Fonts(Exporter):
    """Every file in `~/Library/Fonts`."""

    name = "fonts"
    title = "Fonts"
    reads = (Store("fonts", "Library/Fonts"),)

    def items(self, capture: Capture) -> Iterator[Item]:
        """Yield one item per font; a font is known by its file name."""
        for path in sorted(capture.stores[0].path.iterdir()):
            if path.name.startswith(".") or not path.is_file():
                continue
            status = path.stat()
            yield Item(
                Sighting(
                    key=path.name,
                    title=path.stem,
                    place=path.stem,
                    fingerprint=f"{status.st_size} {status.st_mtime_ns}",
                ),
                record={"name": path.name, "bytes": status.st_size},
                files=(File("font", path.suffix or ".font", CopyOf(path)),),
            )
