import {
  createPlateNormaliser,
  type PlateNormalisation,
  type PlateNormaliser,
} from './plate-spelling.js';
import { TimeZone } from './time-zone.js';

/** What is done with readings whose values are not certain; decision 10 says why. */
export interface ReadingRules {
  /** Whether values that no sound client can mean are refused; else they get a warning. */
  readonly strict: boolean;
  /** Respells plates before anything is made of them; undefined leaves them as they are. */
  readonly normalisePlate: PlateNormaliser | undefined;
  /** Where `time_check` is local time; undefined: times with a zone are refused. */
  readonly timeZone: TimeZone | undefined;
}

export interface ReadingSettings {
  readonly strict: boolean;
  readonly normalise: readonly PlateNormalisation[];
  /** Name in the IANA data base. */
  readonly timeZone: string | undefined;
}

/** @throws RangeError for a time zone that is not known */
export function createReadingRules(settings: ReadingSettings): ReadingRules {
  const { strict, normalise, timeZone } = settings;
  return {
    strict,
    normalisePlate: createPlateNormaliser(normalise),
    timeZone: timeZone === undefined ? undefined : new TimeZone(timeZone),
  };
}

/** The rules of a service without settings. */
export const DEFAULT_RULES: ReadingRules = {
  strict: true,
  normalisePlate: undefined,
  timeZone: undefined,
};

/** Everything that the old Python service answered, as it answered it. */
export const LENIENT_RULES: ReadingRules = { ...DEFAULT_RULES, strict: false };
