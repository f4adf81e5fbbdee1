import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { LIST_SEPARATOR } from '../../../lambda/contract/variable-kinds.ts';
import type { SigningKey } from '../../../lib/config/keys.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import type { Synthesized } from '../../support/synthesize.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

const withKeys = (signingKeys: Readonly<Record<string, SigningKey>>): Synthesized =>
  synthesize(anAwsEnvironment({ signing: { kind: 'kms' }, signingKeys, protected: true }));

/** Signing keys of a template: logical id → spec. */
const keysOf = ({ state }: Synthesized): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(resourcesOf(state, 'AWS::KMS::Key'))
      .filter(([, { Properties }]) => Properties.KeyUsage === 'SIGN_VERIFY')
      .map(([id, { Properties }]) => [id, Properties.KeySpec]),
  );

interface Output {
  readonly Value: { readonly 'Fn::GetAtt'?: readonly [string, string] };
  readonly Export?: { readonly Name: string };
}

const outputsOf = (state: Template): readonly Output[] => Object.values(state.findOutputs('*')) as unknown as Output[];

/** Logical id of the key behind an export of State. */
const keyBehind = (state: Template, name: unknown): string =>
  outputsOf(state).find(({ Export }) => Export?.Name === name)?.Value['Fn::GetAtt']?.[0] ?? `nothing behind ${name}`;

/** Keys in the variables of a function, by logical id, in order. */
const signingKeyIds = ({ gateway, state }: Synthesized, functionId: string): readonly string[] => {
  const found = Object.entries(resourcesOf(gateway, 'AWS::Lambda::Function')).find(([id]) =>
    new RegExp(`^${functionId}[0-9A-F]{8}$`).test(id),
  );
  const environment = found?.[1].Properties.Environment as { Variables: Record<string, unknown> };
  const value = environment.Variables.SIGNING_KEY_IDS as {
    readonly 'Fn::ImportValue'?: string;
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
  };
  const parts = value['Fn::Join']?.[1] ?? [value];
  for (const separator of parts.filter((_, i) => i % 2 === 1)) expect(separator).toBe(LIST_SEPARATOR);
  return parts
    .filter((_, i) => i % 2 === 0)
    .map((part) => keyBehind(state, (part as { 'Fn::ImportValue': string })['Fn::ImportValue']));
};

/** Keys for which a function has a KMS action. */
const keysFor = ({ gateway, state }: Synthesized, functionId: string, action: string): readonly string[] =>
  Object.entries(resourcesOf(gateway, 'AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(`${functionId}Role`))
    .flatMap(
      ([, { Properties }]) =>
        (Properties.PolicyDocument as { Statement: { Action: string | string[]; Resource: unknown }[] }).Statement,
    )
    .filter(({ Action }) => [Action].flat().includes(action))
    .flatMap(({ Resource }) => [Resource].flat() as { 'Fn::ImportValue': string }[])
    .map((resource) => keyBehind(state, resource['Fn::ImportValue']))
    .sort();

const A = 'SigningKeysCurrent9DE1B365';
const B = 'SigningKeysKey202701C1D59978';

describe('O3 the rotation of signing keys', () => {
  const steps = {
    before: withKeys({ first: { use: 'current' } }),
    published: withKeys({ first: { use: 'current' }, '2027-01': { use: 'next' } }),
    signing: withKeys({ first: { use: 'previous' }, '2027-01': { use: 'current' } }),
    retired: withKeys({ first: { use: 'retired' }, '2027-01': { use: 'current' } }),
    after: withKeys({ '2027-01': { use: 'current' } }),
  };

  it('keeps the logical id of each key, with any other keys and in any order', () => {
    expect(Object.keys(keysOf(steps.before))).toEqual([A]);
    for (const step of [steps.published, steps.signing, steps.retired]) {
      expect(Object.keys(keysOf(step)).sort()).toEqual([A, B]);
    }
    expect(Object.keys(keysOf(steps.after))).toEqual([B]);
    const turned = withKeys({ '2027-01': { use: 'current' }, first: { use: 'previous' } });
    expect(keysOf(turned)).toEqual(keysOf(steps.signing));
    expect(signingKeyIds(turned, 'FrontOpen')).toEqual(signingKeyIds(steps.signing, 'FrontOpen'));
  });

  it('retains keys that are removed from the stack', () => {
    for (const { DeletionPolicy, UpdateReplacePolicy } of Object.values(
      resourcesOf(steps.published.state, 'AWS::KMS::Key'),
    )) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    }
  });

  it.each(['FrontReceive', 'FrontOpen', 'FrontDescribe'])(
    '%s knows both keys while there are two, the one that signs first',
    (name) => {
      expect(signingKeyIds(steps.before, name)).toEqual([A]);
      expect(signingKeyIds(steps.published, name)).toEqual([A, B]);
      expect(signingKeyIds(steps.signing, name)).toEqual([B, A]);
      expect(signingKeyIds(steps.retired, name)).toEqual([B]);
      expect(signingKeyIds(steps.after, name)).toEqual([B]);
    },
  );

  it('O4 signs with the current key only, and reads the accepted public keys', () => {
    expect(keysFor(steps.published, 'FrontOpen', 'kms:Sign')).toEqual([A]);
    expect(keysFor(steps.signing, 'FrontOpen', 'kms:Sign')).toEqual([B]);
    expect(keysFor(steps.signing, 'FrontOpen', 'kms:GetPublicKey')).toEqual([B]);
    for (const name of ['FrontReceive', 'FrontDescribe']) {
      expect(keysFor(steps.signing, name, 'kms:GetPublicKey')).toEqual([A, B].sort());
      expect(keysFor(steps.retired, name, 'kms:GetPublicKey')).toEqual([B]);
      expect(keysFor(steps.signing, name, 'kms:Sign')).toEqual([]);
    }
  });

  it('exports every key in the file, so that the gateway drops a retired one first', () => {
    const exported = ({ state }: Synthesized) => outputsOf(state).map(({ Value }) => Value['Fn::GetAtt']?.join('.'));
    expect(exported(steps.retired)).toContain(`${A}.Arn`);
    expect(JSON.stringify(steps.retired.gateway.toJSON())).not.toContain(A);
    expect(exported(steps.after)).not.toContain(`${A}.Arn`);
  });
});

describe('the algorithm of a signing key', () => {
  it('T2 never changes: RS256 needs a second key', () => {
    const keys = keysOf(
      synthesize(
        anAwsEnvironment({
          signing: { kind: 'kms' },
          signingKeys: { first: { use: 'previous' }, rsa: { use: 'current', algorithm: 'RS256' } },
          processors: { 'acme-ocr': { carriers: ['header', 'short'], contentTypes: ['text/plain'] } },
        }),
      ),
    );
    expect(Object.values(keys).sort()).toEqual(['ECC_NIST_P256', 'RSA_2048']);
    expect(keys[A]).toBe('ECC_NIST_P256');
  });
});
