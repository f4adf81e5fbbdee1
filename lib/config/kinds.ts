import { Duration, Size, Token } from 'aws-cdk-lib';
import * as v from 'valibot';
import { suggestion } from './near-names.ts';
import { Description, jsonOf, showLimit } from './show.ts';

/** One mistake in a value. */
export interface Fault {
  readonly expected: string;
  /** Advice: the change to make. */
  readonly remedy: string;
  /** Shown instead of the whole value: a member of it, or a `Description`. */
  readonly value?: unknown;
  /** Path of the mistake inside the value: names of members and indices. */
  readonly path?: readonly string[];
}

/** Schema of one value without entries. */
export interface Kind<T> extends v.CustomSchema<T, undefined> {
  /** The type, as the docs page shows it. */
  readonly shown: string;
  /** Bounds of the value in words, for the docs page. */
  readonly bounds?: string | undefined;
}

/** Makes a kind of value. `find` returns every mistake in a value; none of them means that the value is right. */
export const kind = <T>(shown: string, find: (value: unknown) => readonly Fault[], bounds?: string): Kind<T> => ({
  ...v.custom<T>(() => true),
  shown,
  bounds,
  '~run': ({ value }) => result<T>(value, find(value).map((fault) => issueOf(value, fault)) as v.CustomIssue[]),
});

const result = <T>(value: unknown, issues: v.CustomIssue[]): v.OutputDataset<T, v.CustomIssue> => {
  const [first, ...others] = issues;
  return first === undefined ? { typed: true, value: value as T } : { typed: false, value, issues: [first, ...others] };
};

/** Valibot's form of a fault: `message` is the remedy, and `input` is what the error shows. */
export const issueOf = (value: unknown, fault: Fault): v.BaseIssue<unknown> => {
  const [first, ...others] = (fault.path ?? []).map((key) => pathItem(key, value));
  return {
    kind: 'schema',
    type: 'custom',
    input: 'value' in fault ? fault.value : value,
    expected: fault.expected,
    received: '',
    message: fault.remedy,
    ...(first !== undefined && { path: [first, ...others] }),
  };
};

export const pathItem = (key: string, value: unknown): v.IssuePathItem =>
  ({ type: 'unknown', origin: 'value', input: value, key, value }) as const;

/** A kind with one expectation. */
export const expecting = <T>(
  shown: string,
  isRight: (value: unknown) => boolean,
  expected: string,
  remedy: string,
  bounds?: string,
): Kind<T> => kind<T>(shown, (value) => (isRight(value) ? [] : [{ expected, remedy }]), bounds);

/** Text that synth works with. A CDK token is refused, because its value is not known yet. */
export const text = <T extends string = string>(
  pattern: RegExp,
  expected: string,
  remedy: string,
  shown = 'string',
): Kind<T> =>
  expecting<T>(
    shown,
    (value) => typeof value === 'string' && !Token.isUnresolved(value) && pattern.test(value),
    expected,
    remedy,
  );

/** Accepts a CDK token in place of the value, where synth passes the value on unread. */
export const orToken = <T>(known: Kind<T>): Kind<T> => ({
  ...known,
  '~run': (dataset, config) =>
    Token.isUnresolved(dataset.value) ? { typed: true, value: dataset.value as T } : known['~run'](dataset, config),
});

/** Text that synth passes on unread. A CDK token is accepted. */
export const textOrToken = (pattern: RegExp, expected: string, remedy: string): Kind<string> =>
  orToken(text(pattern, expected, remedy));

export const flag = (remedy: string): Kind<boolean> =>
  expecting('boolean', (value) => typeof value === 'boolean', 'true or false', remedy);

export const oneOf = <const T>(values: readonly T[], remedy: string): Kind<T> =>
  kind(values.map((value) => (typeof value === 'string' ? `'${value}'` : `${value}`)).join(' | '), (value) =>
    (values as readonly unknown[]).includes(value)
      ? []
      : [
          {
            expected: `one of ${values.join(', ')}`,
            remedy: `${typeof value === 'string' ? suggestion(value, values.map(String)) : ''}${remedy}`,
          },
        ],
  );

