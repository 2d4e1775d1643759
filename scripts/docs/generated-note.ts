/** The first lines of a generated page. */
export function generatedNote(source: string): string {
  return `<!-- Made by "npm run sync:docs" from ${source}; change that, not this. -->\n`;
}
