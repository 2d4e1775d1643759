import { READING_FIELDS } from '../plates/reading-fields.js';

/** The reading that the documentation shows; its answer is the shipped model's own. */
export const EXAMPLE_READING: Readonly<Record<string, string | number>> = Object.fromEntries(
  READING_FIELDS.map((field) => [field.name, field.example]),
);

export { EXAMPLE_DECISION } from './example-decision.js';
