"""The conformance suite of the musllinux platform tag specification.

Run it with ``pytest conformance --impl=NAME`` in a checkout, or with
``python -m musllinux_conformance --impl=NAME`` where it is installed.

An implementation that is a Python object refuses an input by raising
:class:`Rejected`, and says that it cannot be asked by raising :class:`Unsupported`; any
other exception counts as a crash.
"""

__all__ = ["Rejected", "Unsupported", "__version__"]

__version__ = "0.1.0"


class Rejected(Exception):
    """The input is refused; the message says why."""


class Unsupported(Exception):
    """This question cannot be asked; the message says why."""
