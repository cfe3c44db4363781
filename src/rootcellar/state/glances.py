"""What was seen of each item at a glance, and what is seen now: whom a survey must look at.

A row of `glance` says: the archive holds this item as it was when the store looked so. It goes
when the item is settled, so that a run that is cut off leaves none that lies, and is written anew
when a run has ended well.
"""

from collections.abc import Mapping

from rootcellar.state.staging import Staging

_SCHEMA = """
CREATE TEMP TABLE glanced (
    key TEXT PRIMARY KEY, digest BLOB NOT NULL, files BLOB, same INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""
_KNOWN = "ON known.archive = ? AND known.exporter = ? AND known.key = now.key"


class Glances:
    """One exporter's glance, laid beside those that the state keeps."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.connection = staging.connection
        self.owner = (staging.archive, staging.exporter)
        self.connection.execute("DROP TABLE IF EXISTS temp.glanced")
        self.connection.execute(_SCHEMA)

    def add(self, items: Mapping[str, bytes], files: Mapping[str, bytes] | None) -> None:
        """Take down a glance. Without `files`, these are as they were at the last one."""
        self.connection.execute("BEGIN")
        self.connection.executemany(
            "INSERT OR REPLACE INTO temp.glanced (key, digest, files) VALUES (?, ?, ?)",
            (
                (key, digest, None if files is None else files.get(key, b""))
                for key, digest in items.items()
            ),
        )
        self.connection.execute("COMMIT")

    def compare(self) -> None:
        """Find which items look as they did when they were last settled, and are not gone."""
        self.connection.execute(
            "UPDATE temp.glanced AS now SET same = 1 FROM glance AS known, item "
            "WHERE known.archive = ? AND known.exporter = ? AND known.key = now.key "
            "AND known.digest = now.digest AND (now.files IS NULL OR now.files = known.files) "
            "AND item.archive = known.archive AND item.exporter = known.exporter "
            "AND item.key = known.key AND NOT item.gone",
            self.owner,
        )

    def differing(self) -> list[str]:
        """Return the keys that a survey must look at, sorted."""
        rows = self.connection.execute("SELECT key FROM temp.glanced WHERE NOT same ORDER BY key")
        return [key for (key,) in rows]

    def sight_the_rest(self, base: str) -> None:
        """Take all others for sighted, as the state knows them."""
        self.connection.execute(
            "INSERT INTO temp.sighted SELECT now.key, item.title, item.place, "
            "substr(item.fingerprint, ?), '[]', item.store, item.in_trash, item.scope, "
            "item.outside, FALSE, NULL FROM temp.glanced AS now CROSS JOIN item "
            "ON item.archive = ? AND item.exporter = ? AND item.key = now.key WHERE now.same",
            (len(base) + 2, *self.owner),
        )

    def contradicted(self, base: str) -> list[str]:
        """Return the titles of items that look as before and were sighted otherwise."""
        rows = self.connection.execute(
            "SELECT item.title FROM temp.glanced AS now CROSS JOIN temp.sighted AS s "
            "ON s.key = now.key CROSS JOIN item ON item.archive = ? AND item.exporter = ? "
            "AND item.key = now.key WHERE now.same AND NOT s.outside "
            "AND item.fingerprint <> ? || s.fingerprint ORDER BY now.key",
            (*self.owner, f"{base}:"),
        )
        return [title for (title,) in rows]

    def remember(self, base: str) -> None:
        """Keep the glances of all items that the archive now holds as they were sighted.

        So are those that the settings leave out kept: there is nothing to hold of them.
        """
        self.connection.execute(
            "INSERT OR REPLACE INTO glance SELECT ?, ?, now.key, now.digest, "
            "ifnull(now.files, known.files) FROM temp.glanced AS now "
            "CROSS JOIN temp.sighted AS s ON s.key = now.key "
            f"LEFT JOIN glance AS known {_KNOWN} "
            "LEFT JOIN item ON item.archive = ? AND item.exporter = ? AND item.key = now.key "
            "WHERE (known.digest IS NOT now.digest "
            "OR (now.files IS NOT NULL AND known.files IS NOT now.files)) "
            "AND CASE WHEN item.id IS NULL THEN s.outside WHEN s.outside THEN item.outside "
            "ELSE NOT item.gone AND item.fingerprint = ? || s.fingerprint END",
            (*self.owner, *self.owner, *self.owner, f"{base}:"),
        )
