// Which symbols each object of a wheel needs, and from whom.

import { symbolAvailability } from "./availability.mjs";
import { hostLibraryHas, isHostLibrary } from "./data.mjs";
import { fromInterpreter } from "./object.mjs";

/** A Map from each name that one of `objects` has to {objects, loose}: those, and how many of them
 *  are no extension modules. */
function definers(objects) {
  const found = new Map();
  for (const object of objects) {
    for (const name of object.defined) {
      const known = found.get(name) ?? { objects: [], loose: 0 };
      known.objects.push(object);
      known.loose += object.extension ? 0 : 1;
      found.set(name, known);
    }
  }
  return found;
}

/** The libraries of the host that `object`, or one loaded along with it, needs. */
const hostLibraries = (along) =>
  [...new Set([...along].flatMap((object) => (object.isStatic ? [] : [...object.needed].filter(isHostLibrary))))];

/** The symbols that an object needs from outside itself. A copy is made of another's symbol. */
const wanted = (object) =>
  (object.isStatic ? [] : [...object.wanted].filter((name) => !object.defined.has(name)).concat([...object.copied]));

/**
 * Sorts the symbols that `objects` need (all fit `arch`): {musl, met, unknown}. `musl` has for
 * each object the names that it needs from musl, a list of lists; `met` has the availability of
 * each of these names; `unknown` says whether some symbol is nobody's.
 * Implements audit.provided and, with object.mjs, audit.weak.
 */
export function neededSymbols(objects, { graph, work }, arch, releases) {
  const having = definers(objects);
  const availability = new Map();
  let unknown = false;

  function muslHas(name) {
    if (!availability.has(name)) availability.set(name, symbolAvailability(name, arch, releases));
    return availability.get(name).includes(true);
  }

  /** Whether another object than `object`, loaded along with it, has the symbol. */
  function isProvided(object, name) {
    if (!having.has(name)) return false;
    const along = graph.along(object);
    const definers = having.get(name).objects;
    work.spend(Math.min(along.size, definers.length));
    return along.size < definers.length
      ? [...along].some((other) => other !== object && other.defined.has(name))
      : definers.some((other) => other !== object && along.has(other));
  }

  /** Whether another object has it that may be loaded by hand. */
  function isLoose(object, name) {
    const own = object.defined.has(name) && !object.extension ? 1 : 0;
    return (having.get(name)?.loose ?? 0) > own;
  }

  function needsOf(object) {
    let libraries = null;
    const hostHas = (name) => {
      libraries ??= hostLibraries(graph.along(object));
      return libraries.some((library) => hostLibraryHas(library, name));
    };
    return wanted(object).filter((name) => {
      if (fromInterpreter(name) || isProvided(object, name)) return false;
      if (muslHas(name)) return true;
      unknown ||= !isLoose(object, name) && !hostHas(name);
      return false;
    });
  }

  const musl = objects.map(needsOf);
  const met = [...new Set(musl.flat())].map((name) => availability.get(name));
  return { musl, met, unknown };
}
