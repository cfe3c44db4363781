"""Which column of a table holds which property: told by the model, or by the columns' names.

`rootcellar.apple.core_data` says how properties become columns, and why a name without its number
will do where the model is not there, or does not fit the table.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from rootcellar.apple.object_models import Properties

Tables = Mapping[str, tuple[str, ...]]
"""By table, its columns."""


def table_of(root: str, tables: Iterable[str]) -> str:
    """Return the table of a root entity, "" where there is none."""
    wanted = f"Z{root}".upper()
    return next((table for table in tables if table.upper() == wanted), "")


def derived_columns(
    lines: Mapping[str, list[str]], properties: Properties
) -> dict[str, dict[str, str]]:
    """Return by entity the columns of the properties it owns, by their names in capitals."""
    counts: dict[tuple[str, str], int] = {}
    found: dict[str, dict[str, str]] = {}
    for name, line in lines.items():  # in the order of their numbers
        above = {one.name for other in line[1:] for one in properties.get(other, ())}
        columns = found[name] = {}
        for one in properties.get(name, ()):
            if one.name in above:
                continue  # inherited: some systems list it here too
            upper = one.name.upper()
            number = counts.get((line[-1], upper), 0)
            counts[line[-1], upper] = number + 1
            columns[upper] = f"Z{upper}{number or ''}"
    return found


class Misfit(Struct, frozen=True):
    """Where a table and the model differ: by name, the columns that bear it.

    Of a name that is `doubted` the table has a column that the model does not explain, or lacks
    one that it asks for: which entity has which number is then not known. The model knows nothing
    at all of what is `extra`.
    """

    doubted: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, list[str]] = field(default_factory=dict)


def misfits(
    lines: Mapping[str, list[str]], derived: Mapping[str, Mapping[str, str]], tables: Tables
) -> dict[str, Misfit]:
    """Return by table where it and the model differ."""
    claimed: dict[str, dict[str, str]] = {}
    for name, columns in derived.items():
        asked = claimed.setdefault(table_of(lines[name][-1], tables), {})
        asked |= {column: upper for upper, column in columns.items()}
    return {table: _misfit(asked, tables.get(table, ())) for table, asked in claimed.items()}


def _misfit(asked: Mapping[str, str], there: tuple[str, ...]) -> Misfit:
    names = set(asked.values())
    wrong = {upper for column, upper in asked.items() if column not in there}
    found = Misfit()
    for upper, columns in _bearing(there).items():
        if all(column in asked for column in columns) or upper.startswith("Z_"):
            continue
        if upper in names:
            wrong.add(upper)
        else:
            found.extra[upper] = columns
    for upper in wrong:
        found.doubted[upper] = _numbered(upper, there)
    return found


def _numbered(upper: str, there: tuple[str, ...]) -> list[str]:
    plain = f"Z{upper}"
    digits = {one: one.removeprefix(plain) for one in there if one.startswith(plain)}
    fits = [one for one, number in digits.items() if number.isdigit() or not number]
    return sorted(fits, key=lambda one: int(digits[one] or 0))


def columns_of(
    owners: Iterable[str], derived: Mapping[str, Mapping[str, str]], misfit: Misfit,
    there: tuple[str, ...],
) -> dict[str, str]:  # fmt: skip
    """Return the columns of what these entities own, as far as the table has them.

    They are an entity, those above it, and those below: a row fills only what its own has.
    """
    found: dict[str, list[str]] = {}
    for owner in owners:
        for upper, column in derived[owner].items():
            if upper not in misfit.doubted:
                found.setdefault(upper, []).append(column)
            elif misfit.doubted[upper]:
                found[upper] = misfit.doubted[upper]
    found = misfit.extra | found
    orders = {one: one for one in there if one.startswith("Z_FOK_")}
    return {upper: _first(columns) for upper, columns in found.items()} | orders


def _first(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def loose_columns(there: tuple[str, ...]) -> dict[str, str]:
    """Return for every name what is in the columns that bear it."""
    return {upper: _first(columns) for upper, columns in _bearing(there).items()}


def _bearing(there: tuple[str, ...]) -> dict[str, list[str]]:
    """Return for every name the columns that bear it, with or without a number at the end."""
    known = set(there)
    grouped: dict[str, list[tuple[int, str]]] = {}
    for column in there:
        if not column.startswith("Z") or column in ("Z_PK", "Z_ENT", "Z_OPT"):
            continue
        if column[1:2].isdigit():
            continue  # `Z9_TRIGGER`: of which entity the row is that `ZTRIGGER` leads to
        base = column.rstrip("0123456789")
        digits = column[len(base) :]
        if base not in known or base == "Z":
            base, digits = column, ""
        grouped.setdefault(base, []).append((int(digits or 0), column))
    found = {}
    for base, columns in grouped.items():
        name = base if base.startswith("Z_") else base[1:]
        found[name] = [column for _, column in sorted(columns)]
    return found
