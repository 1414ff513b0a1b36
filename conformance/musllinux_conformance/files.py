"""Where the suite's own files are, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE.parent.parent

CHECKOUT = (_ROOT / "conformance" / "vectors").is_dir()
"""Whether this is a checkout of the project."""

VECTORS = _ROOT / "conformance" / "vectors" if CHECKOUT else _PACKAGE / "vectors"
SCHEMA = _ROOT / "conformance" / "schema" if CHECKOUT else _PACKAGE / "schema"
PEP = _ROOT / "pep" / "pep-9999.rst" if CHECKOUT else _PACKAGE / "pep-9999.rst"
