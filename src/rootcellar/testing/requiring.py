"""What every check is made of."""


def require(holds: bool, otherwise: str) -> None:
    """Raise AssertionError; unlike `assert` also where Python runs with -O."""
    if not holds:
        raise AssertionError(otherwise)


def check_said(reason: str, hint: str, what: str) -> None:
    """Check that a reason and a hint are given."""
    require(bool(reason.strip()), f"{what} is missing without a reason; people must know why.")
    require(bool(hint.strip()), f"{what} is missing without a hint; say what to do next.")
