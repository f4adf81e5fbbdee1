import { describe, expect, it } from 'vitest';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { consoleOriginOf, hasLoadBalancer } from '../../../lib/config/ingress.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { NETWORK_DOOR } from '../../support/network-door.ts';

const door = (more: object = {}) => ({ ...NETWORK_DOOR.ingress, ...more });
const read = (overrides: object = {}) => readEnvironment('test', anAwsEnvironment({ ...NETWORK_DOOR, ...overrides }));
const mistakes = (overrides: object): readonly string[] => {
  try {
    read(overrides);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors.map(({ at }) => at);
    throw error;
  }
  return [];
};

describe('an environment with the network door', () => {
  it('has two to six tasks, no console, and needs no client for it', () => {
    const environment = read({ consoleClient: undefined });
    expect(environment.ingress).toMatchObject({ tasks: { min: 2, max: 6 } });
    expect(hasLoadBalancer(environment)).toBe(false);
    expect(consoleOriginOf(environment)).toBeUndefined();
  });

  it.each([
    ['mutualTls', { mutualTls: { authorities: { bucketName: 'trust', key: 'ca.pem' } } }],
    ['privateLink', { privateLink: { acceptedPrincipals: ['arn:aws:iam::210987654321:root'] } }],
    ['countries', { countries: { except: ['KP'] } }],
    ['antiDdos', { antiDdos: true }],
    ['certificateArn', { certificateArn: anAwsEnvironment().certificateArn }],
    ['shield.mitigation', { shield: { advanced: true, subscribed: true, mitigation: 'block' } }],
    ['ingress.console.certificateArn', { ingress: door({ console: { domain: 'console.example.com' } }) }],
    ['ingress.tasks.max', { ingress: door({ tasks: { min: 3, max: 2 } }) }],
    ['ingress.tasks.min', { ingress: door({ tasks: { min: 0 } }) }],
    ['ingress.tasks.max', { ingress: door({ tasks: { max: 101 } }) }],
    ['ingress.kind', { certificateArn: anAwsEnvironment().certificateArn, ingress: { kind: 'netwerk' } }],
    ['ingress.certificateSecretName', { ingress: { kind: 'network' } }],
  ])('refuses %s', (at, overrides) => {
    expect(mistakes(overrides)).toEqual([at]);
  });

  it.each(['callbacks.example.com', 'console.other.org'])('refuses %s as the name of its console', (domain) => {
    const hostedZone = { id: 'Z1234567890', name: 'example.com' };
    expect(mistakes({ hostedZone, ingress: door({ console: { domain } }) })).toEqual(['ingress.console.domain']);
  });

  it('has the console at its own origin, or at the gateway’s during a switch', () => {
    const certificateArn = anAwsEnvironment().certificateArn;
    const own = read({ ingress: door({ console: { domain: 'console.example.com', certificateArn } }) });
    expect(consoleOriginOf(own)).toBe('https://console.example.com');
    const switching = read({ certificateArn, ingress: door({ switching: { dns: 'door' } }) });
    expect(consoleOriginOf(switching)).toBe('https://callbacks.example.com');
  });
});
