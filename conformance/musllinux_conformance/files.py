"""Where the suite's own files are, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _find(installed: str, in_checkout: str) -> Path:
    inside = _PACKAGE / installed
    return inside if inside.exists() else _PACKAGE.parent.parent / in_checkout


VECTORS = _find("vectors", "conformance/vectors")
SCHEMA = _find("schema", "conformance/schema")
PEP = _find("pep-9999.rst", "pep/pep-9999.rst")
