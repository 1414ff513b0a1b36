"""Vectors in words: bytes by the words beside them, nothing a terminal would obey."""

from collections.abc import Iterator
from typing import Any

from musllinux_conformance import compare, vectors

LABELS = {
    "pointer_bits": "pointer size",
    "elf": "ELF file",
    "stderr": "standard error",
    "stdout": "standard output",
    "holds_pipe": "keeps standard error open for",
    "closes_stderr": "closes standard error at the end",
    "lingers": "goes on at the end for",
    "stdout_repeat": "standard output written",
    "exit": "exit status",
    "ignores_sigterm": "goes on when it is asked to end",
    "needs_no_arguments": "writes nothing when given an argument",
    "silent_if_env": "writes nothing when it sees the caller's environment",
    "pad": "followed by",
    "repeat": "written",
    "twice": "by one process twice",
    "first": "first, once",
    "then": "then, once",
    "relative": "path is relative",
    "home": "in a virtual environment without a home",
    "script": "named by the first line of a script",
    "slot": "path of the loader",
}
UNITS = {
    "pointer_bits": "{} bits",
    "holds_pipe": "{} s",
    "lingers": "{} s",
    "pause": "{} s",
    "stdout_repeat": "{} times",
    "delay": "{} s",
    "first_delay": "{} s",
    "pad": "{} NUL bytes",
    "repeat": "{} times",
}


def rows(request: dict[str, Any], place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield a request as pairs of a label and lines.

    ``place`` is what the fields belong to, such as "loader".
    """
    for key, value in request.items():
        if key == "op" or f"{key}_words" in request:
            continue
        name = key.removesuffix("_words")
        label = f"{place} {LABELS.get(name, name.replace('_', ' '))}".strip()
        if isinstance(value, dict) and key != "slot":
            yield from rows(value, label)
        elif key == "files" and place == "wheel":
            for file in value:
                yield f"{place} file", [visible(file["path"]), *_contents(file)]
        else:
            yield label, list(_lines(name, value, is_words=name != key))


def _lines(name: str, value: Any, is_words: bool) -> Iterator[str]:
    if name in ("stdout", "stderr", "first", "then") and is_words:
        yield from [quoted(line) for line in _split(value)] or ["nothing"]
    elif name == "slot":
        yield f"written into {value['size']} bytes at {value['offset']:#x}"
    elif name in ("musl", "floor"):
        yield ".".join(map(str, value))
    elif name == "files":
        for file in value:
            yield visible(file["filename"]) + "  yanked" * file["yanked"]
    elif value is True:
        yield "yes"
    elif value == "forever":
        yield "without end"
    elif isinstance(value, list):
        yield from (visible(str(each)) for each in value)
    elif name == "tag":
        yield quoted(value)
    else:
        yield visible(UNITS.get(name, "{}").format(value))


def _contents(file: dict[str, Any]) -> Iterator[str]:
    """Yield what a file of a wheel is: a text, or an ELF object."""
    if "text" in file:
        yield from (f"  {quoted(line)}" for line in _split(file["text"]))
    for key, value in file.get("object", {}).items():
        listed = ", ".join(map(str, value)) if isinstance(value, list) else value
        yield visible(f"  {key}" if listed is True else f"  {key} {listed}")


def _split(text: str) -> list[str]:
    """Divide at line feeds, which stay."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + [part for part in parts[-1:] if part]


def expected(expect: dict[str, Any]) -> str:
    """Say in a line what is expected."""
    return visible(compare.words(expect))


def quoted(text: str) -> str:
    """Write a text in quotes, so that its ends can be seen too."""
    return f'"{visible(text)}"'


def visible(text: str) -> str:
    """Write a text so that each character of it can be seen, but 5,000 nines."""
    names = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    return "".join(
        names.get(each) or (each if " " <= each <= "~" else _escape(each))
        for each in text.replace(vectors.NINES, "{nines}")
    )


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
