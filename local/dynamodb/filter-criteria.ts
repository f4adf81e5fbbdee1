import type { DynamoDBRecord } from 'aws-lambda';
import * as v from 'valibot';
import { type Pattern, readPattern } from '../events/event-pattern.ts';
import { isRecord } from '../stand-ins/aws-json.ts';

/**
 * Lambda's limits: filters of a mapping, and characters of a pattern.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html
 */
const MAX_FILTERS = 5;
const MAX_PATTERN_CHARACTERS = 4_096;

export const FilterCriteria = v.strictObject({
  Filters: v.optional(
    v.pipe(
      v.array(v.strictObject({ Pattern: v.pipe(v.string(), v.maxLength(MAX_PATTERN_CHARACTERS)) })),
      v.maxLength(MAX_FILTERS),
    ),
    [],
  ),
});

/**
 * Returns what decides if the function gets a record: it matches one of the patterns, or there are none.
 * @throws {Error} naming the filter that is no JSON object, or the condition that is not done here
 */
export const readFilters = ({ Filters: filters }: v.InferOutput<typeof FilterCriteria>): RecordFilter => {
  const patterns = filters.map(({ Pattern: text }, index) =>
    readFilter(text, `FilterCriteria.Filters.${index}.Pattern`),
  );
  return (record) => patterns.length === 0 || patterns.some((matches) => matches(record));
};

export type RecordFilter = (record: DynamoDBRecord) => boolean;

const readFilter = (text: string, path: string): Pattern => {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch {
    // Refused below, like JSON of another kind.
  }
  if (!isRecord(pattern)) throw new Error(`${path} is not a JSON object.`);
  return readPattern(pattern, path);
};
