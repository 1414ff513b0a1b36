"""Why a tag is not honest: the codes, and what each of them says."""

from typing import NamedTuple

from musllinux_audit.musl import Release


class Code(NamedTuple):
    """What a reason code means.

    ``severity`` is ``breaks`` (the tag is not honest), ``patch`` (the tag is true
    from a patch release on, which no tag can say), ``warning`` (the wheel may fail)
    or ``note`` (worth knowing).
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
        "An older musl resolves the symbol, and a newer one that the tag covers does"
        " not: 'or later' is not true.",
        "Call the function by its lasting name: posix_fallocate, for instance, in"
        " place of posix_fallocate64.",
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
        "For DT_RELR, link with -z nopack-relative-relocs, and bundle libraries linked"
        " so.",
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
        "CPython on musl does not search the suffix of this extension module, and the"
        " wheel has no other file for the module.",
        "Name the file as sysconfig's EXT_SUFFIX says on musl.",
    ),
    "needs-patch-release": Code(
        "patch",
        "The file works only from this patch release on; no tag can say so.",
        "Build against the oldest release of the series, and bundle libraries built so;"
        " for DT_RELR, link with -z nopack-relative-relocs.",
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
        "The architecture is not in Appendix A, so neither files nor symbols were"
        " judged.",
        "Use an ARCH of Appendix A.",
    ),
    "release-unmeasured": Code(
        "warning",
        "No release of the tag's X.Y was measured, so its symbols are judged by those"
        " of the nearest X.Y of the same major version, if there is one.",
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


class Reason(NamedTuple):
    """One finding.

    ``file`` is a name in the wheel; ``subject`` the symbol, library or ability in
    question; ``since`` the first musl release that has it for good.
    """

    code: str
    file: str | None = None
    subject: str | None = None
    since: Release | None = None

    @property
    def severity(self) -> str:
        """The severity of the code."""
        return CODES[self.code].severity
