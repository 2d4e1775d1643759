/** Strings, brackets and separators, and what stands between them; white space is left out. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The texts of an object's values by their names, as they stand in its JSON: `JSON.parse` would round
 * a number beyond 2^53 and Node 20 does not show its source. The last of several of a name counts.
 *
 * @param json an object, known to be valid.
 */
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
