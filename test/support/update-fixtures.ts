import { readFileSync } from 'node:fs';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import type { EnvironmentRecord } from '../../lib/update/record.ts';
import { recordEnvironment } from '../../lib/update/templates.ts';
import { anAwsEnvironment } from './environments.ts';
import { SWITCHED } from './switched-environments.ts';
import { NO_CODE } from './synthesize.ts';

const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>;
};

/** What is compared of an environment's templates. */
export const recordOf = (input: AwsEnvironmentInput): EnvironmentRecord =>
  recordEnvironment(readEnvironment('test', input), NO_CODE, context);

/** Environments of every kind: what a release is recorded with. */
export const RELEASED: Readonly<Record<string, AwsEnvironmentInput>> = {
  plain: anAwsEnvironment(),
  protected: anAwsEnvironment({
    protected: true,
    certificateArn: undefined,
    hostedZone: { id: 'Z1234567890', name: 'example.com' },
  }),
  ...SWITCHED,
};
