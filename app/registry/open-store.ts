import { FolderStore } from './folder-store.js';
import type { ModelStore } from './model-store.js';
import { RegistryError } from './registry-error.js';

/**
 * The store of a registry.
 *
 * @param place path of a folder, which need not be there yet
 * @throws RegistryError `invalid-name` for a URL
 */
export function openStore(place: string): ModelStore {
  if (!/^[a-z][\w+.-]*:\/\//i.test(place)) return new FolderStore(place);
  throw new RegistryError('invalid-name', `registry ${place}: expected the path of a folder`);
}
