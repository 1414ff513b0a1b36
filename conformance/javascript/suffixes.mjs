// Under which names CPython finds the extension modules of a wheel.

import { cpythonsOf } from "./cpythons.mjs";

const PARTS = {
  x86_64: "x86_64-linux-musl", i686: "i386-linux-musl", aarch64: "aarch64-linux-musl", aarch64_be: "aarch64_be-linux-musl",
  armv7l: "arm-linux-musleabihf", armv6l: "arm-linux-musleabihf", ppc64le: "powerpc64le-linux-musl",
  ppc64: "powerpc64-linux-musl", s390x: "s390x-linux-musl", riscv64: "riscv64-linux-musl",
  loongarch64: "loongarch64-linux-musl",
};
const FOR_ALL = [".abi3.so", ".so"];
const NAMED_FOR_MUSL = 11; // CPython 3.11 named its modules so; before, builds differ

/** {module, suffix} of a path, the folder with the module; what follows the first dot of a file name is its suffix. */
function parsed(path) {
  // What a wheel holds in these folders is installed beside the rest.
  const installed = path.replace(/^[^/]+\.data\/(?:purelib|platlib)\//, "");
  const start = installed.lastIndexOf("/") + 1;
  const dot = installed.indexOf(".", start);
  const end = dot < 0 ? installed.length : dot;
  return { module: installed.slice(0, end), suffix: installed.slice(end) };
}

/** {minor, threaded, libc} of a suffix with a version, or null. */
function versionOf(suffix, arch) {
  const match = /^\.cpython-3(0|[1-9][0-9]{0,2})(t?)[dmu]*-(.+)\.so$/.exec(suffix);
  if (!match) return null;
  const libc = { [PARTS[arch]]: "musl", [PARTS[arch].replace("-musl", "-gnu")]: "gnu" }[match[3]];
  return libc ? { minor: Number(match[1]), threaded: match[2] === "t", libc } : null;
}

/** Whether "all", "some" or "none" of the builds of a CPython find a module with these suffixes. */
function foundBy({ minor, threaded }, versions) {
  const own = versions.filter((v) => v.minor === minor && (threaded === null || v.threaded === threaded));
  const finds = (libc) => own.some((v) => v.libc === libc);
  if (minor >= NAMED_FOR_MUSL) return finds("musl") ? "all" : "none";
  if (finds("musl") && finds("gnu")) return "all";
  return own.length > 0 ? "some" : "none";
}

/** The suffixes of each module, a list of Sets: a module may stand there under several names. */
function suffixesByModule(paths) {
  const modules = new Map();
  for (const { module, suffix } of paths.map(parsed)) {
    modules.set(module, (modules.get(module) ?? new Set()).add(suffix));
  }
  return [...modules.values()];
}

/**
 * The reasons that the names of extension modules give, a Set. `paths` are theirs, `wheel` is
 * that of parseWheelName. Implements promise.suffix.
 */
export function suffixReasons(paths, wheel, arch) {
  const reasons = new Set();
  const modules = suffixesByModule(paths)
    .filter((suffixes) => !FOR_ALL.some((suffix) => suffixes.has(suffix)))
    .map((suffixes) => [...suffixes].map((suffix) => versionOf(suffix, arch)).filter(Boolean));
  const last = Math.max(0, ...new Set(modules.flat().map((v) => v.minor)));
  const cpythons = cpythonsOf(wheel, last);
  for (const versions of modules) for (const cpython of cpythons) {
    const builds = foundBy(cpython, versions);
    if (builds === "none") reasons.add("suffix-not-searched");
    if (builds === "some") reasons.add("suffix-not-everywhere");
    if (reasons.size === 2) return reasons;
  }
  return reasons;
}
