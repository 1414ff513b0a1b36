"""Registers ``--impl`` and its companions for ``pytest conformance``."""

from musllinux_conformance.plugin import (  # noqa: F401
    pytest_addoption,
    pytest_collect_file,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_report_teststatus,
    pytest_runtestloop,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
)
