// Appendix B: the names of musl and of glibc, and which needed libraries are outside the promise.

import { isHostLibrary } from "./data.mjs";

const LOADER_NAMES = {
  x86_64: "x86_64", i686: "i386", aarch64: "aarch64", aarch64_be: "aarch64_be", armv7l: "armhf", armv6l: "armhf",
  ppc64le: "powerpc64le", ppc64: "powerpc64", s390x: "s390x", riscv64: "riscv64", loongarch64: "loongarch64",
};
const MUSL = ["libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."];
const GLIBC_BEGINNINGS = ["ld-linux", "ld.so.", "ld64.so."];
const GLIBC = [
  "libc.so.6", "libc.so.6.1", "libm.so.6", "libm.so.6.1", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1",
];
const GRAFTED_BEGINNINGS = ["libc.so.", "libc.musl-", "ld-musl-"];

const beginsWithOne = (name, beginnings) => beginnings.some((beginning) => name.startsWith(beginning));

/** Whether musl's loader takes a needed name for itself. Implements audit.libc-names. */
export const isMusl = (name) => beginsWithOne(name, MUSL);

/** Whether a name, or the end of a path, is one of glibc. */
export function isGlibc(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return beginsWithOne(name, GLIBC_BEGINNINGS) || GLIBC.includes(name);
}

/** Whether a file name or DT_SONAME is that of a C library. Implements promise.no-libc. */
export const isCLibrary = (name) => name === "libc.so" || beginsWithOne(name, GRAFTED_BEGINNINGS);

/**
 * Whether a needed name is a library outside the promise; `inWheel` are the file names of
 * objects that fit `arch`. Implements promise.libraries.
 */
export const isOutside = (name, arch, inWheel) =>
  !isGlibc(name) && !isMusl(name) && !isHostLibrary(name) && !inWheel.has(name) &&
  name !== `ld-musl-${LOADER_NAMES[arch]}.so.1`;
