"""The state's schema, as steps that are run once each, in order, inside a transaction."""

import sqlite3

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "0001-foundation",
        """
        CREATE TABLE archive (
            id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,
            counter INTEGER NOT NULL, token TEXT NOT NULL
        );
        CREATE TABLE archive_path (
            path TEXT PRIMARY KEY, archive INTEGER NOT NULL REFERENCES archive, seen TEXT NOT NULL
        );
        CREATE TABLE exporter (
            archive INTEGER NOT NULL REFERENCES archive, name TEXT NOT NULL,
            token TEXT NOT NULL DEFAULT '', stores TEXT NOT NULL DEFAULT '[]',
            views TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
            message TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '',
            succeeded TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (archive, name)
        ) WITHOUT ROWID;
        CREATE TABLE item (
            id INTEGER PRIMARY KEY, archive INTEGER NOT NULL REFERENCES archive,
            exporter TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL, place TEXT NOT NULL,
            stem TEXT NOT NULL, folder TEXT NOT NULL, fingerprint TEXT NOT NULL,
            store TEXT NOT NULL, in_trash INTEGER NOT NULL, gone INTEGER NOT NULL,
            line TEXT NOT NULL,
            UNIQUE (archive, exporter, key)
        );
        CREATE INDEX item_folder ON item (archive, folder);
        CREATE TABLE file (
            id INTEGER PRIMARY KEY, archive INTEGER NOT NULL REFERENCES archive,
            item INTEGER NOT NULL REFERENCES item, role TEXT NOT NULL, path TEXT NOT NULL,
            folded TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
            mtime_ns INTEGER NOT NULL, source TEXT NOT NULL, view INTEGER NOT NULL,
            rendered TEXT NOT NULL, kept INTEGER NOT NULL
        );
        CREATE INDEX file_item ON file (item);
        CREATE UNIQUE INDEX file_folded ON file (archive, folded);
        CREATE INDEX file_size ON file (archive, size);
        CREATE TABLE missing (
            item INTEGER NOT NULL REFERENCES item, role TEXT NOT NULL, reason TEXT NOT NULL,
            hint TEXT NOT NULL, awaits TEXT NOT NULL, failed INTEGER NOT NULL,
            PRIMARY KEY (item, role)
        ) WITHOUT ROWID;
        CREATE TABLE document (
            archive INTEGER NOT NULL REFERENCES archive, folded TEXT NOT NULL,
            kind TEXT NOT NULL, exporter TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL,
            size INTEGER NOT NULL, sha256 TEXT NOT NULL, mtime_ns INTEGER NOT NULL,
            place TEXT NOT NULL, digest TEXT NOT NULL, run INTEGER NOT NULL,
            PRIMARY KEY (archive, folded)
        ) WITHOUT ROWID;
        CREATE TABLE promise (
            archive INTEGER NOT NULL REFERENCES archive, exporter TEXT NOT NULL,
            key TEXT NOT NULL, place TEXT NOT NULL, stem TEXT NOT NULL,
            PRIMARY KEY (archive, exporter, key)
        ) WITHOUT ROWID;
        CREATE TABLE loss (
            archive INTEGER NOT NULL REFERENCES archive, exporter TEXT NOT NULL,
            key TEXT NOT NULL, seen TEXT NOT NULL,
            PRIMARY KEY (archive, exporter, key)
        ) WITHOUT ROWID;
        CREATE TABLE run (
            id INTEGER PRIMARY KEY, archive INTEGER NOT NULL REFERENCES archive,
            started TEXT NOT NULL, finished TEXT NOT NULL, outcome TEXT NOT NULL,
            counts TEXT NOT NULL
        );
        """,
    ),
    (
        "0002-gathered",
        "ALTER TABLE exporter ADD COLUMN gathered INTEGER NOT NULL DEFAULT 0",
    ),
    (
        "0003-idle-runs",
        """
        CREATE INDEX item_fate ON item (archive, exporter, gone, in_trash);
        CREATE INDEX file_kept ON file (archive) WHERE kept;
        """,
    ),
    (
        "0004-members",
        """
        CREATE TABLE member (
            archive INTEGER NOT NULL REFERENCES archive, exporter TEXT NOT NULL,
            gathering TEXT NOT NULL, name TEXT NOT NULL, items TEXT NOT NULL,
            PRIMARY KEY (archive, exporter, gathering, name)
        ) WITHOUT ROWID;
        """,
    ),
    (
        "0005-content",
        "ALTER TABLE exporter ADD COLUMN content TEXT NOT NULL DEFAULT ''",
    ),
    (
        "0006-scopes",
        """
        ALTER TABLE item ADD COLUMN scope TEXT NOT NULL DEFAULT '';
        ALTER TABLE item ADD COLUMN outside INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE exporter ADD COLUMN left_out TEXT NOT NULL DEFAULT '{}';
        DROP INDEX item_fate;
        CREATE INDEX item_fate ON item (archive, exporter, gone, outside, scope, in_trash);
        """,
    ),
    (
        "0007-references",
        """
        CREATE TABLE reference (
            item INTEGER NOT NULL REFERENCES item, target TEXT NOT NULL,
            PRIMARY KEY (item, target)
        ) WITHOUT ROWID;
        CREATE INDEX reference_target ON reference (target);
        """,
    ),
    (
        "0008-glances",
        """
        CREATE TABLE glance (
            archive INTEGER NOT NULL REFERENCES archive, exporter TEXT NOT NULL,
            key TEXT NOT NULL, digest BLOB NOT NULL, files BLOB,
            PRIMARY KEY (archive, exporter, key)
        ) WITHOUT ROWID;
        ALTER TABLE exporter ADD COLUMN glanced TEXT NOT NULL DEFAULT '';
        """,
    ),
    (
        "0009-downloads",
        """
        ALTER TABLE missing ADD COLUMN downloadable INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE missing ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE missing ADD COLUMN dated INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE download (
            archive INTEGER NOT NULL REFERENCES archive, exporter TEXT NOT NULL,
            key TEXT NOT NULL, tries INTEGER NOT NULL, asked TEXT NOT NULL,
            not_before TEXT NOT NULL, refused INTEGER NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (archive, exporter, key)
        ) WITHOUT ROWID;
        """,
    ),
    (
        "0010-jobs",
        """
        CREATE TABLE job (
            name TEXT PRIMARY KEY, since TEXT NOT NULL, succeeded TEXT NOT NULL DEFAULT '',
            present TEXT NOT NULL DEFAULT '', told TEXT NOT NULL DEFAULT '{}'
        ) WITHOUT ROWID;
        CREATE TABLE job_run (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, slot TEXT NOT NULL,
            started TEXT NOT NULL, finished TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1,
            outcome TEXT NOT NULL, settled INTEGER NOT NULL, message TEXT NOT NULL,
            hint TEXT NOT NULL, counts TEXT NOT NULL
        );
        CREATE INDEX job_run_job ON job_run (job, settled);
        """,
    ),
    (
        "0011-snapshots",
        """
        CREATE TABLE snapshot (
            number INTEGER PRIMARY KEY, archive INTEGER NOT NULL REFERENCES archive,
            id TEXT NOT NULL, parent TEXT NOT NULL, sha256 TEXT NOT NULL,
            depth INTEGER NOT NULL, created TEXT NOT NULL, files INTEGER NOT NULL,
            bytes INTEGER NOT NULL, complete INTEGER NOT NULL, walked INTEGER NOT NULL,
            UNIQUE (archive, id)
        );
        CREATE TABLE held (
            archive INTEGER NOT NULL REFERENCES archive, path TEXT NOT NULL,
            size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 BLOB NOT NULL,
            key TEXT NOT NULL, role TEXT NOT NULL, view INTEGER NOT NULL,
            PRIMARY KEY (archive, path)
        ) WITHOUT ROWID;
        CREATE TABLE touched (
            archive INTEGER NOT NULL REFERENCES archive, path TEXT NOT NULL,
            folded TEXT NOT NULL,
            PRIMARY KEY (archive, path)
        ) WITHOUT ROWID;
        INSERT INTO touched SELECT archive, path, folded FROM file
            UNION ALL SELECT archive, path, folded FROM document;
        CREATE TABLE checked (
            archive INTEGER NOT NULL REFERENCES archive, path TEXT NOT NULL,
            moment INTEGER NOT NULL,
            PRIMARY KEY (archive, path)
        ) WITHOUT ROWID;
        CREATE TABLE occasion (
            archive INTEGER NOT NULL REFERENCES archive, name TEXT NOT NULL,
            moment TEXT NOT NULL, outcome TEXT NOT NULL,
            PRIMARY KEY (archive, name)
        ) WITHOUT ROWID;
        """,
    ),
    (
        "0012-labels",
        """
        CREATE TABLE label (
            item INTEGER PRIMARY KEY REFERENCES item, line TEXT NOT NULL, files TEXT NOT NULL
        );
        CREATE TABLE labelling (
            archive INTEGER NOT NULL REFERENCES archive, exporter TEXT NOT NULL,
            mark TEXT NOT NULL, PRIMARY KEY (archive, exporter)
        ) WITHOUT ROWID;
        """,
    ),
    (
        "0013-vaults",
        """
        CREATE TABLE vault (path TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID;
        """,
    ),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date; each step is committed with the record that it was done."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY) WITHOUT ROWID"
    )
    done = {name for (name,) in connection.execute("SELECT name FROM migration")}
    steps = [step for step in MIGRATIONS if step[0] not in done]
    if not done:  # a new state: all at once
        steps = [("", ";".join(script for _, script in steps))]
    for name, script in steps:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in script.split(";"):
                if statement.strip():
                    connection.execute(statement)
            names = [name] if name else [name for name, _ in MIGRATIONS]
            connection.executemany("INSERT INTO migration VALUES (?)", [(one,) for one in names])
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def is_newer(connection: sqlite3.Connection) -> bool:
    """Return whether a later rootcellar has migrated this state further than we know."""
    known = {name for name, _ in MIGRATIONS}
    try:
        found = {name for (name,) in connection.execute("SELECT name FROM migration")}
    except sqlite3.OperationalError:
        return False
    return not found <= known
