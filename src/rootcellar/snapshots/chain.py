"""Reads snapshots from the archive alone: which there are, in which order, what each holds."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import (
    Entry,
    Header,
    ManifestDamaged,
    chain_of,
    heads,
    listed,
    read,
    read_header,
)
from rootcellar.archive.pruned import given_up
from rootcellar.errors import UsageError

Tree = dict[str, Entry]
"""What one snapshot holds, by path."""


class Chain(Struct, frozen=True):
    """The snapshots of an archive: `order` is the chain's, oldest first.

    `damaged` says what is wrong with those whose headers cannot be read; `stray` are those that
    lead to no other (a chain that was cut, or two that were mixed). `pruned` maps those whose
    history may have been freed to when that was.
    """

    headers: Mapping[str, Header]
    order: Sequence[str]
    damaged: Mapping[str, ManifestDamaged] = field(default_factory=dict)
    pruned: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> list[str]:
        """The snapshots that can be restored, oldest first."""
        return [name for name in self.order if name not in self.pruned]

    @property
    def head(self) -> str | None:
        """The newest snapshot."""
        return self.order[-1] if self.order else None


def read_chain(disk: Disk) -> Chain:
    """Read the headers of all snapshots, and put them in order."""
    headers: dict[str, Header] = {}
    damaged: dict[str, ManifestDamaged] = {}
    for name in listed(disk):
        try:
            headers[name] = read_header(disk, name)
        except ManifestDamaged as error:
            damaged[name] = error
    order: list[str] = []
    pieces = [list(chain_of(headers, head))[::-1] for head in heads(headers)]
    for piece in sorted(pieces, key=lambda one: (headers[one[-1]].created, one[-1])):
        order += [name for name in piece if name not in order[-len(piece) :]]
    return Chain(headers, tuple(dict.fromkeys(order)), damaged, given_up(disk))


def links_of(disk: Disk, snapshot: str) -> list[str]:
    """Return the full manifest that a snapshot builds on, and the deltas up to it, in order."""
    links = [snapshot]
    while not (header := read_header(disk, links[0])).is_full:
        if not header.parent or header.parent in links:
            raise ManifestDamaged("M09", f"{snapshot} builds on no full manifest")
        links.insert(0, header.parent)
    return links


def tree_of(disk: Disk, snapshot: str) -> Tree:
    """Return what a snapshot holds; raises ManifestDamaged when it cannot be told."""
    tree: Tree = {}
    former = ""
    for name in links_of(disk, snapshot):
        manifest = read(disk, name)
        if former and manifest.header.parent_sha256 != former:
            raise ManifestDamaged("M10", f"{name} does not follow on the manifest before it")
        apply(tree, manifest.entries)
        former = manifest.sha256
    return tree


def apply(tree: Tree, entries: Sequence[Entry]) -> None:
    """Change a tree as one manifest says."""
    for entry in entries:
        if entry.absent:
            tree.pop(entry.path, None)
        else:
            tree[entry.path] = entry


def choose(chain: Chain, wanted: str | None) -> str:
    """Return the snapshot that is meant: a name, the beginning of one, or the newest.

    A beginning that several share (a day, say) means the newest of these. Raises UsageError.
    """
    if chain.head is None:
        raise UsageError(
            "There is no snapshot yet.", hint="The next `rootcellar export` makes one."
        )
    if wanted is None or wanted == "latest":
        return chain.head
    if wanted in chain.headers:
        return wanted
    if wanted in chain.damaged:
        raise chain.damaged[wanted]
    found = [name for name in chain.order if name.startswith(wanted)]
    if not found:
        raise UsageError(
            f"There is no snapshot {wanted}.",
            hint="`rootcellar snapshot list` lists them; the beginning of a name is enough.",
        )
    return found[-1]
