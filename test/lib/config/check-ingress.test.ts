import { describe, expect, it } from 'vitest';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const problemsOf = (overrides: Readonly<Record<string, unknown>>) => {
  try {
    readEnvironment('test', anAwsEnvironment(overrides));
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors;
    throw error;
  }
  return [];
};
const passthrough = { mode: 'passthrough', unverifiedBecause: 'Their certificates have no authority in common.' };
const json = { contentTypes: ['application/json'] };
const network = { vpcId: 'vpc-0123456789abcdef0', publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'], ipv6: true };
const authorities = { bucketName: 'trust', key: 'authorities.pem' };
const account = 'arn:aws:iam::210987654321:root';
const shield = { advanced: true, subscribed: true };
const contact = { email: 'duty@example.com', phone: '+4930123456' };

describe('how an environment is reached', () => {
  it.each([
    { network },
    { mutualTls: passthrough },
    { mutualTls: { mode: 'verify', port: 1, authorities, revocations: [authorities] } },
    { mutualTls: { ...passthrough, port: 65_535 } },
    { privateLink: { acceptedPrincipals: [account, 'arn:aws:iam::210987654321:role/caller'] } },
    { shield: { ...shield, mitigation: 'block', contacts: [contact, { email: 'b@example.com' }] } },
    { shield: { ...shield, contacts: Array(10).fill(contact) } },
    { shield: { ...shield, mitigation: 'none' } },
  ])('takes %j', (overrides) => {
    expect(problemsOf(overrides)).toEqual([]);
  });

  it('has certificates verified where the file does not say otherwise', () => {
    const environment = readEnvironment('test', anAwsEnvironment({ mutualTls: { authorities } }));
    expect(environment.mutualTls).toEqual({ mode: 'verify', authorities, port: 8443 });
  });

  it('has a port for certificates where the file names none', () => {
    const environment = readEnvironment('test', anAwsEnvironment({ mutualTls: passthrough }));
    expect(environment.mutualTls).toEqual({ ...passthrough, port: 8443 });
  });

  it.each([
    ['network.vpcId', { network: { ...network, vpcId: 'mine' } }],
    ['network.publicSubnetIds', { network: { ...network, publicSubnetIds: ['subnet-0aaaaaaa'] } }],
    ['network.publicSubnetIds.1', { network: { ...network, publicSubnetIds: ['subnet-0aaaaaaa', 'b'] } }],
    ['network.publicSubnetIds', { network: { ...network, publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0aaaaaaa'] } }],
    ['network.publicSubnetIds', { network: { ...network, publicSubnetIds: 'subnet-0aaaaaaa' } }],
    ['network.ipv6', { network: { ...network, ipv6: undefined } }],
    ['network.subnets', { network: { ...network, subnets: [] } }],
    ['mutualTls.mode', { mutualTls: { mode: 'off' } }],
    ['mutualTls.port', { mutualTls: { ...passthrough, port: 443 } }],
    ['mutualTls.port', { mutualTls: { ...passthrough, port: 0 } }],
    ['mutualTls.port', { mutualTls: { ...passthrough, port: 65_536 } }],
    ['mutualTls.authorities', { mutualTls: { mode: 'verify' } }],
    ['mutualTls.authorities', { mutualTls: { ...passthrough, authorities } }],
    ['mutualTls.authorities.bucketName', { mutualTls: { mode: 'verify', authorities: { bucketName: 'X', key: 'k' } } }],
    ['mutualTls.authorities.key', { mutualTls: { mode: 'verify', authorities: { bucketName: 'trust', key: '' } } }],
    ['mutualTls.revocations', { mutualTls: { ...passthrough, revocations: [authorities] } }],
    ['mutualTls.crl', { mutualTls: { ...passthrough, crl: [] } }],
    ['privateLink.acceptedPrincipals', { privateLink: { acceptedPrincipals: [] } }],
    ['privateLink.acceptedPrincipals.0', { privateLink: { acceptedPrincipals: ['*'] } }],
    ['privateLink.acceptedPrincipals.0', { privateLink: { acceptedPrincipals: ['210987654321'] } }],
    ['privateLink.name', { privateLink: { acceptedPrincipals: [account], name: 'x' } }],
    ['shield.mitigation', { shield: { ...shield, mitigation: 'challenge' } }],
    ['shield.contacts', { shield: { ...shield, contacts: [] } }],
    ['shield.contacts', { shield: { ...shield, contacts: [{ email: 'duty@example.com' }] } }],
    ['shield.contacts', { shield: { ...shield, contacts: Array(11).fill(contact) } }],
    ['shield.contacts.0.email', { shield: { ...shield, contacts: [{ ...contact, email: 'duty' }] } }],
    ['shield.contacts.0.phone', { shield: { ...shield, contacts: [{ ...contact, phone: '030 123456' }] } }],
    ['shield.contacts.0.notes', { shield: { ...shield, contacts: [{ ...contact, notes: 'x'.repeat(1_025) }] } }],
    ['shield.contacts.0.name', { shield: { ...shield, contacts: [{ ...contact, name: 'Duty' }] } }],
    ['shield.paid', { shield: { ...shield, paid: true } }],
    ['privateLink.acceptedPrincipals', { privateLink: { acceptedPrincipals: account } }],
    ['tokensInUrls', { tokensInUrls: 'because' }],
    ['tokensInUrls', { tokensInUrls: ' '.repeat(20) }],
  ])('refuses %s in %j, with what was expected and what to change', (at, overrides) => {
    const found = problemsOf(overrides);
    expect(found.map((problem) => problem.at)).toContain(at);
    for (const { expected, remedy } of found) expect([expected.length > 0, remedy.endsWith('.')]).toEqual([true, true]);
  });

  it('refuses source ranges together with PrivateLink, which hides the address of the caller', () => {
    const processors = { 'acme-ocr': { ...json, carriers: ['header'], sourceRanges: ['192.0.2.0/24'] } };
    const privateLink = { acceptedPrincipals: [account] };
    expect(problemsOf({ processors, privateLink })).toMatchObject([
      { at: 'processors.acme-ocr.sourceRanges', expected: expect.stringContaining('hides the address') },
    ]);
    expect(problemsOf({ processors })).toEqual([]);
  });

  it('refuses tokens in URLs where the environment is protected, unless its file says why', () => {
    const processors = { 'acme-ocr': { ...json, carriers: ['header', 'path'] } };
    const refused = problemsOf({ processors, protected: true, tokensInUrls: undefined });
    expect(refused).toMatchObject([
      { at: 'processors.acme-ocr.carriers', remedy: expect.stringContaining('`tokensInUrls`') },
    ]);
    const taken = [
      { processors, protected: true, tokensInUrls: 'This processor can be given a URL and nothing else.' },
      { processors, protected: false, tokensInUrls: undefined },
      { processors: { 'acme-ocr': { ...json, carriers: ['short'] } }, protected: true, tokensInUrls: undefined },
    ];
    for (const overrides of taken) expect(problemsOf(overrides)).toEqual([]);
  });
});
