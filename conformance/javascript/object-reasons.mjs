// The reasons that single objects of a wheel give, but for those of their symbols and names.

import { isCLibrary, isGlibc, isMusl, isOutside } from "./libraries.mjs";

const isGrafted = (object) =>
  (object.defined.has("__libc_start_main") && object.defined.has("__errno_location")) ||
  [object.fileName, object.soname ?? ""].some(isCLibrary);

/** The reasons of an object that fits ARCH. A statically linked program needs nothing, and may
 *  hold a C library. Implements promise.no-libc, promise.for-musl and promise.libraries. */
function reasonsOfFitting(object, arch, inWheel, loadedLater) {
  if (object.isStatic) return [];
  const names = [...object.needed];
  return [
    [isGrafted(object), "libc-grafted"],
    [[...names, object.loader ?? ""].some(isGlibc), "glibc-object"],
    [names.some((name) => isOutside(name, arch, inWheel)), "library-outside"],
    [object.refused || (object.initialExec && loadedLater.has(object)), "relocation-refused"],
  ].filter(([applies]) => applies).map(([, code]) => code);
}

/** The names that fitting objects need and no fitting object bears. */
function missing(fitting, inWheel) {
  const needed = fitting.filter((object) => !object.isStatic).flatMap((object) => [...object.needed]);
  return new Set(needed.filter((name) => !isMusl(name) && !inWheel.has(name)));
}

/** The reasons of all objects of a wheel, a list; `graph` is that of those that fit `arch`. What
 *  has no readable header is for no ARCH that could be named. Implements promise.arch. */
export function objectReasons(objects, graph, arch) {
  const fitting = objects.filter((object) => object.fits);
  const inWheel = new Set(fitting.map((object) => object.fileName));
  const sought = missing(fitting, inWheel);
  const loadedLater = graph.loadedLater();
  const isWrong = (object) => object.extension || fitting.length === 0 || sought.has(object.fileName);
  return [
    ...objects.filter((object) => object.malformed).map(() => "object-malformed"),
    ...fitting.flatMap((object) => reasonsOfFitting(object, arch, inWheel, loadedLater)),
    ...objects.filter((object) => !object.fits && object.header !== null)
      .map((object) => (isWrong(object) ? "wrong-architecture" : "foreign-object")),
  ];
}
