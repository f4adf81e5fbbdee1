import { expect, test } from 'vitest';
import { readAliases } from '../../../local/functions/aliases.ts';

const REF = 'arn:aws:lambda:eu-west-1:000000000000:function:arrive:live';
const anAlias = (properties: Readonly<Record<string, unknown>> = {}) => ({
  logicalId: 'Alias',
  type: 'AWS::Lambda::Alias',
  ref: REF,
  properties: { Name: 'live', FunctionName: 'arrive', FunctionVersion: '1', ...properties },
});

test('an alias is its function, by its ARN and by name and alias', () => {
  expect([...readAliases([anAlias()])]).toEqual([
    [REF, 'arrive'],
    ['arrive:live', 'arrive'],
  ]);
});

test.each([
  ['RoutingConfig', { AdditionalVersionWeights: [{ FunctionVersion: '2', FunctionWeight: 0.1 }] }],
  ['ProvisionedConcurrencyConfig', { ProvisionedConcurrentExecutions: 1 }],
])('%s, which is not done here, stops by name', (name, value) => {
  expect(() => readAliases([anAlias({ [name]: value })])).toThrow(`Alias Alias: ${name}`);
});
