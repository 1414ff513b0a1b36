"""What bytes in a vector are, by readers that are not ours.

``python tests/independent.py FILE`` prints the words for an ELF file in a new vector.
"""

import sys
from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile


def text_words(content: bytes) -> str:
    """Return the words for a text: itself, with escapes for what is not ASCII."""
    return content.decode("ascii", "backslashreplace")


def elf_words(content: bytes) -> str:
    """Return the words for an ELF file, as pyelftools reads it."""
    try:
        elf = ELFFile(BytesIO(content))
    except ELFError as error:
        return f"no ELF file ({error})" if str(error) else "no ELF file"
    except Exception:  # pyelftools lets errors of its parser through.
        return "ELF header cut short"
    header = elf.header
    parts = [
        f"ELF{elf.elfclass} {'LSB' if elf.little_endian else 'MSB'} "
        f"{header['e_machine']} flags 0x{header['e_flags']:x}"
    ]
    size = 56 if elf.elfclass == 64 else 32
    count, entry = header["e_phnum"], header["e_phentsize"]
    if count and entry != size:
        return "; ".join([*parts, f"program headers of {entry} bytes"])
    if count and header["e_phoff"] + count * size > len(content):
        where = f"{count} program headers at 0x{header['e_phoff']:x}"
        return "; ".join([*parts, f"{where}, outside the file"])
    if count * size > 65536:
        parts.append(f"{count} program headers")
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_INTERP":
            parts.append(
                _interpreter(content, segment["p_offset"], segment["p_filesz"])
            )
    return "; ".join(parts)


def _interpreter(content: bytes, offset: int, size: int) -> str:
    where = f"PT_INTERP of {size} bytes at 0x{offset:x}"
    if offset + size > len(content):
        return f"{where}, outside the file"
    path = content[offset : offset + size]
    if path and not path.strip(b"\0"):
        return f"{where}, all NUL"
    trailing = len(path) - len(path.rstrip(b"\0"))
    shown = text_words(path.rstrip(b"\0"))
    return f"{where}: {shown!r} and {trailing} NUL"


if __name__ == "__main__":
    print(elf_words(Path(sys.argv[1]).read_bytes()))
