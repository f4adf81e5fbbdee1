import { Duration, Size, Token } from 'aws-cdk-lib';
import type { Environment } from '../config/environment.ts';
import type { Described, DescribedSettings } from './description.ts';

/** Every setting of an environment with its default, under the names that its file has, without values of the CDK. */
export const describeSettings = ({ name: _, registry: processors, ...settings }: Environment): DescribedSettings =>
  Object.fromEntries(
    Object.entries({ ...settings, processors })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(describeMember),
  );

const describeMember = ([name, value]: readonly [string, unknown]): readonly (readonly [string, Described])[] =>
  value === undefined ? [] : [[name, describe(value)]];

/** Text in the place of a value that only a deployment knows, such as the ARN of a resource in another stack. */
const KNOWN_LATER = '(known after the deployment)';

const describe = (value: unknown): Described => {
  if (value instanceof Duration) {
    return value.isUnresolved() ? KNOWN_LATER : { $seconds: value.toMilliseconds({ integral: false }) / 1_000 };
  }
  if (value instanceof Size) return value.isUnresolved() ? KNOWN_LATER : { $bytes: value.toBytes() };
  if (typeof value === 'string' || typeof value === 'number') return Token.isUnresolved(value) ? KNOWN_LATER : value;
  if (typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.map(describe);
  if (typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).flatMap(describeMember));
};
