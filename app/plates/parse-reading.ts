import {
  areProbabilities,
  hasDecimalCommas,
  isProbability,
  numberWarnings,
  plateWarnings,
  rangeWarnings,
} from './check-reading.js';
import { describeJsonFault } from '../rows/json-fault.js';
import { parseNumber, parseNumberList } from './parse-number.js';
import { parseTime } from './parse-time.js';
import {
  BODY_EXPECTED,
  LIST_ENTRIES_MAX,
  LIST_TEXT_CHARS_MAX,
  READING_FIELDS,
  TEXT_CHARS_MAX,
} from './reading-fields.js';
import { DEFAULT_RULES, type ReadingRules } from './reading-rules.js';
import { warningBit } from './reading-warnings.js';
import type { ParsedReading, Reading } from './reading.js';
import type { FieldFault, InvalidInput, InvalidReason, WarningSet } from '../serving/ports.js';

/**
 * Checks a body of `POST /reg/` that `JSON.parse` gave, by {@link READING_FIELDS}. The body may
 * itself be a string that holds the JSON of the object: one level is unwrapped, no more. Fields are
 * own properties, taken by name; other fields are ignored. Booleans are not numbers.
 *
 * Never throws: what is wrong is reported for every faulty field at once, in words that do not repeat
 * values. The reading may share lists with the body, which must not be changed afterwards. Warnings
 * are those of the body as it came, of the number of symbol scores those of the reading as it is.
 */
export function parseReading(body: unknown, rules: ReadingRules = DEFAULT_RULES): ParsedReading {
  if (typeof body !== 'string') return parseFields(body, rules);
  const text = body.startsWith(BYTE_ORDER_MARK) ? body.slice(1) : body;
  let inner: unknown;
  try {
    inner = JSON.parse(text) as unknown;
  } catch {
    return invalidBody('invalid_json', `${describeJsonFault(text)} of the string's text`);
  }
  return parseFields(inner, rules, 'a string that holds ');
}

/** A reading that is refused for its body as a whole. */
export function invalidBody(reason: InvalidReason, expected: string): InvalidInput {
  return { ok: false, reason, faults: [{ field: 'body', expected }] };
}

type FieldName = (typeof READING_FIELDS)[number]['name'];
type FieldValues = Readonly<Record<string, unknown>>;
type Candidate = { readonly [Key in keyof Reading]: Reading[Key] | undefined };

/** Begins a text of a program that keeps the mark of the file it read; RFC 8259 lets one ignore it. */
const BYTE_ORDER_MARK = '\ufeff';

const LIST_LIMITS = { unitsMax: LIST_TEXT_CHARS_MAX, entriesMax: LIST_ENTRIES_MAX };

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

/** @param within words for what the value was found in */
function parseFields(value: unknown, rules: ReadingRules, within = ''): ParsedReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalidBody('not_an_object', `${BODY_EXPECTED}, got ${within}${kindOf(value)}`);
  }
  const fields = value as FieldValues;
  const candidate: Candidate = {
    regnoRecognize: readText(fields, 'regno_recognize'),
    aftsRegnoAi: readText(fields, 'afts_regno_ai'),
    recognitionAccuracy: readNumber(fields, 'recognition_accuracy'),
    aftsRegnoAiScore: readProbability(fields, 'afts_regno_ai_score', rules),
    charScores: readProbabilities(fields, 'afts_regno_ai_char_scores', rules),
    lengthScores: readProbabilities(fields, 'afts_regno_ai_length_scores', rules),
    cameraType: readText(fields, 'camera_type'),
    cameraClass: readText(fields, 'camera_class'),
    time: parseTime(ownValue(fields, 'time_check'), rules.timeZone),
    direction: readNumber(fields, 'direction'),
  };
  if (!isReading(candidate)) return faultsOf(fields, candidate, rules);
  const spelling = plateWarnings(candidate);
  const reading = spelling === 0 ? candidate : normalise(candidate, rules);
  const warnings = spelling | numberWarnings(reading);
  if (rules.strict) return { ok: true, reading, warnings };
  return { ok: true, reading, warnings: warnings | looseWarnings(fields, reading) };
}

function normalise(reading: Reading, { normalisePlate }: ReadingRules): Reading {
  if (normalisePlate === undefined) return reading;
  return {
    ...reading,
    regnoRecognize: normalisePlate(reading.regnoRecognize),
    aftsRegnoAi: normalisePlate(reading.aftsRegnoAi),
  };
}

/** What the default rules would have refused. */
function looseWarnings(fields: FieldValues, reading: Reading): WarningSet {
  const commas =
    hasDecimalCommas(fields['afts_regno_ai_char_scores']) ||
    hasDecimalCommas(fields['afts_regno_ai_length_scores']);
  return rangeWarnings(reading) | (commas ? warningBit('decimal_comma') : 0);
}

function ownValue(fields: FieldValues, name: FieldName): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function readText(fields: FieldValues, name: FieldName): string | undefined {
  const value = ownValue(fields, name);
  if (typeof value !== 'string' || isLonger(value, TEXT_CHARS_MAX)) return undefined;
  // Half of a surrogate pair has no UTF-8 and so no hash.
  return value.isWellFormed() ? value : undefined;
}

/** Whether a text has more characters; only those of more UTF-16 units are counted. */
function isLonger(text: string, charsMax: number): boolean {
  if (text.length <= charsMax) return false;
  return text.length > 2 * charsMax || [...text].length > charsMax;
}

function readNumber(fields: FieldValues, name: FieldName): number | undefined {
  return parseNumber(ownValue(fields, name), TEXT_CHARS_MAX);
}

function readProbability(
  fields: FieldValues,
  name: FieldName,
  { strict }: ReadingRules,
): number | undefined {
  const value = readNumber(fields, name);
  return value === undefined || !strict || isProbability(value) ? value : undefined;
}

function readProbabilities(
  fields: FieldValues,
  name: FieldName,
  { strict }: ReadingRules,
): readonly number[] | undefined {
  const value = ownValue(fields, name);
  const list = parseNumberList(value, LIST_LIMITS);
  if (list === undefined || !strict) return list;
  if (!areProbabilities(list)) return undefined;
  // Of a list with decimal commas each number but the digits after a comma is whole.
  return Number.isInteger(list[0]) && hasDecimalCommas(value) ? undefined : list;
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

function faultsOf(
  fields: FieldValues,
  candidate: Candidate,
  { timeZone }: ReadingRules,
): ParsedReading {
  const faults: FieldFault[] = [];
  for (const { name, kind, expected: usual } of READING_FIELDS) {
    if (candidate[PROPERTY_OF[name]] !== undefined) continue;
    const expected = kind === 'time' && timeZone !== undefined ? `${usual} or ISO 8601` : usual;
    const given = ownValue(fields, name) ?? undefined;
    faults.push({
      field: name,
      expected: given === undefined ? `${expected} (the field is missing or null)` : expected,
    });
  }
  return { ok: false, reason: 'invalid_fields', faults };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return value === undefined ? 'nothing' : `a ${typeof value}`;
}
