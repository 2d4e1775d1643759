import { hash } from 'node:crypto';
import type { Reading } from './reading.js';

/** Raised whenever the meaning of a reading's fields for the answer changes. */
const KEY_SCHEMA = 2;

/** What of a model its answers depend on. */
export interface GraphIdentity {
  /** Lower-case hex SHA-256 of the ONNX file. */
  readonly digest: string;
  readonly compilerVersion: string;
}

/**
 * Key of a reading's answer in a shared cache: SHA-256 over the digest of the graph that answers, the
 * compiler's version and all ten fields. Another graph can therefore never give this one's answer, no
 * plate stands in a key, and a collision is out of the question.
 */
export function readingKey({ digest, compilerVersion }: GraphIdentity, reading: Reading): string {
  const { time } = reading;
  const fields = [
    reading.regnoRecognize,
    reading.aftsRegnoAi,
    numberText(reading.recognitionAccuracy),
    numberText(reading.aftsRegnoAiScore),
    reading.charScores.map(numberText),
    reading.lengthScores.map(numberText),
    reading.cameraType,
    reading.cameraClass,
    [time.year, time.month, time.day, time.hour, time.minute, time.second],
    numberText(reading.direction),
  ];
  const text = JSON.stringify([KEY_SCHEMA, digest, compilerVersion, fields]);
  return `regno:${KEY_SCHEMA}:${hash('sha256', text, 'base64url')}`;
}

/** JSON writes -0 as 0, though a model may tell them apart. */
function numberText(value: number): number | string {
  return Object.is(value, -0) ? '-0' : value;
}
