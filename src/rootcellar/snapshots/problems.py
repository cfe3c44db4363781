"""What verify finds; each kind has a number, which docs/reference/archive-format.md describes."""

from dataclasses import dataclass, field

CODES = {
    "rot": "F01",
    "truncated": "F02",
    "changed": "F03",
    "missing": "F04",
    "unreadable": "F05",
    "history-rot": "H01",
    "history-missing": "H02",
    "pruned": "H03",
    "identity": "I01",
}
"""The number of each kind; those of manifests (M01 to M11) and of the state (S01 to S03) vary."""
OF_TREE = ("rot", "truncated", "changed", "missing", "unreadable")


@dataclass
class Problem:
    """Something that is not as it should be.

    `kind`: `rot` (other bytes, though size and time are the same), `truncated`, `changed`,
    `missing`, `unreadable`; `history-rot`, `history-missing`, `pruned` (the list of what was given
    up); `manifest`; `identity`; `state`. `expected` and `found` are digests, empty where there is
    none. `code` is the number of the fault.
    """

    path: str
    kind: str
    message: str
    expected: str = ""
    found: str = ""
    healed: bool = False
    code: str = ""

    def __post_init__(self) -> None:
        self.code = self.code or CODES[self.kind]

    @property
    def is_of_tree(self) -> bool:
        """Whether it is about a file of the archive as it is now."""
        return self.kind in OF_TREE


@dataclass
class Verified:
    """What a verification found; `left` files are for the next one, the budget was used up.

    `edited` are pages that somebody edited, which is no damage; `overwritten` are those of which
    an earlier snapshot has the bytes no more, because somebody wrote over them. `given_up` are
    snapshots whose manifests are damaged, and which nobody keeps.
    """

    checked: int = 0
    bytes: int = 0
    left: int = 0
    edited: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    strangers: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """`partial` when anything is wrong, also where it was healed."""
        return "partial" if self.problems else "ok"

    @property
    def damaged(self) -> list[Problem]:
        """What is wrong and could not be healed."""
        return [one for one in self.problems if not one.healed]
