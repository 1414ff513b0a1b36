// Which CPythons a wheel is tagged for.

// No CPython has a longer number; a name may be hostile.
const NUMBER = "(0|[1-9][0-9]{0,2})";
const CPYTHON = new RegExp(`^cp3${NUMBER}$`);
const ANY_PYTHON = new RegExp(`^py3${NUMBER}?$`);

/** {from, open, threaded} of a pair of tags, or null if no CPython 3 accepts it. `threaded` is
 *  whether its builds are free-threaded, or null if both kinds accept it. */
function rangeOf(python, abi) {
  const any = ANY_PYTHON.exec(python);
  // As an installer has it, a tag "py" goes with no ABI, and holds for all later versions.
  if (any) return abi === "none" ? { from: Number(any[1] ?? 0), open: true, threaded: null } : null;
  const own = CPYTHON.exec(python);
  if (!own) return null;
  const from = Number(own[1]);
  if (abi === "none") return { from, open: false, threaded: null };
  if (abi === "abi3") return { from, open: true, threaded: false };
  const flags = new RegExp(`^${python}([a-z]*)$`).exec(abi);
  return flags && { from, open: false, threaded: flags[1].includes("t") };
}

/**
 * Each CPython of the tags of a wheel (that of parseWheelName) as {minor, threaded}. Where the
 * tags have no last version, one after `last` is the last.
 */
export function cpythonsOf({ pythons, abis }, last) {
  const found = new Map();
  for (const python of pythons) for (const abi of abis) {
    const range = rangeOf(python, abi);
    if (range === null) continue;
    const end = range.open ? Math.max(range.from, last) + 1 : range.from;
    for (let minor = range.from; minor <= end; minor += 1) {
      found.set(`${minor} ${range.threaded}`, { minor, threaded: range.threaded });
    }
  }
  return [...found.values()];
}
