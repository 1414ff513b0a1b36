// Appendix C and the first releases of Appendix B: which musl releases there are for an ARCH,
// and which of them a tag covers. A release is [major, minor, patch].

import { measuredReleases } from "./data.mjs";

const APPENDIX_C = [[1, 1, 24], [1, 2, 6]] // the last patch release of each series
  .flatMap(([major, minor, last]) => Array.from({ length: last + 1 }, (_, patch) => [major, minor, patch]));

// Those that had no release before 1.1.0. All others of Appendix A had.
const FIRST = {
  aarch64: [1, 1, 7], aarch64_be: [1, 1, 7], ppc64le: [1, 1, 15], ppc64: [1, 1, 15],
  s390x: [1, 1, 16], riscv64: [1, 1, 23], loongarch64: [1, 2, 5],
};

/** Less than 0 if `a` is older. */
export const compareReleases = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** With releases of the data that came after the text. */
const ALL = [...APPENDIX_C, ...measuredReleases()]
  .sort(compareReleases)
  .filter((release, i, all) => i === 0 || compareReleases(all[i - 1], release) !== 0);

/** All releases for `arch`, oldest first. */
export const releasesFor = (arch) => ALL.filter((release) => compareReleases(release, FIRST[arch] ?? ALL[0]) >= 0);

/** The release that a series begins with. Only a release counts as a caller's floor. Implements
 *  audit.floor. */
function floorOf(series, floor, releases) {
  const named = releases.some((r) => compareReleases(r, floor) === 0) && floor[0] === series[0] && floor[1] === series[1];
  return named ? floor : [...series, 0];
}

/**
 * {series, measured, covered}: the [major, minor] of a tag (inexact where a number is above 2^53),
 * whether Appendix C has a release of it for `arch`, and the covered releases, oldest first. `tag`
 * is that of parseTag, `arch` the ARCH it is judged as.
 */
export function coverage({ major, minor }, arch, floor) {
  const releases = releasesFor(arch).filter((release) => BigInt(release[0]) === major);
  const series = [Number(major), Number(minor)];
  const start = floorOf(series, floor, releases);
  const covered = releases.filter((release) => compareReleases(release, start) >= 0);
  return {
    series,
    measured: releases.some((release) => BigInt(release[1]) === minor),
    covered: covered.length > 0 ? covered : releases.slice(-1),
  };
}
