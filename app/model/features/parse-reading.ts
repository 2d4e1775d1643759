import { parseNumber, parseNumberList } from './parse-number.js';
import { parseTime } from './parse-time.js';
import {
  BODY_EXPECTED,
  BODY_TEXT_UNITS_MAX,
  LIST_ENTRIES_MAX,
  LIST_TEXT_UNITS_MAX,
  READING_FIELDS,
  TEXT_UNITS_MAX,
} from './reading-fields.js';
import type { FieldFault, ParsedReading, Reading } from './reading.js';

/**
 * Checks a body of `POST /reg/` that `JSON.parse` gave, by {@link READING_FIELDS}. The body may
 * itself be a string that holds the JSON of the object: one level is unwrapped, no more. Fields are
 * own properties, taken by name; other fields are ignored. Booleans are not numbers.
 *
 * Never throws: what is wrong is told for every faulty field at once, in words that do not repeat
 * values. The reading may share lists with the body, which must not be changed afterwards.
 */
export function parseReading(body: unknown): ParsedReading {
  const fields = unwrap(body);
  if (fields === undefined) return BODY_FAULT;
  const candidate: Candidate = {
    regnoRecognize: readText(fields, 'regno_recognize'),
    aftsRegnoAi: readText(fields, 'afts_regno_ai'),
    recognitionAccuracy: readNumber(fields, 'recognition_accuracy'),
    aftsRegnoAiScore: readNumber(fields, 'afts_regno_ai_score'),
    charScores: readNumberList(fields, 'afts_regno_ai_char_scores'),
    lengthScores: readNumberList(fields, 'afts_regno_ai_length_scores'),
    cameraType: readText(fields, 'camera_type'),
    cameraClass: readText(fields, 'camera_class'),
    time: parseTime(ownValue(fields, 'time_check')),
    direction: readNumber(fields, 'direction'),
  };
  return isReading(candidate) ? { ok: true, reading: candidate } : faultsOf(fields, candidate);
}

type FieldName = (typeof READING_FIELDS)[number]['name'];
type FieldValues = Readonly<Record<string, unknown>>;
type Candidate = { readonly [Key in keyof Reading]: Reading[Key] | undefined };

const BODY_FAULT: ParsedReading = {
  ok: false,
  faults: [{ field: 'body', expected: BODY_EXPECTED }],
};

const LIST_LIMITS = { unitsMax: LIST_TEXT_UNITS_MAX, entriesMax: LIST_ENTRIES_MAX };

/** Where a field of the wire lands in a reading. */
const PROPERTY_OF = {
  regno_recognize: 'regnoRecognize',
  afts_regno_ai: 'aftsRegnoAi',
  recognition_accuracy: 'recognitionAccuracy',
  afts_regno_ai_score: 'aftsRegnoAiScore',
  afts_regno_ai_char_scores: 'charScores',
  afts_regno_ai_length_scores: 'lengthScores',
  camera_type: 'cameraType',
  camera_class: 'cameraClass',
  time_check: 'time',
  direction: 'direction',
} as const satisfies Record<FieldName, keyof Reading>;

function unwrap(body: unknown): FieldValues | undefined {
  if (typeof body !== 'string') return asFields(body);
  if (body.length > BODY_TEXT_UNITS_MAX) return undefined;
  try {
    return asFields(JSON.parse(body) as unknown);
  } catch {
    return undefined;
  }
}

function asFields(body: unknown): FieldValues | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  return body as FieldValues;
}

function ownValue(fields: FieldValues, name: FieldName): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function readText(fields: FieldValues, name: FieldName): string | undefined {
  const value = ownValue(fields, name);
  if (typeof value !== 'string' || value.length > TEXT_UNITS_MAX) return undefined;
  return isWellFormed(value) ? value : undefined;
}

function readNumber(fields: FieldValues, name: FieldName): number | undefined {
  return parseNumber(ownValue(fields, name), TEXT_UNITS_MAX);
}

function readNumberList(fields: FieldValues, name: FieldName): readonly number[] | undefined {
  return parseNumberList(ownValue(fields, name), LIST_LIMITS);
}

/** Whether every surrogate is half of a pair: others have no UTF-8 and so no hash. */
function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xf800) === 0xd800) return !/\p{Surrogate}/u.test(text);
  }
  return true;
}

function isReading(candidate: Candidate): candidate is Reading {
  return (
    candidate.regnoRecognize !== undefined &&
    candidate.aftsRegnoAi !== undefined &&
    candidate.recognitionAccuracy !== undefined &&
    candidate.aftsRegnoAiScore !== undefined &&
    candidate.charScores !== undefined &&
    candidate.lengthScores !== undefined &&
    candidate.cameraType !== undefined &&
    candidate.cameraClass !== undefined &&
    candidate.time !== undefined &&
    candidate.direction !== undefined
  );
}

function faultsOf(fields: FieldValues, candidate: Candidate): ParsedReading {
  const faults: FieldFault[] = [];
  for (const { name, expected } of READING_FIELDS) {
    if (candidate[PROPERTY_OF[name]] !== undefined) continue;
    const given = ownValue(fields, name) ?? undefined;
    faults.push({
      field: name,
      expected: given === undefined ? `${expected} (the field is missing or null)` : expected,
    });
  }
  return { ok: false, faults };
}
