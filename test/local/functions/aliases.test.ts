import { expect, test } from 'vitest';
import { invocationTargetsOf, readAliases } from '../../../local/functions/aliases.ts';

const REF = 'arn:aws:lambda:eu-west-1:000000000000:function:arrive:live';
const anAlias = (properties: Readonly<Record<string, unknown>> = {}) => ({
  logicalId: 'Alias',
  type: 'AWS::Lambda::Alias',
  ref: REF,
  properties: { Name: 'live', FunctionName: 'arrive', FunctionVersion: '1', ...properties },
});

test('an alias is a version of its function, by its ARN and by name and alias', () => {
  const alias = { functionName: 'arrive', name: 'live', arn: REF, version: '1' };
  expect([...readAliases([anAlias()])]).toEqual([
    [REF, alias],
    ['arrive:live', alias],
  ]);
});

test('a function may have several aliases', () => {
  const other = { ...anAlias({ Name: 'open-invoices' }), ref: `${REF}-other` };
  expect([...readAliases([anAlias(), other]).keys()]).toEqual([
    REF,
    'arrive:live',
    `${REF}-other`,
    'arrive:open-invoices',
  ]);
});

test('the aliases with the prefix open- are the invocation targets of applications', () => {
  const target = { ...anAlias({ Name: 'open-the-invoices' }), ref: `${REF}-target` };
  expect(invocationTargetsOf(readAliases([anAlias(), target]))).toEqual({ 'the-invoices': `${REF}-target` });
  expect(invocationTargetsOf(readAliases([anAlias()]))).toEqual({});
});

test.each([
  ['RoutingConfig', { AdditionalVersionWeights: [{ FunctionVersion: '2', FunctionWeight: 0.1 }] }],
  ['ProvisionedConcurrencyConfig', { ProvisionedConcurrentExecutions: 1 }],
])('%s, which is not done here, stops by name', (name, value) => {
  expect(() => readAliases([anAlias({ [name]: value })])).toThrow(`Alias Alias: ${name}`);
});
