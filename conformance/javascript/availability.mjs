// When musl met a need, and what that says of a tag.

import { spansOf } from "./data.mjs";
import { compareReleases } from "./releases.mjs";

const RELR_SINCE = [1, 2, 4];

/** Whether a release lies in one of the spans. */
const meets = (spans, release) => spans.some(([since, until]) =>
  (since === null || compareReleases(release, since) >= 0) && (until === null || compareReleases(release, until) <= 0));

/** For each of `releases`, whether it resolves the symbol. Implements audit.upstream. */
export function symbolAvailability(name, arch, releases) {
  const spans = spansOf(name, arch);
  return releases.map((release) => meets(spans, release));
}

/** For each of `releases`, whether its loader applies DT_RELR. */
export const relrAvailability = (releases) => releases.map((release) => compareReleases(release, RELR_SINCE) >= 0);

/** Whether musl gained what is met so in a series above `series`. */
function gainedAbove(met, releases, series) {
  const first = met.indexOf(true);
  return first > 0 && compareReleases([...releases[first].slice(0, 2), 0], [...series, 0]) > 0;
}

/** Whether a covered release lacks what an older covered one had, or only those before had. */
function removedLater(met, releases, covered) {
  if (covered.length === 0) return false;
  const start = releases.indexOf(covered[0]);
  const first = met.indexOf(true, start);
  return first < 0 ? met.includes(true) : met.indexOf(false, first) > 0;
}

/**
 * What is wrong with a need that some release meets: any of "too-new" and "removed", or "patch".
 * Implements promise.later-minor, promise.later-removal and audit.patch.
 */
export function verdicts(met, releases, { series, covered }) {
  const wrong = [];
  if (gainedAbove(met, releases, series)) wrong.push("too-new");
  if (removedLater(met, releases, covered)) wrong.push("removed");
  if (wrong.length > 0 || covered.length === 0) return wrong;
  return met[releases.indexOf(covered[0])] ? [] : ["patch"];
}

/**
 * The oldest release from which on all needs are met that the newest meets, or null if all
 * releases meet them. `needs` has an availability for each need. Implements audit.needs.
 */
export function oldestSufficient(needs, releases) {
  const lacking = needs.filter((met) => met.at(-1)).map((met) => met.lastIndexOf(false));
  const last = Math.max(-1, ...lacking);
  return last < 0 ? null : releases[last + 1];
}
