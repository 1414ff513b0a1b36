"""Whether an answer is the one that a vector expects."""

from musllinux_conformance.vectors import Json


def same(left: Json, right: Json) -> bool:
    """Compare two JSON values strictly by type: 1, 1.0 and true are three values."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            same(left[k], right[k]) for k in left
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def without_linux(tags: list[str]) -> list[str]:
    """Return the tags without ``linux_ARCH``, whose rank the text leaves open."""
    return [tag for tag in tags if not tag.startswith("linux_")]


def audited(value: dict[str, Json], wanted: dict[str, Json], reasons: bool) -> bool:
    """Compare what a vector says of an audit; ``reasons`` as in :func:`fits`."""
    for key, each in wanted.items():
        if key == "reasons":
            if reasons and set(value[key]) != set(each):
                return False
        elif not same(value[key], each):
            return False
    return True


def fits(
    expect: dict[str, Json], op: str, answer: dict[str, Json], reasons: bool = True
) -> bool:
    """Say whether an answer (``{"ok": value}`` or ``{"rejected": why}``) is right.

    ``reasons`` says whether the implementation's reasons are to be judged.
    """
    ((kind, wanted),) = expect.items()
    if kind == "unspecified":
        return True
    if kind == "rejected" or "rejected" in answer:
        return kind == "rejected" and "rejected" in answer
    value = answer["ok"]
    if op == "platform_tags":
        value = without_linux(value)
    if kind in ("equals", "one_of"):
        right = wanted if kind == "one_of" else [wanted]
        if op == "audit":
            return any(audited(value, each, reasons) for each in right)
        return any(same(value, each) for each in right)
    if kind == "contains":
        return all(tag in value for tag in wanted)
    if kind == "absent":
        return not any(tag in value for tag in wanted)
    if kind == "prefers":
        return bool([tag for tag in value if tag in wanted] == wanted)
    raise ValueError(f"unknown expectation {kind!r}")


def words(expect: dict[str, Json]) -> str:
    """Say in a line what is expected."""
    ((kind, wanted),) = expect.items()
    if kind in ("rejected", "unspecified"):
        return kind
    if kind == "equals":
        return show(wanted)
    if kind == "one_of":
        return " or ".join(show(each) for each in wanted)
    before = {"contains": "among others ", "absent": "none of ", "prefers": "in order "}
    return before[kind] + show(wanted)


def show(value: Json) -> str:
    """Write an answer for a person."""
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return ", ".join(value)
    if value is None:
        return "none"
    if isinstance(value, dict) and value.keys() == {"musl", "arch"}:
        return f"musl {'.'.join(map(str, value['musl']))} on {value['arch']}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {show(each)}" for key, each in value.items())
    return value if isinstance(value, str) else str(value).lower()
