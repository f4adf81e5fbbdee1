import * as v from 'valibot';
import { type Fault, issueOf, type Kind, pathItem } from './kinds.ts';
import { suggestion } from './near-names.ts';
import { Description, SECRET_PROPERTY } from './show.ts';

/*
 * Schemas of values with entries. They are Valibot's, with errors in the form of `ConfigError`. Each one
 * finds every mistake. Its output holds the entries that are right, so that rules can check those.
 */

type Issue = v.BaseIssue<unknown>;
type Config = v.Config<Issue>;

/** An entry that a file may omit. Without a default, the environment does not have it either. */
export const optional = v.exactOptional;

/** An object with exactly these entries. A misspelt name would leave its default in place, so unknown names are refused. */
export const object = <const E extends v.ObjectEntries>(
  remedy: string,
  entries: E,
): v.StrictObjectSchema<E, undefined> =>
  running(v.strictObject(entries), (value, config) => {
    if (!isObject(value)) return refused(value, { expected: `an object with ${namesOf(entries)}`, remedy });
    const found = collect(value);
    for (const [name, entry] of Object.entries(entries)) {
      const isOptional = entry.type === 'exact_optional';
      const given = value[name] === undefined && isOptional ? v.getDefault(entry) : value[name];
      if (given !== undefined || !isOptional) found.run(name, entry, given, config);
    }
    found.add(unknownNames(value, Object.keys(entries)));
    return found.dataset();
  });

/** Names of the entries that a file must have, or of all where it may omit each. */
const namesOf = (entries: v.ObjectEntries): string => {
  const all = Object.entries(entries);
  const required = all.filter(([, entry]) => entry.type !== 'exact_optional');
  const names = (required.length > 0 ? required : all).map(([name]) => name);
  return names.join(required.length > 0 ? ' and ' : ' or ').replace(/ (and|or) (?=.* \1 )/g, ', ');
};

/** A longer list of names is hard to read. */
const MAX_LISTED = 12;

const unknownNames = (value: Readonly<Record<string, unknown>>, known: readonly string[]): readonly Fault[] =>
  Object.entries(value)
    .filter(([name]) => !known.includes(name))
    .map(([name, member]) => ({
      path: [name],
      value: SECRET_PROPERTY.test(name) ? new Description('is not a known property') : member,
      expected: known.length <= MAX_LISTED ? `one of the properties ${known.join(', ')}` : 'a known property',
      remedy:
        `${suggestion(name, known)}Correct the name, or remove the property; ` +
        'docs/operate/configuration.md lists the properties.',
    }));

interface ListBounds {
  /** The items in the plural, for the error: `media types`. */
  readonly of: string;
  readonly remedy: string;
  readonly min?: 0 | 1;
  readonly max?: number;
  /** True if each item may be there once only. */
  readonly unique?: boolean;
}

/** A list. Its output is the list if every item is right. */
export const list = <S extends v.GenericSchema>(item: S, bounds: ListBounds): ListSchema<S> =>
  running({ ...v.array(item), bounds: boundsOf(bounds) } as unknown as ListSchema<S>, (value, config) => {
    const { max = Number.POSITIVE_INFINITY, min = 0, remedy, unique = false } = bounds;
    const expected = expectedList(bounds);
    if (!Array.isArray(value)) return refused(value, { expected, remedy });
    const found = collect(value);
    for (const [index, member] of value.entries()) found.run(`${index}`, item, member, config);
    if (value.length > max)
      found.add([{ value: new Description(`has ${value.length} ${bounds.of}`), expected, remedy }]);
    else if (value.length < min || (unique && new Set(value).size < value.length)) found.add([{ expected, remedy }]);
    return found.list();
  });

export type ListSchema<S extends v.GenericSchema> = v.GenericSchema<
  readonly v.InferInput<S>[],
  readonly v.InferOutput<S>[]
> & { readonly item: S };

const expectedList = (bounds: ListBounds): string =>
  `a list of ${amountOf(bounds)}${bounds.of}${bounds.unique === true ? ', each of them once' : ''}`;

const amountOf = ({ max, min = 0 }: ListBounds): string => {
  if (max !== undefined) return min === 0 ? `at most ${max} ` : `${min} to ${max} `;
  return min === 0 ? '' : 'one or more ';
};

/** Number of items, for the docs page. */
const boundsOf = (bounds: ListBounds): string | undefined =>
  bounds.max === undefined ? undefined : `${amountOf(bounds)}${bounds.of}`;

interface RecordIds {
  /** The values in the plural, for the error: `processors`. */
  readonly of: string;
  readonly id: RegExp;
  /** An id in words: `an id of 2 to 32 characters of [a-z0-9-]`. */
  readonly expected: string;
  /** Advice for a value that is no such object. */
  readonly remedy: string;
  readonly max?: number;
}

/** Values of one kind by ids that the file chooses; one or more. */
export const record = <S extends v.GenericSchema>(ids: RecordIds, value: S): RecordSchema<S> =>
  running(v.record(v.string(), value) as unknown as RecordSchema<S>, (given, config) => {
    const { expected, id, max = Number.POSITIVE_INFINITY, of, remedy } = ids;
    const many = `an object with ${max === Number.POSITIVE_INFINITY ? 'one or more' : `1 to ${max}`} ${of} by their id`;
    if (!isObject(given)) return refused(given, { expected: many, remedy });
    const found = collect(given);
    const entries = Object.entries(given);
    if (entries.length === 0 || entries.length > max) {
      found.add([{ value: new Description(`has ${entries.length} ${of}`), expected: many, remedy }]);
    }
    for (const [name, member] of entries) {
      if (!id.test(name))
        found.add([
          { path: [name], value: new Description(`has the id "${name}"`), expected, remedy: 'Correct the id.' },
        ]);
      found.run(name, value, member, config);
    }
    return found.dataset();
  });

