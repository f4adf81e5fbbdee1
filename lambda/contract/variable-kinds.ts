/** Kinds of environment variables. */

/** Separates the items of a list. */
export const LIST_SEPARATOR = ',';

/** The type of one environment variable, as a function reads it. */
export interface Variable<T> {
  /** Describes a valid text in the error message. */
  readonly expected: string;
  /** Returns undefined if the text is not valid. */
  readonly parse: (text: string) => T | undefined;
  /** True if the text may be empty, which stands for undefined. */
  readonly isOptional?: true;
  /** True if the variable is left out where it has no value. */
  readonly isLeftOut?: true;
}

// Kinds without parameters are one object each: a cold start of the receiver creates all that are written here.
const TEXT: Variable<string> = { expected: 'a text', parse: (value) => value || undefined };
export const text = (): Variable<string> => TEXT;

export const oneOf = <const T extends string>(...names: readonly T[]): Variable<T> => ({
  expected: names.join(' or '),
  parse: (value) => names.find((name) => name === value),
});

/** `true` or `false`. Any other text stops the cold start: a typing error must not switch a check off. */
export const flag = (): Variable<boolean> => FLAG;
const FLAG: Variable<boolean> = {
  expected: 'true or false',
  parse: (value) => value === 'true' || (value === 'false' ? false : undefined),
};

/** A whole number. Any other text stops the cold start: a limit of `NaN` would limit nothing. */
export const integer = (min: number, max: number): Variable<number> => ({
  expected: `a whole number from ${min} to ${max}`,
  parse: (value) => {
    const number = Number(value);
    // A regular expression would cost a cold start more. The comparison refuses `1e3`, `01`, ` 1` and `1.0`.
    const isCanonical = String(number) === value && Number.isInteger(number);
    return isCanonical && number >= min && number <= max ? number : undefined;
  },
});

export const seconds = (): Variable<number> => integer(1, 9_999_999_999);

/** Texts without commas, at least one. */
export const list = (): Variable<readonly string[]> => ({
  expected: 'texts separated by commas',
  parse: (value) => {
    const items = value.split(LIST_SEPARATOR);
    return items.includes('') ? undefined : items;
  },
});

/** Names from a list, separated by commas, at least one. */
export const listOf = <const T extends string>(names: readonly T[]): Variable<readonly T[]> => ({
  expected: `some of ${names.join(', ')}, separated by commas`,
  parse: (value) => {
    const items = value.split(LIST_SEPARATOR).map((item) => names.find((name) => name === item));
    return items.every((item) => item !== undefined) ? items : undefined;
  },
});

/** A JSON object. Its members are not checked: synth time rendered them from the same type. */
export const json = <T extends object>(): Variable<T> => ({
  expected: 'a JSON object',
  parse: (value) => {
    try {
      const parsed: unknown = JSON.parse(value);
      return parsed instanceof Object ? (parsed as T) : undefined;
    } catch {
      return undefined;
    }
  },
});

/**
 * A variable that may have no value. It is rendered as an empty text, which Lambda accepts, and is never left out: if a
 * missing variable meant "no value", a deployment that forgot it would switch a check off.
 */
export const optional = <T>({ expected, parse }: Variable<T>): Variable<T | undefined> => ({
  expected,
  parse,
  isOptional: true,
});

/**
 * A variable that few environments have, and that is left out of the others: their templates do not change. A deployment that
 * forgot it must switch no check off.
 */
export const leftOut = <T>({ expected, parse }: Variable<T>): Variable<T | undefined> => ({
  expected,
  parse,
  isOptional: true,
  isLeftOut: true,
});
