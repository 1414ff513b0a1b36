// Whether a platform tag of a wheel is honest, what it needs, and the reasons.

import { ARCHS } from "./architectures.mjs";
import { filesOfZip } from "./archive.mjs";
import { oldestSufficient, relrAvailability, verdicts } from "./availability.mjs";
import { Graph } from "./graph.mjs";
import { openRegular } from "./loader.mjs";
import { neededSymbols } from "./needs.mjs";
import { objectOf } from "./object.mjs";
import { objectReasons } from "./object-reasons.mjs";
import { pathBytes } from "./path-bytes.mjs";
import { Refused } from "./refused.mjs";
import { coverage, releasesFor } from "./releases.mjs";
import { nameBudget } from "./strings.mjs";
import { suffixReasons } from "./suffixes.mjs";
import { folded, parseTag } from "./tags.mjs";
import { timeReasons } from "./time64.mjs";
import { parseWheelName } from "./wheel-name.mjs";
import { Work } from "./work.mjs";

// Those of the reasons in Appendix G that break a tag.
const BREAKS = new Set([
  "tag-malformed", "symbol-too-new", "symbol-removed-later", "symbol-unknown", "loader-too-new", "relocation-refused",
  "wrong-architecture", "library-outside", "libc-grafted", "glibc-object", "object-malformed", "suffix-not-searched",
]);
const SYMBOL_CODES = { "too-new": "symbol-too-new", removed: "symbol-removed-later", patch: "needs-patch-release" };
const RELR_CODES = { "too-new": "loader-too-new", patch: "needs-patch-release" };

/** The tag, or null if it is malformed. */
function tagOf(text) {
  try {
    return parseTag(text);
  } catch {
    return null;
  }
}

/** The ARCH that a tag is judged as, or null if Appendix A has it not. */
function judgedArch(arch) {
  if (arch === "armv8l") return "armv7l";
  return ARCHS.includes(arch) ? arch : null;
}

/** The Python and ABI tags in a wheel's file name. */
function wheelTags(path) {
  const { pythons, abis } = parseWheelName(path.slice(path.lastIndexOf("/") + 1));
  return { pythons: pythons.map(folded), abis: abis.map(folded) };
}

async function opened(path) {
  try {
    return await openRegular(pathBytes(path));
  } catch (error) {
    throw new Refused(`the wheel cannot be opened: ${error.message}`);
  }
}

/** All objects of a wheel; none is kept in full. Without an ARCH, the wheel is but read. */
async function objectsOf(path, arch) {
  const { handle, size } = await opened(path);
  const objects = [];
  const budget = nameBudget();
  try {
    for await (const { name, bytes } of filesOfZip(handle, Number(size))) {
      const object = arch === null ? null : await objectOf(name, bytes, arch, budget);
      if (object !== null) objects.push(object);
    }
  } finally {
    await handle.close();
  }
  return objects;
}

/** The reasons of an object's needs, and what it needs. */
function judgeNeeds(fitting, along, arch, covered) {
  const releases = releasesFor(arch);
  const { musl, met, unknown } = neededSymbols(fitting, along, arch, releases);
  const relr = fitting.some((object) => object.relr && !object.isStatic) ? [relrAvailability(releases)] : [];
  const codes = (needs, names) => needs.flatMap((need) => verdicts(need, releases, covered)).map((wrong) => names[wrong]);
  return {
    needs: oldestSufficient([...met, ...relr], releases),
    reasons: [
      ...codes(met, SYMBOL_CODES),
      ...codes(relr, RELR_CODES),
      ...(unknown ? ["symbol-unknown"] : []),
      ...timeReasons(musl, arch),
    ],
  };
}

function judge(objects, tag, arch, wheel, floor) {
  const fitting = objects.filter((object) => object.fits);
  const work = new Work();
  const graph = new Graph(fitting, work);
  const covered = coverage(tag, arch, floor);
  const { needs, reasons } = judgeNeeds(fitting, { graph, work }, arch, covered);
  const extensions = objects.filter((object) => object.extension).map((object) => object.path);
  return {
    needs,
    reasons: [
      ...(covered.measured ? [] : ["release-unmeasured"]),
      ...reasons,
      ...objectReasons(objects, graph, arch),
      ...suffixReasons(extensions, wheel, arch),
    ],
  };
}

function answer(needs, reasons) {
  const codes = [...new Set(reasons)];
  return { honest: !codes.some((code) => BREAKS.has(code)), needs, reasons: codes };
}

async function auditOne(path, text, floor) {
  const wheel = wheelTags(path);
  const tag = tagOf(text);
  const arch = tag && judgedArch(tag.arch);
  const objects = await objectsOf(path, arch);
  if (tag === null) return answer(null, ["tag-malformed"]);
  if (arch === null) return answer(null, ["architecture-unlisted"]);
  const { needs, reasons } = judge(objects, tag, arch, wheel, floor);
  return answer(needs, reasons);
}

let last = Promise.resolve();

/**
 * {honest, needs, reasons} of the wheel at `path` for the platform tag `text`; `floor` is a
 * release. Throws Refused for what is no wheel. One wheel at a time is read, because each may
 * fill much memory. Implements audit.honest, audit.codes, audit.needs, audit.patch, audit.assign
 * (it chooses no tag) and time64.no-proof (it reports no proof).
 */
export function audit(path, text, floor) {
  const done = last.then(() => auditOne(path, text, floor));
  last = done.catch(() => {});
  return done;
}
