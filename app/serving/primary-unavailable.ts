/** The primary process, which alone has the figures of all workers, does not answer. */
export class PrimaryUnavailable extends Error {
  override readonly name = 'PrimaryUnavailable';
}
