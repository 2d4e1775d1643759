/** The first place where a text stops being JSON. */
export interface JsonFault {
  /** What would have been right there. Says nothing of what the text holds. */
  readonly expected: string;
  /** UTF-16 units before that place. */
  readonly index: number;
}

/**
 * The first fault of a text by RFC 8259; undefined for JSON. It is for reporting what `JSON.parse` has
 * refused: the messages of `JSON.parse` differ between releases of Node, quote the text, and often
 * lack the place.
 *
 * Takes time linear in the text, and no stack for its depth.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  /** The brackets that will close what is open, the innermost last. */
  const closers: string[] = [];
  let state: State = 'value';
  let index = 0;
  for (;;) {
    index = matchEnd(WHITE_SPACE, text, index) ?? index;
    const step: Step = stepFrom(state, text, index, closers);
    if (step === 'end') return undefined;
    if ('expected' in step) return step;
    ({ state, index } = step);
  }
}

/**
 * The same in words that follow "expected", with the place.
 *
 * @param bytesBefore bytes that came before the text
 */
export function describeJsonFault(text: string, bytesBefore = 0): string {
  return faultInWords(text, (index) => describePlace(text, index, bytesBefore));
}

/** The same of a text that is a line of a file: `"," or "}" at line 7, column 12`. */
export function describeJsonLineFault(text: string, line: number): string {
  return faultInWords(text, (index) => {
    return `line ${line}, column ${Array.from(text.slice(0, index)).length + 1}`;
  });
}

function faultInWords(text: string, placeOf: (index: number) => string): string {
  const { expected, index } = findJsonFault(text) ?? { expected: 'JSON', index: 0 };
  return `${expected} ${index === text.length ? 'at the end, ' : 'at '}${placeOf(index)}`;
}

/**
 * A place in words: `byte offset 17 (line 1, column 12)`. The offset is that of the text in UTF-8
 * and counts from 0, lines and columns count from 1, and columns are characters.
 *
 * @param bytesBefore bytes that came before the text
 */
export function describePlace(text: string, index: number, bytesBefore = 0): string {
  let bytes = bytesBefore;
  let line = 1;
  let column = 1;
  for (const char of text.slice(0, index)) {
    bytes += utf8Bytes(char);
    column += 1;
    if (char === '\n') {
      line += 1;
      column = 1;
    }
  }
  return `byte offset ${bytes} (line ${line}, column ${column})`;
}

/** What may come next. */
type State = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'after value';

type Step = { readonly state: State; readonly index: number } | JsonFault | 'end';

// Sticky: they match at their `lastIndex` or not at all.
const WHITE_SPACE = /[ \t\n\r]+/y;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]+/y; // eslint-disable-line no-control-regex
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const EXPECTED: Readonly<Record<Exclude<State, 'after value'>, string>> = {
  value: 'a JSON value',
  'first value': 'a JSON value or "]"',
  name: 'a name in double quotes',
  'first name': 'a name in double quotes or "}"',
  colon: '":" after a name',
};

function stepFrom(state: State, text: string, index: number, closers: string[]): Step {
  const char = text[index];
  switch (state) {
    case 'after value':
      return stepAfterValue(text, index, closers);
    case 'colon':
      return char === ':' ? { state: 'value', index: index + 1 } : fault(state, index);
    case 'name':
    case 'first name':
      if (char === '"') return stepOverString(text, index, 'colon');
      if (char === '}' && state === 'first name') return close(index, closers);
      return fault(state, index);
    case 'value':
    case 'first value':
      if (char === '"') return stepOverString(text, index, 'after value');
      if (char === '{') return open('}', 'first name', index, closers);
      if (char === '[') return open(']', 'first value', index, closers);
      if (char === ']' && state === 'first value') return close(index, closers);
      return stepOverScalar(state, text, index);
  }
}

function stepAfterValue(text: string, index: number, closers: string[]): Step {
  const closer = closers.at(-1);
  const char = text[index];
  if (closer === undefined) {
    return char === undefined ? 'end' : { expected: 'the end after the JSON value', index };
  }
  if (char === closer) return close(index, closers);
  if (char !== ',') return { expected: `"," or "${closer}"`, index };
  return { state: closer === '}' ? 'name' : 'value', index: index + 1 };
}

function stepOverScalar(state: 'value' | 'first value', text: string, index: number): Step {
  const end = matchEnd(SCALAR, text, index);
  return end === undefined ? fault(state, index) : { state: 'after value', index: end };
}

function stepOverString(text: string, start: number, state: State): Step {
  let index = start + 1;
  for (;;) {
    index = matchEnd(PLAIN_CHARACTERS, text, index) ?? index;
    const char = text[index];
    if (char === '"') return { state, index: index + 1 };
    if (char === undefined) return { expected: 'a double quote that ends the string', index };
    if (char !== '\\') return { expected: 'no control character within a string', index };
    const end = matchEnd(ESCAPE, text, index);
    if (end === undefined) return { expected: 'an escape sequence of JSON', index };
    index = end;
  }
}

function open(closer: string, state: State, index: number, closers: string[]): Step {
  closers.push(closer);
  return { state, index: index + 1 };
}

function close(index: number, closers: string[]): Step {
  closers.pop();
  return { state: 'after value', index: index + 1 };
}

function fault(state: Exclude<State, 'after value'>, index: number): JsonFault {
  return { expected: EXPECTED[state], index };
}

/** Where a match that begins at the index ends. */
function matchEnd(sticky: RegExp, text: string, index: number): number | undefined {
  sticky.lastIndex = index;
  return sticky.test(text) ? sticky.lastIndex : undefined;
}

function utf8Bytes(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
