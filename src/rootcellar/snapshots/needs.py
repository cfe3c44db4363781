"""Which bytes the snapshots need, and since when others are not: all manifests read once."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from rootcellar.archive.disk import Disk
from rootcellar.archive.manifests import Entry, Manifest, ManifestDamaged, read
from rootcellar.snapshots.chain import Chain, Tree, apply

_DOUBT = ("M10", "M11")
"""Manifests that can be read, and do not fit together."""


class Need(msgspec.Struct, frozen=True, gc=False):
    """Bytes that a snapshot needs, and the path it needs them for; a view can be edited."""

    path: str
    size: int
    snapshot: str
    view: bool


@dataclass
class Needs:
    """What all manifests together say; digests are hex.

    `needed` is what the kept snapshots need, `now` the tree of the `newest` snapshot of which it
    can be told, `left` when
    (ISO 8601) content that is in the newest tree no more was last replaced or removed. `broken`
    says by snapshot what is wrong with manifests; those of `untold` build on one of these.
    """

    needed: dict[str, Need] = field(default_factory=dict)
    now: Tree = field(default_factory=dict)
    newest: str = ""
    left: dict[str, str] = field(default_factory=dict)
    broken: dict[str, ManifestDamaged] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)

    @property
    def hidden(self) -> set[str]:
        """The snapshots of which nobody can tell what they held."""
        return {
            *self.untold,
            *(name for name, one in self.broken.items() if one.code not in _DOUBT),
        }

    def faults(self, chain: Chain, given_up: Collection[str]) -> dict[str, ManifestDamaged]:
        """Return what is wrong with manifests that somebody needs.

        Nobody needs that of a snapshot that was given up, unless a kept one builds on it.
        """
        given = set(given_up)
        if not given.issuperset(self.untold):
            return dict(self.broken)
        return {
            name: error
            for name, error in self.broken.items()
            if name not in given
            and not (error.code == "M11" and chain.headers[name].parent in given)
        }


def read_needs(disk: Disk, chain: Chain, kept: Collection[str] | None = None) -> Needs:
    """Read every manifest in the order of the chain; `kept` are all that were not pruned."""
    wanted = set(chain.kept if kept is None else kept)
    reading = _Reading(Needs(broken=dict(chain.damaged)), wanted)
    former = ""
    for number, name in enumerate(chain.order):
        try:
            manifest = read(disk, name)
        except ManifestDamaged as error:
            reading.break_off(name, error)
            former = ""
            continue
        header = manifest.header
        if header.parent != (chain.order[number - 1] if number else ""):
            reading.found.broken[name] = ManifestDamaged(
                "M11", f"{header.parent or 'nothing'} should come before {name}, and does not"
            )
            reading.tree = None
        elif former and header.parent_sha256 != former:
            reading.found.broken[header.parent] = ManifestDamaged(
                "M10", f"{header.parent} is not what {name} was made after"
            )
        reading.take(manifest)
        former = manifest.sha256
    return reading.found


class _Reading:
    """Goes from manifest to manifest, with the tree as it is at each."""

    def __init__(self, found: Needs, kept: Collection[str]) -> None:
        self.found = found
        self.kept = kept
        self.tree: Tree | None = None
        self.pending: set[str] = set()
        self.holders: Counter[str] = Counter()

    def break_off(self, name: str, error: ManifestDamaged) -> None:
        """Take down that the tree is not known until the next full manifest."""
        self.found.broken[name] = error
        self.found.untold.append(name)
        self.tree = None

    def take(self, manifest: Manifest) -> None:
        header = manifest.header
        if header.is_full:
            self._begin_anew(manifest)
        elif self.tree is None:
            self.found.untold.append(header.id)
            return
        else:
            for entry in manifest.entries:
                self._leave(self.tree.get(entry.path), header.created)
                if not entry.absent:
                    self.holders[entry.sha256] += 1
            apply(self.tree, manifest.entries)
            self.pending.update(entry.path for entry in manifest.entries)
        if header.id in self.kept:
            self._need(header.id)
        assert self.tree is not None
        self.found.now, self.found.newest = self.tree, header.id

    def _begin_anew(self, manifest: Manifest) -> None:
        before = self.tree if self.tree is not None else self.found.now
        self.tree = {entry.path: entry for entry in manifest.entries}
        self.pending.update(
            path
            for path, entry in self.tree.items()
            if (was := before.get(path)) is None or was.sha256 != entry.sha256
        )
        self.holders.update(entry.sha256 for entry in manifest.entries)
        for entry in before.values():
            self._leave(entry, manifest.header.created)

    def _leave(self, entry: Entry | None, when: str) -> None:
        """Take down that a path holds these bytes no more."""
        if entry is not None:
            self.holders[entry.sha256] -= 1
            self.found.left[entry.sha256] = when

    def _need(self, snapshot: str) -> None:
        """Take down what a kept snapshot needs that the one before it did not."""
        assert self.tree is not None
        for path in self.pending:
            entry = self.tree.get(path)
            if entry is not None and entry.sha256 not in self.found.needed:
                self.found.needed[entry.sha256] = Need(path, entry.size, snapshot, entry.view)
        self.pending.clear()
