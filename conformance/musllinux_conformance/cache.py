"""Where the suite keeps what it can make again."""

import os
from pathlib import Path

from musllinux_conformance import files


def folder() -> Path:
    """Return ``.cache`` of a checkout, or a folder in the user's cache folder."""
    if files.CHECKOUT:
        return files.VECTORS.parent.parent / ".cache"
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(user, "musllinux-conformance")
