/** The letters of Russian plates, which have Latin twins so that other countries can read them. */
export const CYRILLIC = 'АВЕКМНОРСТУХ';
/** Their twins, in the same order. */
export const LATIN = 'ABEKMHOPCTYX';
/** No Greek capital looks like С. */
const GREEK = 'ΑΒΕΚΜΗΟΡ\0ΤΥΧ';

/** The Cyrillic letter of a plate that a Latin or Greek one looks like, in both cases. */
export const CYRILLIC_TWINS: ReadonlyMap<string, string> = new Map(
  [LATIN, GREEK].flatMap((letters) =>
    Array.from(letters, (letter, i) => [letter, CYRILLIC[i] ?? ''] as const)
      .filter(([letter]) => letter !== '\0')
      .flatMap(([letter, twin]) => [
        [letter, twin] as const,
        [letter.toLowerCase(), twin.toLowerCase()] as const,
      ]),
  ),
);
