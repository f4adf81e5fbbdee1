import { expect, it } from 'vitest';
import { describeLocal } from '../../lib/config/local-form.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { scenarioCast } from '../../local/scenario-cast.ts';
import { aLocalEnvironment } from '../support/environments.ts';

const json = { carriers: ['header'], contentTypes: ['application/json', 'application/pdf'] };

/** The cast of an environment of this machine; say what is different from a simple one. */
const castOf = (overrides: Readonly<Record<string, unknown>>) =>
  scenarioCast({
    ...describeLocal(readEnvironment('local', aLocalEnvironment(overrides))),
    stacks: { state: '', gateway: '' },
  });

it('has the first sender with a processor without a proof, and one with short URLs', () => {
  const processors = { short: { ...json, carriers: ['short'] }, scans: json };
  const applications = {
    small: { clients: ['a'], pendingLimit: 3 },
    orders: { clients: ['b'], processors: ['short'] },
    invoices: { clients: ['c'] },
  };
  expect(castOf({ applications, processors })).toEqual({
    sender: 'c',
    processor: 'scans',
    contentType: 'application/json',
    documentType: 'application/pdf',
    shortProcessor: 'short',
  });
});

it.for([
  [{ processors: { acme: { ...json, proof: { kind: 'private_key_jwt', clientId: 'acme' } } } }, 'without a proof'],
  [
    { processors: { acme: { ...json, contentTypes: ['application/json'], schema: { type: 'object' } } } },
    'without a proof',
  ],
  [{ processors: { acme: { ...json, replayMode: 'reject' } } }, 'without a proof'],
  [{ applications: { invoices: { clients: [] } } }, 'no sender'],
  [{ accessToken: { uses: 'one-time' } }, 'accepts each token once'],
  [{ quarantineLimit: 0 }, 'keeps none'],
  [{ policies: 'permit (principal, action, resource);' }, 'policies'],
] as const)('is a reason in words for %j', ([overrides, words]) => {
  expect(castOf(overrides)).toContain(words);
});
