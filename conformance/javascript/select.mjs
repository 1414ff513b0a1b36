// Which file of a release an installer takes.

import { archOfKernel } from "./architectures.mjs";
import { folded, platformRank } from "./tags.mjs";
import { parseWheelName } from "./wheel-name.mjs";

/**
 * The pairs "PYTHON-ABI" that a GIL build of CPython 3.`minor` accepts, best first: those with
 * a platform, then, after all of them, those with the platform "any".
 */
function pythonPairs(minor) {
  const down = (from, to) => Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => from - i);
  const cp = `cp3${minor}`;
  const pure = [`py3${minor}-none`, "py3-none", ...down(minor - 1, 0).map((m) => `py3${m}-none`)];
  const native = [`${cp}-${cp}`, `${cp}-abi3`, `${cp}-none`, ...down(minor - 1, 2).map((m) => `cp3${m}-abi3`)];
  const pairs = new Map();
  [...native, ...pure].forEach((pair) => pairs.set(pair, pairs.size));
  const anyPairs = new Map();
  [`${cp}-none`, ...pure].forEach((pair) => anyPairs.set(pair, pairs.size + anyPairs.size));
  return { pairs, anyPairs };
}

/** Two lists of numbers, strings or BigInts of the same length; less than 0 if `a` is first. */
function compared(a, b) {
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] < b[i]) return -1;
    if (a[i] > b[i]) return 1;
  }
  return 0;
}

/**
 * The name of the file to install on a host, or null. `files` are {filename, yanked} of one
 * release; `pythonMinor` is 11 for CPython 3.11. Yanked files are never taken, because nothing
 * pins them. Implements select.compatible, select.offered, select.newest, select.best-member,
 * select.build-tag, select.yanked, select.bad-name, select.tag-order, tag.members and
 * coexist.still-compatible.
 */
export function select(musl, machine, pointerBits, files, pythonMinor) {
  const arch = archOfKernel(machine, pointerBits);
  const { pairs, anyPairs } = pythonPairs(pythonMinor);

  /** [place of the pair, place of the platform], or null. */
  function rankOf(python, abi, platform) {
    const pair = `${python}-${abi}`;
    const place = (platform === "any" ? anyPairs : pairs).get(pair);
    const within = platform === "any" ? 0 : platformRank(platform, musl, arch);
    return place === undefined || within === null ? null : [place, within];
  }

  function bestRank(wheel) {
    const [pythons, abis, platforms] = [wheel.pythons, wheel.abis, wheel.platforms].map((set) => set.map(folded));
    let best = null;
    for (const python of pythons) for (const abi of abis) for (const platform of platforms) {
      const rank = rankOf(python, abi, platform);
      if (rank !== null && (best === null || compared(rank, best) < 0)) best = rank;
    }
    return best;
  }

  let chosen = null;
  for (const { filename, yanked } of files) {
    if (yanked) continue;
    let wheel;
    try {
      wheel = parseWheelName(filename);
    } catch {
      continue;
    }
    const rank = bestRank(wheel);
    if (rank === null) continue;
    const build = wheel.build ?? [-1n, ""];
    const order = chosen && (compared(rank, chosen.rank) || compared(chosen.build, build));
    if (chosen === null || order < 0) chosen = { filename, rank, build };
  }
  return chosen && chosen.filename;
}
