/**
 * CityHash64 version 1.0 of `utf8`, unsigned 64 bits: the hash by which CatBoost knows a category
 * (it keeps the low 32 bits). Version 1.1 and later give other values. Exact but slow (BigInt); the
 * scoring path goes through `CategoryHasher` of category-hasher.ts.
 *
 * Source: google/cityhash 1.0, city.cc.
 */
export function cityHash64(utf8: Uint8Array): bigint {
  const view = new DataView(utf8.buffer, utf8.byteOffset, utf8.byteLength);
  const length = utf8.length;
  if (length <= 3) return hashUpTo3(utf8);
  if (length <= 16) return length <= 8 ? hash4To8(view) : hash9To16(view);
  if (length <= 64) return length <= 32 ? hash17To32(view) : hash33To64(view);
  return hashOver64(view);
}

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const K_MUL = 0x9ddfea08eb382d69n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const fetch32 = (view: DataView, offset: number): bigint => BigInt(view.getUint32(offset, true));
const fetch64 = (view: DataView, offset: number): bigint => view.getBigUint64(offset, true);
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);

function rotateRight(value: bigint, shift: bigint): bigint {
  const bits = u64(value);
  return u64((bits >> shift) | (bits << (64n - shift)));
}

function hash128To64(low: bigint, high: bigint): bigint {
  const a = shiftMix(u64((low ^ high) * K_MUL));
  const b = shiftMix(u64((high ^ a) * K_MUL));
  return u64(b * K_MUL);
}

function hashUpTo3(bytes: Uint8Array): bigint {
  const length = bytes.length;
  if (length === 0) return K2;
  const first = bytes[0] ?? 0;
  const middle = bytes[length >> 1] ?? 0;
  const last = bytes[length - 1] ?? 0;
  const y = BigInt(first + (middle << 8));
  const z = BigInt(length + (last << 2));
  return u64(shiftMix(u64(y * K2) ^ u64(z * K3)) * K2);
}

function hash4To8(view: DataView): bigint {
  const length = BigInt(view.byteLength);
  return hash128To64(length + (fetch32(view, 0) << 3n), fetch32(view, view.byteLength - 4));
}

function hash9To16(view: DataView): bigint {
  const length = BigInt(view.byteLength);
  const tail = fetch64(view, view.byteLength - 8);
  return hash128To64(fetch64(view, 0), rotateRight(tail + length, length)) ^ tail;
}

function hash17To32(view: DataView): bigint {
  const length = view.byteLength;
  const a = fetch64(view, 0) * K1;
  const b = fetch64(view, 8);
  const c = u64(fetch64(view, length - 8) * K2);
  const d = fetch64(view, length - 16) * K0;
  return hash128To64(
    u64(rotateRight(a - b, 43n) + rotateRight(c, 30n) + d),
    u64(a + rotateRight(b ^ K3, 20n) - c + BigInt(length)),
  );
}

/** Four consecutive words from `offset`, mixed into two. */
function mix32Bytes(
  view: DataView,
  offset: number,
  start: bigint,
  z: bigint,
): readonly [first: bigint, second: bigint] {
  let a = start;
  const b = rotateRight(a + z, 52n);
  let c = rotateRight(a, 37n);
  a += fetch64(view, offset + 8);
  c += rotateRight(a, 7n);
  a += fetch64(view, offset + 16);
  return [u64(a + z), u64(b + rotateRight(a, 31n) + c)];
}

function hash33To64(view: DataView): bigint {
  const length = view.byteLength;
  const startV = fetch64(view, 0) + (BigInt(length) + fetch64(view, length - 16)) * K0;
  const [vFirst, vSecond] = mix32Bytes(view, 0, startV, fetch64(view, 24));
  const startW = fetch64(view, 16) + fetch64(view, length - 32);
  const [wFirst, wSecond] = mix32Bytes(view, length - 32, startW, fetch64(view, length - 8));
  const r = shiftMix(u64((vFirst + wSecond) * K2 + (wFirst + vSecond) * K0));
  return u64(shiftMix(u64(r * K0 + vSecond)) * K2);
}

function weakHash32Bytes(
  view: DataView,
  offset: number,
  seedA: bigint,
  seedB: bigint,
): readonly [first: bigint, second: bigint] {
  const last = fetch64(view, offset + 24);
  const start = seedA + fetch64(view, offset);
  const b = rotateRight(seedB + start + last, 21n);
  const a = start + fetch64(view, offset + 8) + fetch64(view, offset + 16);
  return [u64(a + last), u64(b + rotateRight(a, 44n) + start)];
}

function hashOver64(view: DataView): bigint {
  const length = view.byteLength;
  let x = fetch64(view, 0);
  let y = fetch64(view, length - 16) ^ K1;
  let z = fetch64(view, length - 56) ^ K0;
  let v = weakHash32Bytes(view, length - 64, BigInt(length), y);
  let w = weakHash32Bytes(view, length - 32, BigInt(length) * K1, K0);
  z = u64(z + shiftMix(v[1]) * K1);
  x = u64(rotateRight(z + x, 39n) * K1);
  y = u64(rotateRight(y, 33n) * K1);
  const end = Math.floor((length - 1) / 64) * 64;
  for (let at = 0; at < end; at += 64) {
    x = u64(rotateRight(x + y + v[0] + fetch64(view, at + 16), 37n) * K1);
    y = u64(rotateRight(y + v[1] + fetch64(view, at + 48), 42n) * K1);
    x ^= w[1];
    y ^= v[0];
    z = rotateRight(z ^ w[0], 33n);
    v = weakHash32Bytes(view, at, v[1] * K1, x + w[0]);
    w = weakHash32Bytes(view, at + 32, z + w[1], y);
    [z, x] = [x, z];
  }
  return hash128To64(
    u64(hash128To64(v[0], w[0]) + shiftMix(y) * K1 + z),
    u64(hash128To64(v[1], w[1]) + x),
  );
}
