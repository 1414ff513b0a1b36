"""unearth, asked through its public classes in an environment of its own."""

from musllinux_conformance.adapters.driven import DrivenTool


class Unearth(DrivenTool):
    """Finds packages for the interpreter that it runs in."""

    name = "unearth"
    lineage = ("packaging",)
    asked = (
        "detect and platform_tags by TargetPython().supported_tags(), select by "
        "PackageFinder.find_best_match() from an index on this machine"
    )
    functions = "unearth_driver.py"


implementation = Unearth
