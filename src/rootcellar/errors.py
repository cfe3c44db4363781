"""The errors a person can act on; whatever else is raised is a bug and shows its trace."""


class RootcellarError(Exception):
    """Something a person can mend: `message` says what is wrong, `hint` what to do next.

    `exit_code` is 1 (failed) unless a kind of error says otherwise.
    """

    exit_code = 1
    outcome = "failed"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error travel from the process that reads to the one that writes."""
        return _remade, (type(self), self.message, self.hint)


def _remade(kind: type[RootcellarError], message: str, hint: str) -> RootcellarError:
    return kind(message, hint=hint)


class UsageError(RootcellarError):
    """What was asked for cannot be meant: a wrong path, an unknown name, a bad setting."""

    exit_code = 2
    outcome = "usage"


class DestinationWaiting(RootcellarError):
    """The archive's drive is not there, or another run is using the archive: try again later."""

    exit_code = 75
    outcome = "waiting"


class Stopped(RootcellarError):
    """The run was asked to stop, or its time is used up; it did so at a safe place."""

    exit_code = 75
    outcome = "waiting"


class ArchiveUnwritable(RootcellarError):
    """The archive is there but does not take what we write: full, or read-only."""


class SourceError(RootcellarError):
    """A store of Apple data cannot be read."""


class StoreMissing(SourceError):
    """A store that was asked for is not on this source."""


class StoreUnreadable(SourceError):
    """A store is there, but damaged, forbidden or of an unknown kind."""


class StateError(RootcellarError):
    """The state on the internal disk cannot be used."""


class ScratchUnwritable(RootcellarError):
    """Private copies cannot be made on the internal disk: it is full, or may not be written."""


class DownloadsImpossible(RootcellarError):
    """The app that could be asked for missing files is not here, or cannot be asked."""
