"""The Auditor of the musllinux platform tag specification.

It says whether the tags of a wheel hold on every musl release that they cover.
:mod:`musllinux_audit.archive` reads the wheel, :mod:`musllinux_audit.dynamic` its
ELF files, :mod:`musllinux_audit.wheel` joins them, :mod:`musllinux_audit.musl` knows
the releases, :mod:`musllinux_audit.suffixes` knows who finds a module,
:mod:`musllinux_audit.policy` what the caller asks, :mod:`musllinux_audit.findings`
compares, :mod:`musllinux_audit.promise` judges, and :mod:`musllinux_audit.reasons`
explains each code.
"""

from musllinux_audit.archive import UnreadableWheel
from musllinux_audit.policy import InvalidPolicy, Policy, read_policy
from musllinux_audit.promise import Lowest, Report, Verdict, audit, audit_wheel
from musllinux_audit.reasons import CODES, Code, Reason

__all__ = [
    "CODES",
    "Code",
    "InvalidPolicy",
    "Lowest",
    "Policy",
    "Reason",
    "Report",
    "UnreadableWheel",
    "Verdict",
    "audit",
    "audit_wheel",
    "read_policy",
]
