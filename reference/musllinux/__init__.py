"""The reference implementation of the musllinux platform tag specification.

Each function names the requirements of the specification that it implements.
The modules follow the sections of the text: :mod:`musllinux.tag`,
:mod:`musllinux.elf`, :mod:`musllinux.banner`, :mod:`musllinux.detection`,
:mod:`musllinux.arch`, :mod:`musllinux.generation`, :mod:`musllinux.selection`,
:mod:`musllinux.index`.
"""

from musllinux.banner import InvalidBanner, MuslVersion, parse_banner
from musllinux.detection import MuslHost, detect
from musllinux.elf import ElfFile, InvalidElf, read_elf
from musllinux.generation import platform_tags
from musllinux.index import accept_upload
from musllinux.selection import WheelFile, select
from musllinux.tag import InvalidTag, MusllinuxTag, parse_tag

__all__ = [
    "ElfFile",
    "InvalidBanner",
    "InvalidElf",
    "InvalidTag",
    "MuslHost",
    "MuslVersion",
    "MusllinuxTag",
    "WheelFile",
    "accept_upload",
    "detect",
    "parse_banner",
    "parse_tag",
    "platform_tags",
    "read_elf",
    "select",
]
