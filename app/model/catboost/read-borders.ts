import type { FlatBufferTable } from './flat-buffer-table.js';

/**
 * Reads a field of f32 borders.
 *
 * @throws ModelError `damaged-model` where they do not ascend.
 */
export function readBorders(table: FlatBufferTable, id: number): Float32Array {
  const borders = table.f32s(id, 'Borders');
  let last = -Infinity;
  for (const border of borders) {
    if (!(border >= last)) table.fail('Borders do not ascend');
    last = border;
  }
  return borders;
}
