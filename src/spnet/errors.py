"""Every error a user can cause. Each message says what was got, what was expected and what to do."""


class SpnetError(Exception):
    """Base of all errors of this package; the command line prints it as one sentence and exits with 1."""


class BadInput(SpnetError, ValueError):
    """An image, a depth map or an option that cannot be used."""


class BadWeights(SpnetError, ValueError):
    """A weights file that is unreadable, incomplete or of another network."""


class CannotWrite(SpnetError, OSError):
    """A result that could not be written; nothing half-written is left behind."""


class MissingExtra(SpnetError, ImportError):
    """An optional dependency is needed; the message names the pip extra."""


class SpnetWarning(UserWarning):
    """Something that is probably wrong but may be meant, e.g. an unlikely unit."""
