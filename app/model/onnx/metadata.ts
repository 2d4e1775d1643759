import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { ModelError } from '../errors.js';
import { StringStringEntryProtoSchema } from './gen/onnx_pb.js';
import { parseSignature } from './parse-signature.js';
import type { ModelSignature } from './signature.js';

/** Key of the metadata entry that holds the whole signature as JSON. */
export const SIGNATURE_KEY = 'regno.signature';

/** Field number of ModelProto.metadata_props. */
const METADATA_FIELD = 14;

/** The file's metadata: the signature as JSON, and what people look for in plain words. */
export function metadataProps(signature: ModelSignature): (readonly [string, string])[] {
  return [
    [SIGNATURE_KEY, JSON.stringify(signature)],
    ['regno.compiler_version', signature.compilerVersion],
    ['regno.source_format', signature.sourceFormat],
    ['regno.source_sha256', signature.sourceSha256],
    ['regno.class_names', signature.classNames.join(', ')],
    ['regno.loss', signature.loss ?? ''],
    ['regno.warnings', (signature.warnings ?? []).join('; ')],
  ];
}

/**
 * What the file says of itself, without decoding its graph. Throws ModelError: `damaged-model` where
 * the bytes are no ONNX file, `incompatible-model` where the file was not made by this compiler.
 */
export function readSignature(onnx: Uint8Array): ModelSignature {
  const json = readMetadata(onnx).get(SIGNATURE_KEY);
  if (json === undefined) {
    throw new ModelError(
      'incompatible-model',
      `The ONNX file has no metadata entry "${SIGNATURE_KEY}": it was not made by regno. ` +
        'Compile the .cbm file with "regno compile".',
    );
  }
  return parseSignature(json);
}

/** All entries of the file's metadata_props. The first of two equal keys wins. */
export function readMetadata(onnx: Uint8Array): Map<string, string> {
  const entries = new Map<string, string>();
  try {
    const reader = new BinaryReader(onnx);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field !== METADATA_FIELD) {
        reader.skip(wireType, field);
        if (reader.pos > reader.len) throw new RangeError('a field ends behind the end');
        continue;
      }
      const { key, value } = fromBinary(StringStringEntryProtoSchema, reader.bytes());
      if (!entries.has(key)) entries.set(key, value);
    }
  } catch (cause) {
    throw new ModelError('damaged-model', 'The bytes are no ONNX file, or a damaged one', {
      cause,
    });
  }
  return entries;
}
