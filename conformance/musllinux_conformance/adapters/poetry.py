"""Poetry, asked through its own classes in an environment of its own."""

from musllinux_conformance.adapters.driven import DrivenTool


class Poetry(DrivenTool):
    """Installs into the environment of the interpreter that it runs in."""

    name = "poetry"
    lineage = ("packaging",)
    """The tags are packaging's; the choice among files is Poetry's own."""
    asked = (
        "detect and platform_tags by SystemEnv.supported_tags, select by "
        "Chooser.choose_for() of the newest version from an index on this machine"
    )
    functions = "poetry_driver.py"


implementation = Poetry
