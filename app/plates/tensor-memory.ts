/**
 * Memory for one tensor of batches that follow each other: grows to the largest and hands out views
 * of exact length from its start, the same view again for the same length, so that a steady load
 * makes no garbage. A view holds what earlier batches left, and is good until the next one is taken.
 */
export class TensorMemory<View extends Float32Array | Uint32Array> {
  readonly #viewOf: (buffer: ArrayBuffer, length: number) => View;
  #buffer: ArrayBuffer;
  #view: View;

  /** @param viewOf makes a view of `length` elements of 4 bytes each. */
  constructor(viewOf: (buffer: ArrayBuffer, length: number) => View) {
    this.#viewOf = viewOf;
    this.#buffer = new ArrayBuffer(0);
    this.#view = viewOf(this.#buffer, 0);
  }

  take(length: number): View {
    if (this.#view.length === length) return this.#view;
    const bytes = length * BYTES_PER_ELEMENT;
    if (bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(Math.max(bytes, 2 * this.#buffer.byteLength));
    }
    this.#view = this.#viewOf(this.#buffer, length);
    return this.#view;
  }
}

export function floatMemory(): TensorMemory<Float32Array> {
  return new TensorMemory((buffer, length) => new Float32Array(buffer, 0, length));
}

export function wordMemory(): TensorMemory<Uint32Array> {
  return new TensorMemory((buffer, length) => new Uint32Array(buffer, 0, length));
}

const BYTES_PER_ELEMENT = 4;
