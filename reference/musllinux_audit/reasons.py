"""Why a tag is not honest: the codes, and what each of them says."""

import re
from typing import NamedTuple

from musllinux_audit.musl import Release


class Code(NamedTuple):
    """What a reason code means.

    ``severity`` is ``breaks`` (the tag is not honest), ``patch`` (the tag is true
    from a patch release on, which no tag can say), ``warning`` (the wheel may fail)
    or ``note`` (worth knowing).  ``remedy`` is what
    mends it where :attr:`Reason.remedy` knows nothing better.
    """

    severity: str
    meaning: str
    remedy: str


CODES = {
    "tag-malformed": Code(
        "breaks",
        "The tag is not of the form musllinux_X_Y_ARCH, so no installer takes it.",
        "Correct the tag.",
    ),
    "symbol-too-new": Code(
        "breaks",
        "The symbol came to musl in a later X.Y than the tag's.",
        "Build against the musl that the tag names, or name a later one in the tag.",
    ),
    "symbol-removed-later": Code(
        "breaks",
        "An older musl has the symbol, and one that the tag covers does not: 'or"
        " later' is not true.",
        "Use a function that musl's headers declare in its place.",
    ),
    "symbol-unknown": Code(
        "breaks",
        "Neither a musl release, nor the wheel, nor the interpreter, nor a library"
        " that the wheel may expect has the symbol.",
        "Build against musl, and bundle the library that has the symbol.",
    ),
    "loader-too-new": Code(
        "breaks",
        "The file relies on something that musl's loader does only since a later X.Y"
        " than the tag's.",
        "Build against the musl that the tag names, or name a later one in the tag.",
    ),
    "relocation-refused": Code(
        "breaks",
        "The file has a relocation, or a type of symbol, that musl's loader refuses.",
        "Build without IFUNC, and libraries without -ftls-model=initial-exec.",
    ),
    "wrong-architecture": Code(
        "breaks",
        "The file's machine, class, byte order or float ABI is not that of the tag.",
        "Name the file's architecture in the tag, or build for the tag's.",
    ),
    "library-outside": Code(
        "breaks",
        "The file needs a library that is neither in the wheel nor one that every host"
        " has.",
        "Bundle the library in the wheel.",
    ),
    "libc-grafted": Code(
        "breaks",
        "The wheel holds a C library: a process that loads it has two.",
        "Leave musl out of the wheel; every host has it.",
    ),
    "glibc-object": Code(
        "breaks",
        "The file was linked against glibc.",
        "Build against musl.",
    ),
    "object-malformed": Code(
        "breaks",
        "The file begins as an ELF file does, and contradicts itself or ends early.",
        "Build the wheel again.",
    ),
    "suffix-not-searched": Code(
        "breaks",
        "A CPython that the wheel is tagged for does not search the suffix of this"
        " extension module, and the wheel has no other file for the module.",
        "Name the file as sysconfig's EXT_SUFFIX says in each such CPython on musl, or"
        " name those in the tags that find it.",
    ),
    "needs-patch-release": Code(
        "patch",
        "The need is met only from this patch release on, and a tag cannot name one.",
        "Build the wheel, and the libraries that are copied into it, against the"
        " oldest musl of the series.",
    ),
    "suffix-not-everywhere": Code(
        "warning",
        "Before CPython 3.11, builds on musl differ in whether they search -linux-gnu"
        " or -linux-musl.",
        "Ship the module as .so or .abi3.so.",
    ),
    "mixed-time": Code(
        "warning",
        "The file calls functions with a 32-bit time_t and functions with a 64-bit"
        " one.",
        "Make sure that no time crosses from one half to the other.",
    ),
    "architecture-unlisted": Code(
        "warning",
        "The architecture is not in Appendix A, or not in the policy, so neither files"
        " nor symbols were judged.",
        "Use an ARCH of Appendix A.",
    ),
    "release-unmeasured": Code(
        "warning",
        "No musl release of the tag's X.Y for this ARCH is known, so its symbols are"
        " judged by the releases with the same X, if there are any.",
        "Use a tag of a known X.Y.",
    ),
    "mixed-time-across": Code(
        "note",
        "This file calls functions with a 32-bit time_t, and another file of the wheel"
        " those with a 64-bit one.",
        "Make sure that no time crosses from one file to the other.",
    ),
    "foreign-object": Code(
        "note",
        "The file is for another architecture than the tag's, and nothing shows that"
        " it is ever loaded.",
        "None, if the wheel never loads it on this architecture.",
    ),
}

_KNOWN_BETTER = [
    (
        "loader-too-new|needs-patch-release",
        "DT_RELR",
        "Link with -z nopack-relative-relocs. If the library was copied from the image"
        " that built the wheel, build on an image of an older distribution, or build"
        " the library yourself.",
    ),
    (
        "symbol-removed-later",
        "posix_fallocate64",
        "Call posix_fallocate, as code compiled with musl's headers does: off_t has 64"
        " bits in every musl.",
    ),
    (
        "symbol-removed-later",
        "__[fl]?xstat(at)?(64)?",
        "Compile against musl's headers, which call stat, fstat, lstat and fstatat.",
    ),
    (
        "library-outside",
        r"libgcompat\.so.*",
        "Do not bundle it: gcompat imitates glibc. Build against musl.",
    ),
    (
        "library-outside",
        r"libpython[0-9].*",
        "Do not link extension modules with libpython: the interpreter that imports"
        " them has its symbols.",
    ),
]
"""Codes and subjects that want another remedy than others of the code."""


class Reason(NamedTuple):
    """One finding.

    ``file`` is a name in the wheel; ``subject`` the symbol, library or ability in
    question; ``since`` the first musl release from which on all have it, if any.
    ``lacking`` are the covered releases that no longer have what older ones had.
    ``follows`` is the code of another finding of which this one is likely no more
    than the consequence.
    """

    code: str
    file: str | None = None
    subject: str | None = None
    since: Release | None = None
    lacking: tuple[Release, ...] = ()
    follows: str | None = None

    @property
    def severity(self) -> str:
        """The severity of the code."""
        return CODES[self.code].severity

    @property
    def remedy(self) -> str:
        """What mends this finding, in a sentence or two."""
        for codes, subjects, remedy in _KNOWN_BETTER:
            if re.fullmatch(codes, self.code) and re.fullmatch(
                subjects, self.subject or ""
            ):
                return remedy
        return CODES[self.code].remedy
