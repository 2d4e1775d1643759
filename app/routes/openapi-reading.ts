import { z } from 'zod';
import { READING_FIELDS, type ReadingField } from '../plates/reading-fields.js';
import {
  NUMBER_PATTERN,
  PROBABILITY_PATTERN,
  probabilityListPattern,
  readingTextPattern,
  TIME_PATTERN,
} from './openapi-patterns.js';

/** What `POST /reg/` takes, from the table of fields. */
export function readingSchema() {
  const shape = Object.fromEntries(READING_FIELDS.map((field) => [field.name, fieldSchema(field)]));
  return z.looseObject(shape).openapi({
    description:
      'One disagreement: the ten fields, by name. Other fields are ignored. Lengths are characters ' +
      '(Unicode code points); texts with unpaired surrogates are refused. This is what an instance ' +
      'takes by default: REGNO_STRICT=false has it take scores outside 0 to 1 too, and ' +
      'REGNO_TIME_ZONE times in ISO 8601.',
  });
}

/** @param readingRef reference to the schema of a reading */
export function readingTextSchema(readingRef: string) {
  // Said apart from the call: the library's types do not know the keywords of content.
  const about = {
    description:
      'The JSON of a reading as a string, for clients that encode twice. The pattern shows it as ' +
      'JSON libraries write it with the fields in their order; any other JSON of a reading is ' +
      'accepted as well.',
    contentMediaType: 'application/json',
    contentSchema: { $ref: readingRef },
    pattern: readingTextPattern(READING_FIELDS),
  };
  return z.string().openapi(about);
}

function fieldSchema(field: ReadingField): z.ZodType {
  const { description, example, charsMax, entriesMax = 0, isProbability } = field;
  const about = { description, example };
  const text = z.string().max(charsMax);
  const number =
    isProbability === true
      ? z.union([z.number().min(0).max(1), text.openapi({ pattern: PROBABILITY_PATTERN })])
      : z.union([z.number(), text.openapi({ pattern: NUMBER_PATTERN })]);
  switch (field.kind) {
    case 'text':
      return text.openapi(about);
    case 'time':
      return text.openapi({ ...about, pattern: TIME_PATTERN });
    case 'number':
      return number.openapi(about);
    case 'number-list':
      return z
        .union([
          text.openapi({ pattern: probabilityListPattern(entriesMax) }),
          z.array(number).max(entriesMax),
        ])
        .openapi(about);
  }
}