export type RecordSchema<S extends v.GenericSchema> = v.GenericSchema<
  Readonly<Record<string, v.InferInput<S>>>,
  Readonly<Record<string, v.InferOutput<S>>>
> & { readonly value: S };

type Options = Readonly<Record<string, v.GenericSchema>>;
type OptionsSchema<O extends Options> = v.GenericSchema<v.InferInput<O[keyof O]>, v.InferOutput<O[keyof O]>> & {
  readonly options: O;
};

/** Objects of several kinds. The entry `kind` says which one an object is. */
export const byKind = <const O extends Options>(options: O, remedy: string): OptionsSchema<O> => {
  /** A kind alone, in place of an object. */
  const fromKind = (value: unknown): string =>
    typeof value === 'string' && Object.hasOwn(options, value) ? `Write { kind: '${value}', … }; ${remedy}` : remedy;
  return running({ ...v.unknown(), options } as unknown as OptionsSchema<O>, (value, config) => {
    if (!isObject(value)) return refused(value, { expected: 'an object with a `kind`', remedy: fromKind(value) });
    const kind = `${typeof value.kind === 'string' ? value.kind : ''}`;
    const option = Object.hasOwn(options, kind) ? options[kind] : undefined;
    if (option !== undefined) return option['~run']({ value }, config);
    const kinds = Object.keys(options);
    const expected = `one of ${kinds.join(', ')}`;
    return refused(value, {
      path: ['kind'],
      value: value.kind,
      expected,
      remedy: `${suggestion(kind, kinds)}${remedy}`,
    });
  });
};

/** A word, or an object in its place. */
export const wordOr = <const W extends string, S extends v.GenericSchema>(word: W, value: S): WordOrSchema<W, S> =>
  running({ ...v.unknown(), word, value } as unknown as WordOrSchema<W, S>, (given, config) => {
    if (given === word) return { typed: true, value: word };
    const result = value['~run']({ value: given }, config);
    for (const issue of result.issues ?? []) {
      if (issue.path === undefined) Object.assign(issue, { expected: `'${word}', or ${issue.expected}` });
    }
    return result;
  });

type WordOrSchema<W extends string, S extends v.GenericSchema> = v.GenericSchema<
  W | v.InferInput<S>,
  W | v.InferOutput<S>
> & { readonly word: W; readonly value: S };

/** A text, or an object in its place. */
export const textOr = <T extends string, S extends v.GenericSchema>(text: Kind<T>, value: S): TextOrSchema<T, S> =>
  running({ ...v.unknown(), text, value } as unknown as TextOrSchema<T, S>, (given, config) =>
    (isObject(given) ? value : text)['~run']({ value: given }, config),
  );

type TextOrSchema<T extends string, S extends v.GenericSchema> = v.GenericSchema<
  T | v.InferInput<S>,
  T | v.InferOutput<S>
> & { readonly text: Kind<T>; readonly value: S };

/** A value with a further expectation of the whole. `find` returns its mistakes; it runs if the entries are right. */
export const within = <S extends v.GenericSchema>(schema: S, find: (value: v.InferOutput<S>) => readonly Fault[]): S =>
  running(schema, (value, config) => {
    const result = schema['~run']({ value }, config);
    if (result.issues !== undefined) return result;
    const issues = find(result.value).map((fault) => issueOf(value, fault));
    return datasetOf(issues.length === 0, result.value, issues);
  });

type Run = (value: unknown, config: Config) => v.OutputDataset<unknown, Issue>;

const running = <S extends v.GenericSchema>(base: S, run: Run): S => ({
  ...base,
  '~run': ({ value }: v.UnknownDataset, config: Config) => run(value, config),
});

const refused = (value: unknown, fault: Fault): v.OutputDataset<unknown, Issue> => ({
  typed: false,
  value,
  issues: [issueOf(value, fault)],
});

/** Runs the schemas of members, and keeps the members that are right. */
const collect = (input: unknown) => {
  const value: Record<string, unknown> = {};
  const issues: Issue[] = [];
  return {
    run: (key: string, schema: v.GenericSchema, member: unknown, config: Config): void => {
      const result = schema['~run']({ value: member }, config);
      if (result.typed) value[key] = result.value;
      for (const issue of result.issues ?? []) {
        issues.push({ ...issue, path: [pathItem(key, member), ...(issue.path ?? [])] });
      }
    },
    add: (faults: readonly Fault[]): void => void issues.push(...faults.map((fault) => issueOf(input, fault))),
    dataset: () => datasetOf(true, value, issues),
    /** The members in their order, if all of them are right. */
    list: () => datasetOf(issues.length === 0, Object.values(value), issues),
  };
};

const datasetOf = (typed: boolean, value: unknown, issues: readonly Issue[]): v.OutputDataset<unknown, Issue> =>
  (issues.length === 0 ? { typed, value } : { typed, value, issues }) as v.OutputDataset<unknown, Issue>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
