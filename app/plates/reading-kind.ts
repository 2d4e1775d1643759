import type { ModelSignature } from '../model/onnx/signature.js';
import type { InputKind, ModelIdentity, ParsedBody } from '../serving/ports.js';
import { parseReading } from './parse-reading.js';
import { readJson } from './read-json.js';
import { ReadingEncoder } from './reading-encoder.js';
import { readingKey } from './reading-key.js';
import { LENIENT_RULES, type ReadingRules } from './reading-rules.js';
import type { Reading } from './reading.js';

/** Readings of number plates, as inputs of models: ten fields, of which pick_regno makes 41 features. */
export class ReadingKind implements InputKind<Reading> {
  constructor(private readonly rules: ReadingRules) {}

  parse(body: Buffer): ParsedBody<Reading> {
    const json = readJson(body);
    if (!json.ok) return json;
    const parsed = parseReading(json.value, this.rules);
    if (!parsed.ok) return { ...parsed, value: json.value };
    return { ok: true, input: parsed.reading, warnings: parsed.warnings };
  }

  parseGolden(fields: Readonly<Record<string, unknown>>): Reading | undefined {
    const parsed = parseReading(fields, LENIENT_RULES);
    return parsed.ok ? parsed.reading : undefined;
  }

  encoderFor(signature: ModelSignature): ReadingEncoder {
    return new ReadingEncoder(signature);
  }

  keyOf(model: ModelIdentity, reading: Reading): string {
    return readingKey(model, reading);
  }
}
