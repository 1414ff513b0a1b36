"""PDM, asked through its own classes in an environment of its own."""

import os

from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.driven import DrivenTool
from musllinux_conformance.adapters.released import Json
from musllinux_conformance.masks import Mask


class Pdm(DrivenTool):
    """Runs a masked interpreter to learn what it is."""

    name = "pdm"
    lineage = ("dep-logic", "unearth", "packaging")
    """The order of the tags is dep-logic's, the finder unearth's, the detector
    packaging's; until 2.16 the order was packaging's too."""
    asked = (
        "detect and platform_tags by get_env_spec() of the interpreter, select by "
        "PDMPackageFinder.find_best_match() from an index on this machine"
    )
    functions = "pdm_driver.py"

    def detect(self, mask: Mask) -> Json:
        """Read the version and ARCH off the platform, whose best tag says neither."""
        return released.host_of(self.drive(mask, op="detect"))

    def drive(self, mask: Mask, **question: Json) -> Json:
        """Ask about an interpreter that PDM can start."""
        return super().drive(mask, python=os.fspath(mask.program()), **question)


implementation = Pdm
