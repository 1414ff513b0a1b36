"""One module in C, built once for all versions of Python from 3.10 on."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "demo",
            ["demo.c"],
            define_macros=[("Py_LIMITED_API", "0x030A0000")],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
