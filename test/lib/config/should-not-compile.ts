/**
 * Mistakes in an environment file that the type check must find. Each `@ts-expect-error` is an error of the type check if the
 * line below it compiles.
 */
import { Duration } from 'aws-cdk-lib';
import type { AwsEnvironmentInput, EnvironmentInput, LocalEnvironmentInput } from '../../../lib/config/environment.ts';
import { secret } from '../../../lib/config/secret-header.ts';

declare const aws: AwsEnvironmentInput;
declare const local: LocalEnvironmentInput;

/** A file that compiles. */
export const right: readonly EnvironmentInput[] = [
  aws,
  local,
  { ...aws, retention: Duration.days(7), reservedConcurrency: { metadata: 40, open: 'unreserved' } },
  { ...aws, processors: { acme: { carriers: ['header'], contentTypes: ['text/plain'] } } },
];

// @ts-expect-error a name that does not exist
export const misspelt: AwsEnvironmentInput = { ...aws, retension: Duration.days(7) };
// @ts-expect-error a number for a Duration
export const withoutUnit: AwsEnvironmentInput = { ...aws, retention: 7 };
// @ts-expect-error an undefined value for a setting that a file may omit
export const undefinedValue: AwsEnvironmentInput = { ...aws, retention: undefined };
// @ts-expect-error a value that is not one of the list
export const unknownValue: AwsEnvironmentInput = { ...aws, deploymentPace: 'slow' };
// @ts-expect-error a URL without encryption on AWS
export const clearText: AwsEnvironmentInput = { ...aws, identityProvider: local.identityProvider };
// @ts-expect-error an https URL in the environment `local`
export const outside: LocalEnvironmentInput = { ...local, identityProvider: aws.identityProvider };
// @ts-expect-error a setting of the other kind of environment
export const otherKind: EnvironmentInput = { ...local, domain: 'callbacks.example.com' };
// @ts-expect-error the kind does not fit the settings
export const wrongKind: EnvironmentInput = { ...aws, runsOn: 'this-machine' };

const { region: _region, ...withoutRegion } = aws;
// @ts-expect-error a required setting is missing
export const incomplete: AwsEnvironmentInput = withoutRegion;

type Processors = AwsEnvironmentInput['processors'];
// @ts-expect-error a processor without content types
export const halfProcessor: Processors = { acme: { carriers: ['header'] } };
// @ts-expect-error a processor without a carrier
export const noCarrier: Processors = { acme: { carriers: [], contentTypes: ['text/plain'] } };
export const unknownProof: Processors = {
  // @ts-expect-error a proof that does not exist
  acme: { carriers: ['header'], contentTypes: ['text/plain'], proof: { kind: 'password' } },
};
export const proofWithoutKey: Processors = {
  // @ts-expect-error a proof without its key
  acme: { carriers: ['header'], contentTypes: ['text/plain'], proof: { kind: 'dpop' } },
};
const acme = { carriers: ['short'], contentTypes: ['text/plain'] } as const;
export const sent: Processors = {
  acme: { ...acme, dispatch: { url: 'https://acme.example', body: ['{{input}}'], headers: { 'X-Key': secret('a') } } },
};
export const withoutBody: Processors = {
  // @ts-expect-error a request without a body
  acme: { ...acme, dispatch: { url: 'https://acme.example' } },
};
export const secretInUrl: Processors = {
  // @ts-expect-error a secret outside of headers
  acme: { ...acme, dispatch: { url: secret('a'), body: {} } },
};
export const unknownMethod: Processors = {
  // @ts-expect-error a method without a body
  acme: { ...acme, dispatch: { url: 'https://acme.example', body: {}, method: 'GET' } },
};
// @ts-expect-error a function that does not exist
export const unknownFunction: AwsEnvironmentInput['reservedConcurrency'] = { recieve: 50 };
