"""The reference implementation, asked through its public functions."""

import io
import os
import sys
from typing import Any

import musllinux
import musllinux_audit
from musllinux.arch import arch_of_machine
from musllinux.selection import supported_tags
from musllinux_conformance import Rejected, __version__


class Reference:
    """Answers in process."""

    name = "reference"
    version = __version__
    language = "Python"
    lineage = ()
    reasons = True

    def parse_tag(self, tag: str) -> dict[str, Any]:
        """Ask :func:`musllinux.parse_tag`."""
        try:
            return musllinux.parse_tag(tag)._asdict()
        except musllinux.InvalidTag as why:
            raise Rejected(str(why)) from why

    def read_elf(self, elf: bytes) -> dict[str, Any]:
        """Ask :func:`musllinux.read_elf`."""
        try:
            interpreter, arch = musllinux.read_elf(io.BytesIO(elf))
        except musllinux.InvalidElf as why:
            raise Rejected(str(why)) from why
        path = None if interpreter is None else os.fsdecode(interpreter)
        return {"interpreter": path, "arch": arch}

    def parse_banner(self, stderr: bytes) -> list[int]:
        """Ask :func:`musllinux.parse_banner`."""
        try:
            return list(musllinux.parse_banner(stderr))
        except musllinux.InvalidBanner as why:
            raise Rejected(str(why)) from why

    def detect(
        self, executable: str, machine: str, pointer_bits: int
    ) -> dict[str, Any] | None:
        """Ask :func:`musllinux.detect`, which takes the pointer size from the file."""
        host = musllinux.detect(executable, machine)
        return host and {"musl": list(host.musl), "arch": host.arch}

    def platform_tags(
        self, musl: list[int], machine: str, pointer_bits: int
    ) -> list[str]:
        """Ask :func:`musllinux.platform_tags` for the ARCH of the machine."""
        arch = arch_of_machine(machine, pointer_bits)
        arches = [] if arch is None else [arch]
        return list(musllinux.platform_tags(musllinux.MuslVersion(*musl), arches))

    def select(
        self,
        musl: list[int],
        machine: str,
        pointer_bits: int,
        files: list[dict[str, Any]],
    ) -> str | None:
        """Ask :func:`musllinux.select`."""
        platforms = self.platform_tags(musl, machine, pointer_bits)
        tags = supported_tags(sys.version_info[:2], platforms)
        return musllinux.select((musllinux.WheelFile(**file) for file in files), tags)

    def accept_upload(self, filename: str) -> bool:
        """Ask :func:`musllinux.accept_upload`."""
        return musllinux.accept_upload(filename)

    def audit(self, wheel: str, tag: str, floor: list[int]) -> dict[str, Any]:
        """Ask :func:`musllinux_audit.audit`."""
        major, minor, patch = floor
        verdict = musllinux_audit.audit(wheel, tag, (major, minor, patch))
        return {
            "honest": verdict.honest,
            "needs": verdict.needs and list(verdict.needs),
            "reasons": sorted({reason.code for reason in verdict.reasons}),
        }


implementation = Reference
