import { describe, expect, test } from 'vitest';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

/** A variable of the two functions of the operator API. */
const variablesOf = (name: string, environment: Parameters<typeof anAwsEnvironment>[0]): readonly unknown[] => {
  const functions = Object.entries(
    resourcesOf(synthesize(anAwsEnvironment(environment)).gateway, 'AWS::Lambda::Function'),
  );
  return ['FrontOperator', 'FrontReveal'].map((id) => {
    const [, resource] = functions.find(([logicalId]) => new RegExp(`^${id}[0-9A-F]{8}$`).test(logicalId)) ?? [];
    if (resource === undefined) throw new Error(`No function ${id}.`);
    const { Variables } = resource.Properties.Environment as { readonly Variables: Record<string, unknown> };
    return Variables[name];
  });
};

const ALL = 'cancel,revoke,reopen,accept,discard,reveal,revoke_all,abort,redrive,retire';

describe('the settings of operators', () => {
  test.each([
    ['no action', {}, ''],
    ['the named ones', { disabledActions: ['discard', 'reveal'] as const }, 'discard,reveal'],
    ['all, if operators only read', { operatorsReadOnly: true, disabledActions: ['discard'] as const }, ALL],
  ])('switch off %s', (_, settings, expected) => {
    expect(variablesOf('DISABLED_ACTIONS', settings)).toEqual([expected, expected]);
  });

  test('keep the audit for as long as the environment says', () => {
    expect(variablesOf('AUDIT_RETENTION_SECONDS', {})).toEqual(['31536000', '31536000']);
  });

  test('tell policies of protection', () => {
    expect(variablesOf('PROTECTED', {})).toEqual(['false', 'false']);
    const applications = { invoices: { clients: ['invoices-backend'] } };
    expect(variablesOf('PROTECTED', { protected: true, applications })).toEqual(['true', 'true']);
  });
});
