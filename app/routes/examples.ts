import { READING_FIELDS } from '../model/features/reading-fields.js';

/** The reading that the documentation shows; its answer is the shipped model's own. */
export const EXAMPLE_READING: Readonly<Record<string, string | number>> = Object.fromEntries(
  READING_FIELDS.map((field) => [field.name, field.example]),
);

/** What the shipped model answers to {@link EXAMPLE_READING}; a contract test holds it. */
export const EXAMPLE_DECISION = {
  negative: 0.17907249929072355,
  positive: 0.8209275007092764,
} as const;
