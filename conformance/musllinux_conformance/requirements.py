"""The requirements of the specification, extracted from its text."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from musllinux_conformance import files

CLASSES = ("Publisher", "Auditor", "Index", "Detector", "Installer")
_KEYWORD = re.compile(r"\b(?:MUST|SHOULD)(?: NOT)?\b|\bMAY\b")
_REQUIREMENT = re.compile(
    r"^\.\. _(?P<label>[a-z0-9]+\.[a-z0-9-]+):\n"
    r"\n"
    r"\*\*(?P<id>[^*\n]+)\*\*(?: \((?P<group>[^)\n]*)\))?\n"
    r"(?P<body>(?:(?: {4}.*)?\n)*?)(?=\S|\Z)",
    re.MULTILINE,
)


class InvalidText(ValueError):
    """The text breaks the form that its requirements have."""


class Requirement(NamedTuple):
    """One normative sentence: ``group`` is the class that it binds."""

    id: str
    keyword: str
    group: str
    text: str

    @property
    def strength(self) -> str:
        """MUST, SHOULD or MAY, whether or not a NOT follows."""
        return self.keyword.removesuffix(" NOT")


def extract(text: str) -> dict[str, Requirement]:
    """Return the requirements of a reST text by id, in the order of the text.

    Raises:
        InvalidText: a requirement has no keyword, two keywords, an unknown class or
            no class, or its id is used twice or differs from its label; or a keyword
            stands outside a requirement.
    """
    found: dict[str, Requirement] = {}
    for match in _REQUIREMENT.finditer(text):
        name, group = match["label"], match["group"]
        body = " ".join(match["body"].split())
        keywords = _KEYWORD.findall(body)
        if match["id"] != name:
            raise InvalidText(f"{name}: the label of {match['id']}")
        if name in found:
            raise InvalidText(f"{name}: used twice")
        if group not in CLASSES:
            raise InvalidText(f"{name}: binds no class of {', '.join(CLASSES)}")
        if len(keywords) != 1:
            count = "no keyword" if not keywords else " and ".join(keywords)
            raise InvalidText(f"{name}: {count}, where one keyword belongs")
        found[name] = Requirement(name, keywords[0], group, body)
    for line in _outside(text):
        raise InvalidText(f"a keyword outside a requirement: {line.strip()}")
    return found


def _outside(text: str) -> Iterator[str]:
    """Yield the lines with a keyword that belongs to no requirement.

    The clause that cites RFC 2119 quotes the keywords, so it is no such line.
    """
    for line in _REQUIREMENT.sub("", text).splitlines():
        if _KEYWORD.search(re.sub(r'"[A-Z ]+"', "", line)):
            yield line


@lru_cache(maxsize=1)
def load() -> dict[str, Requirement]:
    """Return the requirements of the specification that comes with the suite."""
    return extract(files.PEP.read_text("utf-8"))
