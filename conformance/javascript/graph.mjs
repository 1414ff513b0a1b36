// Which objects of a wheel load which others by DT_NEEDED.

import { isMusl } from "./libraries.mjs";

/** Adds `value` to the list of `key`. */
const addTo = (map, key, value) => (map.has(key) ? map.get(key).push(value) : map.set(key, [value]));

/** All that `next` leads to from `starts`, without the starts themselves unless it leads to them. */
function reached(starts, next) {
  const found = new Set();
  const waiting = [...starts];
  while (waiting.length > 0) {
    for (const one of next(waiting.pop())) {
      if (found.has(one)) continue;
      found.add(one);
      waiting.push(one);
    }
  }
  return found;
}

/**
 * The graph of `objects`, all of which fit ARCH. Needed names and objects are both its nodes, so
 * that it stays small when many objects share a name. A name that musl's loader takes for
 * itself leads nowhere.
 */
export class Graph {
  #objects;
  #needers = new Map();
  #named = new Map();
  #work;
  #last = { object: null, along: null };

  constructor(objects, work) {
    this.#objects = objects;
    this.#work = work;
    for (const object of objects) {
      addTo(this.#named, object.fileName, object);
      for (const name of this.#loads(object)) addTo(this.#needers, name, object);
    }
  }

  /** The names that an object has loaded. Statically linked programs need nothing. */
  #loads = (object) => (object.isStatic ? [] : [...object.needed].filter((name) => !isMusl(name)));

  #step(list) {
    this.#work.spend(list.length + 1);
    return list;
  }

  #down = (node) => this.#step(typeof node === "string" ? this.#named.get(node) ?? [] : this.#loads(node));

  #up = (node) => this.#step(typeof node === "string" ? this.#needers.get(node) ?? [] : isMusl(node.fileName) ? [] : [node.fileName]);

  #below = (starts) => new Set([...reached(starts, this.#down)].filter((node) => typeof node !== "string"));

  #above = (starts) => new Set([...reached(starts, this.#up)].filter((node) => typeof node !== "string"));

  /** The objects loaded along with `object`, and itself: all that is loaded by what loads it.
   *  Only the last answer is kept, because all together could be large. */
  along(object) {
    if (this.#last.object !== object) {
      const roots = [object, ...this.#above([object])];
      this.#last = { object, along: new Set([...roots, ...this.#below(roots)]) };
    }
    return this.#last.along;
  }

  /** The objects that are loaded later than when a program starts, as relocation-refused says. */
  loadedLater() {
    const withPrograms = this.#below(this.#objects.filter((object) => object.program));
    const late = this.#objects.filter((object) => !object.program && !withPrograms.has(object));
    return new Set([...late, ...this.#below(late)]);
  }
}
