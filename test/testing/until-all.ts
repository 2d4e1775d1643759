import { setImmediate as nextTurn } from 'node:timers/promises';

export async function untilAll(heard: readonly (readonly unknown[])[]): Promise<void> {
  for (let turn = 0; turn < 5000 && heard.some((one) => one.length === 0); turn++) await nextTurn();
  // Turns more, in which a callback that comes twice would come.
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}