/** A whole number of something. */
export const count = ({ min, max, unit, remedy }: Count): Kind<number> =>
  expecting(
    'number',
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    `a whole number of ${unit} from ${min} to ${max}`,
    remedy,
    `${grouped(min)} to ${grouped(max)} ${unit}`,
  );

interface Count {
  readonly min: number;
  readonly max: number;
  /** In the plural: `tasks`. */
  readonly unit: string;
  readonly remedy: string;
}

const grouped = (value: number): string => value.toLocaleString('en');

/** A `Duration` within bounds, both included. */
export const duration = ({ min, max, step, remedy }: DurationBounds): Kind<Duration> => {
  const [least, most, whole] = [min, max, step].map((one) => one.toMilliseconds()) as [number, number, number];
  const bounds = `${showLimit(least)} to ${showLimit(most)}`;
  return expecting(
    'Duration',
    (value) => {
      const known = value instanceof Duration && !value.isUnresolved();
      const milliseconds = known ? value.toMilliseconds({ integral: false }) : Number.NaN;
      return milliseconds >= least && milliseconds <= most && milliseconds % whole === 0;
    },
    `a Duration from ${bounds}, in whole ${showLimit(whole).replace(/^1 /, '')}s`,
    remedy,
    bounds,
  );
};

interface DurationBounds {
  readonly min: Duration;
  readonly max: Duration;
  /** The duration must be a whole number of these. */
  readonly step: Duration;
  readonly remedy: string;
}

/** A `Size` of at most `max` bytes. */
export const size = ({ max, remedy }: { readonly max: number; readonly remedy: string }): Kind<Size> =>
  expecting(
    'Size',
    (value) => value instanceof Size && !value.isUnresolved() && value.toBytes() <= max,
    `a Size from 0 to ${max} bytes`,
    remedy,
    `0 to ${grouped(max)} bytes`,
  );

/** An ARN of one service. The rule `region` compares its Region with the environment's. */
export const arn = (service: string, example: string, remedy: string): Kind<string> =>
  textOrToken(
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:.+$`),
    `an ARN of ${service}, as ${example}`,
    remedy,
  );

/** The characters that Secrets Manager accepts in a name. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
/** The beginning of a secret of Standard Webhooks. The characters of such a secret are legal in a name too. */
const SECRET_ITSELF = /^whsec_/;

/** The name of a secret. The error never shows the value, because it may be the secret itself. */
export const secretName = (remedy: string, accepts: 'text' | 'text or token' = 'text'): Kind<string> =>
  kind('string', (value) => {
    if (Token.isUnresolved(value) && accepts === 'text or token') return [];
    const isText = typeof value === 'string' && !Token.isUnresolved(value);
    const isSecret = isText && SECRET_ITSELF.test(value);
    if (isText && SECRET_NAME.test(value) && !isSecret) return [];
    return [
      {
        value: !isText
          ? value
          : new Description(
              isSecret ? 'holds a secret (whsec_…)' : 'is not the name of a secret (not shown, because it may be one)',
            ),
        expected: 'the name of a secret in Secrets Manager: 1 to 512 characters of [A-Za-z0-9/_+=.@-]',
        remedy: `Write the name, never the secret. ${remedy}`,
      },
    ];
  });

const MIN_REASON_CHARS = 20;

/** True if the value is a sentence that can be a reason. */
const isReason = (value: unknown): boolean => typeof value === 'string' && value.trim().length >= MIN_REASON_CHARS;

/** The reason for an exception, in a sentence. */
export const reason = (remedy: string): Kind<string> =>
  expecting('string', isReason, `a reason in ${MIN_REASON_CHARS} characters or more`, remedy);

/** Half of what Lambda accepts for all variables of a function together. */
export const MAX_VARIABLE_CHARS = 2_048;

/** The fault of a value that is too long for an environment variable, as JSON. */
export const longerThanVariable =
  (remedy: string) =>
  (value: unknown): readonly Fault[] => {
    const { length } = jsonOf(value);
    if (length <= MAX_VARIABLE_CHARS) return [];
    return [
      {
        value: new Description(`has ${length} characters of JSON`),
        expected: `at most ${MAX_VARIABLE_CHARS} characters, because an environment variable holds it`,
        remedy,
      },
    ];
  };
