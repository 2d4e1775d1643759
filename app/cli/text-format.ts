/**
 * Text from a file made fit for a terminal: control characters, which could move the cursor or
 * recolour the screen, are written out, and overlong text is cut.
 *
 * @param unitsMax most UTF-16 units kept.
 */
export function printable(text: string, unitsMax = 120): string {
  const cut = text.length > unitsMax ? `${text.slice(0, unitsMax - 1)}…` : text;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu, (symbol) => {
    return `\\u{${(symbol.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** e.g. `1,072 KiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [unit, size] = bytes < 10 * 1024 ** 2 ? ['KiB', 1024] : ['MiB', 1024 ** 2];
  return `${formatCount(Math.round(bytes / size))} ${unit}`;
}

/** e.g. `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** e.g. `0.83 s` or `12 ms`. */
export function formatSeconds(seconds: number): string {
  return seconds < 0.1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`;
}

/** A count and its noun, e.g. `1 row`, `2 rows`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
