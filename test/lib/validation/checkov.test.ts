import { readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { acceptFindingsOfCheckov } from '../../../lib/validation/checkov.ts';

const REASON = 'KMS rotates no key for HMAC.';

test('an exception is in the template, only at its resource', () => {
  const stack = new Stack();
  acceptFindingsOfCheckov(new Key(stack, 'Accepted'), { id: 'CKV_AWS_7', reason: REASON });
  new Key(stack, 'Other');
  const keys = Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key'));
  expect(keys.map(({ Metadata }) => Metadata)).toEqual([
    { checkov: { skip: [{ id: 'CKV_AWS_7', comment: REASON }] } },
    undefined,
  ]);
});

test('an exception for a construct without a resource is refused with its name', () => {
  expect(() => acceptFindingsOfCheckov(new Stack(undefined, 'All'), { id: 'CKV_AWS_7', reason: REASON })).toThrow(
    'All has no resource',
  );
});

test('no rule of checkov is skipped for all resources', () => {
  const configuration = readFileSync(new URL('../../../.ci/checkov.yaml', import.meta.url), 'utf8');
  expect(configuration).toContain('framework: [cloudformation]');
  expect(configuration).not.toMatch(/^skip-check/m);
});
