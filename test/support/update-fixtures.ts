import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { INDEXES_CONTEXT } from '../../lib/context-keys.ts';
import { type EnvironmentRecord, recordTemplates } from '../../lib/update/record.ts';
import { makeTemplates } from '../../lib/update/templates.ts';
import { anAwsEnvironment } from './environments.ts';
import { SWITCHED } from './switched-environments.ts';
import { inputKey, NO_CODE, TEST_CONTEXT } from './synthesize.ts';

const records = new Map<string, EnvironmentRecord>();

/**
 * The compared parts of an environment's templates. Equal environments share one synth.
 * @param indexes names of the tasks table's indexes; without it those of the end state
 */
export const recordOf = (input: AwsEnvironmentInput, indexes?: string): EnvironmentRecord => {
  const environment = readEnvironment('test', input);
  const key = `${indexes} ${inputKey(environment)}`;
  const context = { ...TEST_CONTEXT, ...(indexes !== undefined && { [INDEXES_CONTEXT]: indexes }) };
  const record = records.get(key) ?? recordTemplates(makeTemplates(environment, NO_CODE, context));
  records.set(key, record);
  return record;
};

/** The first deployment of this version after an earlier one keeps the key in KMS. */
const IN_KMS = { signing: { kind: 'kms' } } as const;

/** Version 0.1.0 had no user pool and no network door. */
const { cognito: COGNITO, 'network-door': NETWORK_DOOR, ...SWITCHED_THEN } = SWITCHED;

/** Environments of every kind, each as it is in the first deployment after version 0.1.0. */
export const RELEASED: Readonly<Record<string, AwsEnvironmentInput>> = {
  plain: anAwsEnvironment(IN_KMS),
  protected: anAwsEnvironment({
    ...IN_KMS,
    protected: true,
    certificateArn: undefined,
    hostedZone: { id: 'Z1234567890', name: 'example.com' },
  }),
  ...Object.fromEntries(Object.entries(SWITCHED_THEN).map(([name, input]) => [name, { ...input, ...IN_KMS }])),
};

/** Environments of every kind that is recorded: the former ones, those whose keys rotate, one with a user pool, and one with the door. */
export const RECORDED: Readonly<Record<string, AwsEnvironmentInput>> = {
  ...RELEASED,
  ...(COGNITO !== undefined && { cognito: COGNITO }),
  ...(NETWORK_DOOR !== undefined && { 'network-door': NETWORK_DOOR }),
  rotating: anAwsEnvironment(),
  // A key in KMS signed before. It stays in State.
  'rotating-after-kms': anAwsEnvironment({ signingKeys: { first: { use: 'previous' } } }),
};
