"""The texts every archive carries, so that it can be understood without rootcellar."""

README_TEXT = """\
This folder is an archive made by rootcellar: Apple data as plain files.

You need no program to use it. Open the folders and look.

  Photos/       one folder per day; each picture lies there exactly as it came from Photos.
                "(edited)" is your edit of the picture before it, "(preview)" a small stand-in
                for a picture that is not on this machine yet.
                A file that ends in .xmp describes the picture whose name it bears: title,
                caption, keywords, people, place. Most photo programs read it.
                metadata.jsonl holds everything that Photos knew, one line of JSON a picture.
    Albums/     one JSON file per album, naming its pictures in order.
    People.json who is in which picture.
  STATUS.txt    when this archive was last brought up to date, and whether anything is wrong.
  .rootcellar/  former versions of files that changed (history), and notes of the program.
                FORMAT.txt in there describes everything exactly.

Please do not rename or change the pictures and the metadata.jsonl files. You may change .xmp
files and pages of text: your version is kept, and never overwritten.

Nothing is ever deleted here. What you delete in Photos stays in the archive; its line in
metadata.jsonl then says "gone": true.
"""

_FORMAT_TEXT = """\
The format of a rootcellar archive, version 1

Texts are UTF-8 in NFC, lines end in LF, JSON lines hold one JSON value a line, digests are sha256
in lower-case hex, sizes are in bytes, paths use "/" and are relative to the archive's root.

.rootcellar/archive.json
    {"uuid", "format", "counter", "token", "tops", "stores", "check"}: which archive this is. The
    counter rises with every run that changes anything, the token is new with every batch of one.
    "tops" names the exporter behind each folder at the top, "stores" the libraries it has read.
    "check" is the digest of all bytes before its line.

metadata.jsonl (in every folder that holds items)
    One line for each item of the folder, sorted by place (case-folded), then key:
    {"key", "place", "title", "gone", "files": [{"path", "role", "size", "sha256"}], "record"}
    "key" is Apple's own identifier. "place" is the name the item wished for, before it was made
    portable and unique. "gone" is true when the item has vanished from the source. A file entry
    with "view": true is a page rendered from the record; it may be made again. "absent" lists
    the roles of files that have not been on the source so far. "in_trash": true marks what lies
    in the source's own trash. "record" is all that is known of the item, without loss.

Gatherings (Albums/**.json, People.json)
    {"key", "title", "place", "gone", "record", "groups": {name: [run, ...]}}: a file made of many
    items, in order. A run is {"Photos/2024/2024-07-14/": [names]}: members that follow each other
    and lie in one folder. Members of which there is no file yet are {"absent": [keys]}. A run with
    "gone": true has vanished from the source. "pages", where there are any, names the pages with
    links that lie beside the file: [{"path", "template", "size", "sha256"}]. A list of reminders
    has the records of its members instead of runs: its own record is the top level, each group an
    array of records there, and the rest is under "gathering"; "holds" in it names the key's field.

.rootcellar/history/ab/abcdef....ext
    Former contents of files that were replaced or retired: whole files, named by their sha256,
    in a folder named by its first two digits, with the extension they had.

.rootcellar/snapshots/2026-11-23T030000Z.jsonl.zst
    What the archive held at one moment (UTC): JSON lines packed with zstd. The first line is the
    header: {"format", "archive", "id", "kind", "created", "parent", "parent_sha256", "depth",
    "files", "bytes", "walked", "program", "tops", "exporters"}. A "full" one lists every file, a
    "delta" those that differ from "parent", the snapshot before it; "parent_sha256" is the digest
    of that one's file. Then {"path", "size", "mtime_ns", "sha256", "key", "role", "view"} for each
    file, what is 0, "" or false left out; in a delta, {"path", "absent": true} for one that is no
    more. The last line is {"entries", "sha256"}: the digest of all lines before it. README.txt,
    STATUS.txt and your own files are in none. The bytes of a file are still at its path, or at
    another (it was moved), or in history/.

.rootcellar/snapshots/pruned.jsonl
    {"id", "pruned", "check"}: snapshots that were given up; their history may be gone. "check" is
    the beginning of the sha256 of "id", a space and "pruned".

.rootcellar/quarantine/
    Bytes that were found where they should not have been; nothing needs them, nothing is lost.

.rootcellar/journal/, .rootcellar/parts/
    Work in progress. After a crash the next run ends it; to clean up by hand, apply the renames
    that journal/batch.jsonl lists ("put": path is the part, "to" its name), then remove both.

Checking without rootcellar: every "sha256" in the metadata.jsonl files can be compared with
what `shasum -a 256 FILE` (macOS) or `sha256sum FILE` (Linux) prints.

Restoring a snapshot without rootcellar: save the lines below as recover.py and run
    python3 recover.py ARCHIVE 2026-11-23T030000Z NEW_FOLDER
with Python 3.14, or with Python 3.11 to 3.13 after `pip install backports.zstd`.

"""

RECOVERY = """\
import hashlib, json, os, pathlib, shutil, sys
try: from compression import zstd
except ImportError: from backports import zstd
archive, name, out = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
entries, have = [], {}
while name:
    packed = archive / ".rootcellar" / "snapshots" / (name + ".jsonl.zst")
    head, *lines, end = map(json.loads, zstd.decompress(packed.read_bytes()).splitlines())
    entries, name = lines + entries, "" if head["kind"] == "full" else head["parent"]
for file in filter(pathlib.Path.is_file, archive.rglob("*")):
    with file.open("rb") as data: have[hashlib.file_digest(data, "sha256").hexdigest()] = file
tree = {entry["path"]: entry for entry in entries}
for path, entry in tree.items():
    target, source = out / path, have.get(entry.get("sha256"))
    if source:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        os.utime(target, ns=2 * (entry.get("mtime_ns", 0),))
    elif not entry.get("absent"): print("lost:", path)
"""

FORMAT_TEXT = _FORMAT_TEXT + RECOVERY
