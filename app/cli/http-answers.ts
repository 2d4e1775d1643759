import { z } from 'zod';
import type { AnswerPath, AskedRow, PathAnswer, PathOptions } from './answer-path.js';
import { CommandError, reasonOf } from './command-error.js';
import { READING_SHAPE } from './row-shape.js';
import { printable } from './text-format.js';

const TIMEOUT_MS = 30_000;

const okSchema = z.object({
  body: z.object({ negative: z.number(), positive: z.number() }),
  status: z.literal('ok'),
});
const failSchema = z.object({ body: z.string() });

/** A running service, asked over HTTP as its clients ask it. */
export class HttpAnswers implements AnswerPath {
  readonly name = 'http';
  readonly shape = READING_SHAPE;

  constructor(private readonly options: Pick<PathOptions, 'url' | 'key' | 'concurrency'>) {}

  async answer(asked: readonly AskedRow[]): Promise<readonly PathAnswer[]> {
    const answers: PathAnswer[] = [];
    const queue = asked.entries();
    // All lanes take from one iterator, so each reading is asked once.
    const lane = async (): Promise<void> => {
      for (const [i, { input }] of queue) answers[i] = await this.#ask(input);
    };
    await Promise.all(Array.from({ length: this.options.concurrency }, lane));
    return answers;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** @throws CommandError where nobody answers, or the key is refused: no later row would fare better. */
  async #ask(input: unknown): Promise<PathAnswer> {
    const { url, key } = this.options;
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key },
        body: JSON.stringify(input),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      throw unreachable(url, cause);
    }
    if (status === 401) throw new CommandError(`${url} refuses the key; give --key`);
    if (status !== 200) return { error: `HTTP ${status}: ${failureText(text)}` };
    const parsed = okSchema.safeParse(parseJson(text));
    if (parsed.success) return [parsed.data.body.negative, parsed.data.body.positive];
    return {
      error: 'HTTP 200, but the body is not {"body":{"negative","positive"},"status":"ok"}',
    };
  }
}

function failureText(text: string): string {
  const parsed = failSchema.safeParse(parseJson(text));
  return printable(parsed.success ? parsed.data.body : text, 400);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): CommandError {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const text =
    inner instanceof Error && inner.name === 'TimeoutError'
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : reasonOf(inner);
  return new CommandError(
    `${url} cannot be asked (${text}); start the service with "npx regno serve", or give --url`,
    undefined,
    { cause },
  );
}
