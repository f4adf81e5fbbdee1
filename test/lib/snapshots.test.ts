import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { aLocalEnvironment, anAwsEnvironment } from '../support/environments.ts';
import { NETWORK_DOOR } from '../support/network-door.ts';
import { synthesize } from '../support/synthesize.ts';
import { linesOf } from '../support/template.ts';

const ZONE = { certificateArn: undefined, hostedZone: { id: 'Z1234567890', name: 'example.com' } };
const PRODUCTION = synthesize(anAwsEnvironment({ ...ZONE, protected: true }));
const ADVANCED = synthesize(
  anAwsEnvironment({ ...ZONE, protected: true, shield: { advanced: true, subscribed: true } }),
);
const NETWORK = synthesize(anAwsEnvironment({ ...ZONE, ...NETWORK_DOOR, protected: true }));
const UNPROTECTED = synthesize(anAwsEnvironment());
const LOCAL = synthesize(aLocalEnvironment());

/** Names of an environment, which the snapshots leave out. */
const NAMES = {
  'Test-State': '<Stage>-State',
  'Local-State': '<Stage>-State',
  'postern-test': 'postern-<name>',
  'postern-local': 'postern-<name>',
  '"POSTERN_ENVIRONMENT":"test"': '"POSTERN_ENVIRONMENT":"<name>"',
  '"POSTERN_ENVIRONMENT":"local"': '"POSTERN_ENVIRONMENT":"<name>"',
  '"Environment","Value":"test"': '"Environment","Value":"<name>"',
  '"Environment","Value":"local"': '"Environment","Value":"<name>"',
  'https://callbacks.example.com': '<origin>',
  'http://127.0.0.1:8080': '<origin>',
  'https://login.example.com': '<idp>',
  'http://127.0.0.1:8081': '<idp>',
  '["callbacks.example.com"]': '["<host>"]',
  '["127.0.0.1"]': '["<host>"]',
};

/** Only the differences, so that a change of production is one change in the snapshots. */
const difference = (base: Template, other: Template): string => {
  const before = linesOf(base, NAMES);
  const after = linesOf(other, NAMES);
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ].join('\n');
};

describe('the templates', () => {
  it('of State in production match the snapshot', () => {
    expect(linesOf(PRODUCTION.state, NAMES).join('\n')).toMatchSnapshot();
  });

  it('of Gateway in production match the snapshot', () => {
    expect(linesOf(PRODUCTION.gateway, NAMES).join('\n')).toMatchSnapshot();
  });

  it.each([
    ['with Shield Advanced', 'production', PRODUCTION, ADVANCED],
    ['with nothing protected and a certificate of its own', 'production', PRODUCTION, UNPROTECTED],
    ['with the network door', 'production', PRODUCTION, NETWORK],
    ['of one machine', 'an environment with nothing protected', UNPROTECTED, LOCAL],
  ])('%s differ from %s only in this', (_shape, _base, base, other) => {
    expect(difference(base.state, other.state)).toMatchSnapshot('state');
    expect(difference(base.gateway, other.gateway)).toMatchSnapshot('gateway');
  });
});
