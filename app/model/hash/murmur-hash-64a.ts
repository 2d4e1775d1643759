/**
 * MurmurHash64A of `bytes`, unsigned 64 bits: the hash by which CatBoost's dictionaries know a token
 * (over its UTF-8 bytes) and a combination of tokens (over little-endian i32 ids). Exact but slow
 * (BigInt); the scoring path goes through `TokenHasher` of token-hasher.ts.
 *
 * @param seed unsigned 64 bits; each dictionary of a model has its own.
 *
 * Source: Austin Appleby's MurmurHash2.cpp, MurmurHash64A.
 */
export function murmurHash64A(bytes: Uint8Array, seed: bigint): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tailStart = bytes.length - (bytes.length % 8);
  let hash = u64(seed) ^ u64(BigInt(bytes.length) * M);
  for (let at = 0; at < tailStart; at += 8) {
    const block = shiftMix(u64(view.getBigUint64(at, true) * M));
    hash = u64((hash ^ u64(block * M)) * M);
  }
  if (tailStart < bytes.length) {
    let tail = 0n;
    for (let at = bytes.length - 1; at >= tailStart; at--) {
      tail = (tail << 8n) | BigInt(bytes[at] ?? 0);
    }
    hash = u64((hash ^ tail) * M);
  }
  return shiftMix(u64(shiftMix(hash) * M));
}

const M = 0xc6a4a7935bd1e995n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);
