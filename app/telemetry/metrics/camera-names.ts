/** Cameras that get series of their own; readings of later ones are counted as `other`. */
export const CAMERAS_MAX = 60;
export const OTHER_CAMERA = 'other';

/** Class and type, as labels show them. */
export type CameraName = readonly [string, string];

const CAMERA_LABELS: ReadonlySet<string> = new Set(['camera_class', 'camera_type']);

/**
 * Which cameras have series of their own, for the whole cluster: the first that any worker names.
 * Were each worker to choose for itself, a series would show the readings of some workers only.
 */
export class CameraNames {
  /** By what a metric names of a camera: class and type, or the class alone. */
  readonly #known = new Map<string, Set<string>>();
  readonly #list: CameraName[] = [];
  readonly #listeners = new Set<() => void>();

  /** In the order of their coming, at most {@link CAMERAS_MAX}. */
  get list(): readonly CameraName[] {
    return this.#list;
  }

  /** Calls back when the list has grown, until the returned function is called. */
  onGrowth(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The label values as they are to be counted: those of a camera beyond the bound become `other`,
   * all others stay. The same where the metric names no camera.
   *
   * @param names of the labels, in the order of the values
   */
  bound(names: readonly string[], values: readonly string[]): readonly string[] {
    const of = names.filter((name) => CAMERA_LABELS.has(name));
    if (of.length === 0) return values;
    const camera = values.filter((_, i) => CAMERA_LABELS.has(names[i] ?? ''));
    if (this.#isKnown(of.join(), camera)) return values;
    return values.map((value, i) => (CAMERA_LABELS.has(names[i] ?? '') ? OTHER_CAMERA : value));
  }

  #isKnown(of: string, camera: readonly string[]): boolean {
    if (camera.every((value) => value === OTHER_CAMERA)) return true;
    let known = this.#known.get(of);
    if (known === undefined) this.#known.set(of, (known = new Set()));
    const key = cameraKey(camera);
    if (known.has(key)) return true;
    if (known.size >= CAMERAS_MAX) return false;
    known.add(key);
    const [cameraClass, cameraType] = camera;
    if (cameraClass !== undefined && cameraType !== undefined) {
      this.#list.push([cameraClass, cameraType]);
      for (const listener of this.#listeners) listener();
    }
    return true;
  }
}

/** One text for a camera; labels have no control characters. */
export function cameraKey(camera: readonly string[]): string {
  return camera.join('\n');
}
