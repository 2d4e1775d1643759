/** How a field of a reading is written on the wire. */
export type ReadingFieldKind = 'text' | 'number' | 'number-list' | 'time';

/**
 * Most characters of a text, and of a number written as text. Characters are Unicode code points, as
 * JSON Schema counts them.
 */
export const TEXT_CHARS_MAX = 256;

/** Most entries of a list of scores. */
export const LIST_ENTRIES_MAX = 256;

/** Most characters of a list written as text. */
export const LIST_TEXT_CHARS_MAX = 16_384;

/** One of the ten fields of `POST /reg/`; documents and the parser both follow this table. */
export interface ReadingField<Name extends string = string> {
  /** Name on the wire. */
  readonly name: Name;
  readonly kind: ReadingFieldKind;
  readonly description: string;
  /** A value that is accepted, in the form that clients send. */
  readonly example: string | number;
  /** Most characters where the value is a string. */
  readonly charsMax: number;
  /** Most entries where the value is a list. */
  readonly entriesMax?: number;
  /** Numbers are probabilities: 0 to 1. Others are refused unless the rules say otherwise. */
  readonly isProbability?: true;
  /** What is accepted, in words that follow "expected". */
  readonly expected: string;
}

const text = <Name extends string>(
  name: Name,
  description: string,
  example: string,
): ReadingField<Name> => ({
  name,
  kind: 'text',
  description,
  example,
  charsMax: TEXT_CHARS_MAX,
  expected: `a string of at most ${TEXT_CHARS_MAX} characters without unpaired surrogates`,
});

const number = <Name extends string>(
  name: Name,
  description: string,
  example: number,
): ReadingField<Name> => ({
  name,
  kind: 'number',
  description,
  example,
  charsMax: TEXT_CHARS_MAX,
  expected: 'a finite number, or a string that holds one such as "6.4"',
});

const probability = <Name extends string>(
  name: Name,
  description: string,
  example: number,
): ReadingField<Name> => ({
  ...number(name, description, example),
  isProbability: true,
  expected: 'a number from 0 to 1, or a string that holds one such as "0.97"',
});

const probabilityList = <Name extends string>(
  name: Name,
  description: string,
  example: string,
): ReadingField<Name> => ({
  name,
  kind: 'number-list',
  description,
  example,
  charsMax: LIST_TEXT_CHARS_MAX,
  entriesMax: LIST_ENTRIES_MAX,
  isProbability: true,
  expected:
    `a list of at most ${LIST_ENTRIES_MAX} numbers from 0 to 1, or a string of at most ` +
    `${LIST_TEXT_CHARS_MAX} characters that holds one with decimal points such as "[0.99, 1]"`,
});

/** The ten fields in the order of the wire contract. */
export const READING_FIELDS = [
  text('regno_recognize', "The camera's reading of the plate.", 'А123ВС77'),
  text('afts_regno_ai', "The network's reading of the plate.", 'А123ВС777'),
  number('recognition_accuracy', "The camera's own score; its scale differs by camera.", 82.5),
  probability('afts_regno_ai_score', "The network's score for the whole plate, 0 to 1.", 0.973),
  probabilityList(
    'afts_regno_ai_char_scores',
    "The network's score per symbol; [] counts as [0].",
    '[0.9998, 0.9999, 0.9997, 0.9999, 0.9986, 0.9998, 1.0, 0.9991, 0.9741]',
  ),
  probabilityList(
    'afts_regno_ai_length_scores',
    "The network's score per plate length; [] counts as [0].",
    '[1.2e-09, 1.2e-09, 1.3e-09, 1.2e-09, 1.2e-09, 1.3e-09, 1.2e-09, 4.4e-08, 9.1e-05, 0.9999]',
  ),
  text('camera_type', 'How the camera is mounted.', 'Стационарная'),
  text('camera_class', "The camera's make or class.", 'Астра-Трафик'),
  {
    name: 'time_check',
    kind: 'time',
    description: 'When the plate was read: local time as written, no zone.',
    example: '2024-06-14 08:30:15',
    charsMax: 19,
    expected: 'a real date and time as a string "YYYY-MM-DD HH:MM:SS"',
  },
  number('direction', 'Direction of travel, 0 or 1.', 1),
] as const satisfies readonly ReadingField[];

/** What is accepted as a body, in words that follow "expected". */
export const BODY_EXPECTED =
  'a JSON object with the ten fields of a reading, or a JSON string that holds one';
