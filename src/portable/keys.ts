/** The keys of a record, sorted: Lua's own order differs between firmware builds and even between two boots. */
export function sortedKeys(record: object): string[] {
  const keys: string[] = [];
  for (const key in record) {
    let at = keys.length;
    while (at > 0 && (keys[at - 1] ?? "") > key) {
      keys[at] = keys[at - 1] ?? "";
      at--;
    }
    keys[at] = key;
  }
  return keys;
}
