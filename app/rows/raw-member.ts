/** Strings, brackets and separators, and what stands between them; white space is left out. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The text of a member's value as it stands in the JSON of an object: `JSON.parse` would round a
 * number beyond 2^53 and Node 20 does not show its source. The last of several members counts.
 *
 * @param json an object, known to be valid.
 */
export function rawMember(json: string, name: string): string | undefined {
  return rawMembers(json).get(name);
}

/** All members of an object by their names, as {@link rawMember} gives one. */
export function rawMembers(json: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let key: string | undefined;
  let start: number | undefined;
  let end = 0;
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth--;
    if (depth === 1 && token === ':' && start === undefined) {
      start = index + 1;
    } else if ((depth === 1 && token === ',') || depth === 0) {
      if (start !== undefined && key !== undefined) members.set(key, json.slice(start, end).trim());
      key = start = undefined;
    } else if (depth === 1 && start === undefined) {
      key = JSON.parse(token) as string;
    }
    if (token === '{' || token === '[') depth++;
    end = index + token.length;
  }
  return members;
}
