"""The settings file that `init` writes: what a person may want to change, with a line on each."""

import os
from pathlib import Path


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
# How much of the archive is read again once a day, after an export: a time, a size, "all", "off".
# verify = "5m"

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

[notes]
# What becomes of locked notes: "skip", "encrypted" (kept as locked as they are) or "plain".
# locked = "skip"

# With "plain", where their passwords come from: "ask", "keyring", or a file only you may read.
# passwords = "ask"

# Whether the Notes app is asked, on its own Mac, for what no store has or no password opens.
# live = false

[reminders]
# Also show deleted reminders in calendar files and pages; the JSON of a list always has them.
# deleted = false

# Also write every list as a table.
# csv = false

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
    """Write a settings file where there is none; return false, and write nothing, where one is.

    Nobody else may read it: addresses of services hold passwords.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return True
