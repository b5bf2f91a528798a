/** Names for things that were apart and now share one scope. */

const words =
  "and break do else elseif end false for function goto if in local nil not or repeat return then true until while ____exports".split(" ");

/** Gives each key one name, as near to the wanted one as no other name in the program allows. */
export interface Naming {
  name(key: string, wanted: string, place: string): string;
}

/** `taken`: names that mean something already. */
export function createNaming(taken: Iterable<string>): Naming {
  const used = new Set([...words, ...taken]);
  const given = new Map<string, string>();
  return {
    name(key, wanted, place) {
      const known = given.get(key);
      if (known !== undefined) return known;
      const plain = wanted.replace(/\W/g, "_").replace(/^(?=\d)/, "_");
      const withPlace = `${plain}_${place.replace(/\W/g, "_")}`;
      let name = used.has(plain) ? withPlace : plain;
      for (let n = 2; used.has(name); n++) name = `${withPlace}_${n}`;
      used.add(name);
      given.set(key, name);
      return name;
    },
  };
}
