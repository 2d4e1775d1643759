import { ModelError, quoted } from '../model/errors.js';
import type { ModelSignature } from '../model/onnx/signature.js';

/** Labels of the two classes, lower-case: the second of a model's classes has to be the positive one. */
const NEGATIVE_LABELS: readonly string[] = ['0', '0.0', '-1', '-1.0', 'false', 'no', 'negative'];
const POSITIVE_LABELS: readonly string[] = ['1', '1.0', 'true', 'yes', 'positive'];

/** Whether a label means what `negative` or `positive` says, or is that name itself. */
export function isClassNamed(label: string, name: string): boolean {
  if (label === name) return true;
  const labels = { negative: NEGATIVE_LABELS, positive: POSITIVE_LABELS }[name];
  return labels?.includes(label.toLowerCase()) ?? false;
}

/**
 * Makes sure, by what a model states of itself, that its answers are decisions: it tells two classes
 * apart, negative first. Anything else would be answered from the wrong column, with nothing to show for it.
 *
 * @param model a signature, or a model's IR
 * @throws ModelError `incompatible-model`
 */
export function assertTwoClasses({
  classNames,
  link,
  dimension,
}: Pick<ModelSignature, 'classNames' | 'link' | 'dimension'>): void {
  const [negative = '', positive = ''] = classNames.map((name) => name.toLowerCase());
  const outputs = link === 'sigmoid' ? 1 : link === 'softmax' ? 2 : undefined;
  if (outputs === undefined || classNames.length !== 2 || dimension !== outputs) {
    const count = classNames.length === 0 ? 'no' : String(classNames.length);
    throw refused(
      `The model has ${count} classes and ${dimension} outputs (${link}); expected two classes ` +
        'whose probabilities add up to 1, as the losses Logloss, CrossEntropy and MultiClass give',
    );
  }
  if (!NEGATIVE_LABELS.includes(negative) || !POSITIVE_LABELS.includes(positive)) {
    throw refused(
      `The model's classes are ${classNames.map(quoted).join(', ')}; ` +
        'expected 0, 1 (or false, true; negative, positive) in this order, as the second one says ' +
        "that the network's reading is right",
    );
  }
}

function refused(message: string): ModelError {
  return new ModelError('incompatible-model', `${message}. Serve a model that decides readings.`);
}
