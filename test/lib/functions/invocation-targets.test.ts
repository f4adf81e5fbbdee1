import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, it } from 'vitest';
import { breachesOf } from '../../../lib/validation/service-limit-checks.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf, theResource } from '../../support/template.ts';

const ACCOUNT = '123456789012';
const ELSEWHERE = '210987654321';
const role = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
const WORKFLOW = role('workflows/InvoicesWorkflow');
const PARTNER = role('Partner', ELSEWHERE);
const ORDERS = role('OrdersWorkflow');
const ADMINISTRATOR = role('Administrator');

const { gateway } = synthesize(
  anAwsEnvironment({
    applications: {
      invoices: { clients: ['invoices-backend'], invokers: [WORKFLOW, PARTNER] },
      'back-office': { invokers: [ORDERS] },
      small: { clients: ['small'] },
    },
  }),
);

const aliases = Object.entries(resourcesOf(gateway, 'AWS::Lambda::Alias')).filter(([, { Properties }]) =>
  String(Properties.Name).startsWith('open-'),
);
const policies = resourcesOf(gateway, 'AWS::Lambda::ResourcePolicy');

const FUNCTION = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:open`;
const targetOf = (application: string) => `${FUNCTION}:open-${application}`;

/** The policy of an application's target, as Lambda has it; undefined for other names of the function. */
const policyAt = (resource: string): unknown => {
  const [id] = aliases.find(([, { Properties }]) => resource === `${FUNCTION}:${Properties.Name}`) ?? [];
  const policy = Object.values(policies).find(
    ({ Properties }) => (Properties.ResourceArn as { Ref: string }).Ref === id,
  );
  if (policy === undefined) return undefined;
  return JSON.parse(
    JSON.stringify(policy.Properties.PolicyDocument).replaceAll(JSON.stringify({ Ref: id }), JSON.stringify(resource)),
  );
};

const policyOf = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });
const NO_RIGHTS = policyOf();
const ALL_RIGHTS = policyOf({ Effect: 'Allow', Action: '*', Resource: '*' });
const INVOKE_ALL = policyOf({ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' });

/**
 * The policy of a target after a role was deleted. The statement that allows it has the unique id of the role, which no other role gets.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
 */
const policyAfterDeletionOf = (deleted: string, resource: string): unknown => {
  const { Statement, ...policy } = policyAt(resource) as { Statement: { Effect: string }[] };
  const withId = (statement: object): unknown =>
    JSON.parse(JSON.stringify(statement).replaceAll(JSON.stringify(deleted), '"AROAEXAMPLEID00000000"'));
  return { ...policy, Statement: Statement.map((each) => (each.Effect === 'Allow' ? withId(each) : each)) };
};

/** The decision of IAM about an action on a name of the function. @param own the policy of the principal's role */
const decide = async (
  principal: string,
  resource: string,
  own: object,
  action = 'lambda:InvokeFunction',
  resourcePolicy = policyAt(resource),
): Promise<string> => {
  const response = await runSimulation(
    {
      request: {
        action,
        principal,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:PrincipalArn': principal },
      },
      identityPolicies: [{ name: 'own', policy: own }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
    {},
  );
  if (response.resultType === 'error') throw new Error(JSON.stringify(response.errors));
  return response.overallResult;
};

describe('invocation targets', () => {
  it('are an alias of the new version of create-task for each application with invokers', () => {
    const functions = resourcesOf(gateway, 'AWS::Lambda::Function');
    const live = Object.values(resourcesOf(gateway, 'AWS::Lambda::Alias')).filter(
      ({ Properties: { FunctionName, Name } }) =>
        Name === 'live' && JSON.stringify(FunctionName) === JSON.stringify(aliases[0]?.[1].Properties.FunctionName),
    );
    expect(aliases.map(([, { Properties }]) => Properties.Name)).toEqual(['open-invoices', 'open-back-office']);
    for (const [, { Properties }] of aliases) {
      const { Ref: id = '' } = Properties.FunctionName as { Ref?: string };
      expect(functions[id]?.Properties.Description).toBe('Opens and reopens tasks, and issues their callbacks');
      expect(Properties.FunctionVersion).toEqual(live[0]?.Properties.FunctionVersion);
    }
  });

  it('have one policy each, with two statements, and no permission beside it', () => {
    expect(Object.keys(policies)).toHaveLength(2);
    for (const { Properties } of Object.values(policies)) {
      const { Statement } = Properties.PolicyDocument as { Statement: { Action: unknown; Effect: unknown }[] };
      expect(Statement.map(({ Action, Effect }) => [Effect, Action])).toEqual([
        ['Allow', 'lambda:InvokeFunction'],
        ['Deny', 'lambda:InvokeFunction'],
      ]);
    }
    const permissions = JSON.stringify(resourcesOf(gateway, 'AWS::Lambda::Permission'));
    for (const [id] of aliases) expect(permissions).not.toContain(id);
  });

  it('are outputs of the stack', () => {
    const outputs = gateway.findOutputs('*');
    const { FunctionName } = aliases[0]?.[1].Properties ?? {};
    const { Ref: id } = FunctionName as { Ref: string };
    const arn = (application: string) => ({
      'Fn::Join': ['', [{ 'Fn::GetAtt': [id, 'Arn'] }, `:open-${application}`]],
    });
    expect(outputs.InvocationTargetInvoices?.Value).toEqual(arn('invoices'));
    expect(outputs.InvocationTargetBackOffice?.Value).toEqual(arn('back-office'));
    expect(Object.keys(outputs).filter((name) => name.startsWith('InvocationTarget'))).toHaveLength(2);
  });

  it('have a policy of at most 20 KB for 15 roles with the longest ARNs', () => {
    const invokers = Array.from(
      { length: 15 },
      (_, index) => `arn:aws-us-gov:iam::${ACCOUNT}:role/${'p'.repeat(510)}/${String(index).padStart(64, 'n')}`,
    );
    const { gateway: longest } = synthesize(anAwsEnvironment({ applications: { ['x'.repeat(32)]: { invokers } } }));
    expect(breachesOf(longest.toJSON())).toEqual([]);
    const { PolicyDocument } = theResource(longest, 'AWS::Lambda::ResourcePolicy').Properties;
    expect(JSON.stringify(PolicyDocument).length).toBeGreaterThan(2 * 15 * 613);
  });

  it('are not there without invokers', () => {
    const { gateway: without } = synthesize(anAwsEnvironment());
    expect(resourcesOf(without, 'AWS::Lambda::ResourcePolicy')).toEqual({});
    expect(JSON.stringify(without.toJSON())).not.toContain('open-invoices');
  });

  it('O4 a role of the account may invoke its target without a policy of its own', async () => {
    expect(await decide(WORKFLOW, targetOf('invoices'), NO_RIGHTS)).toBe('Allowed');
    expect(await decide(ORDERS, targetOf('back-office'), NO_RIGHTS)).toBe('Allowed');
  });

  it('O4 a role of another account needs a policy of its account too', async () => {
    expect(await decide(PARTNER, targetOf('invoices'), INVOKE_ALL)).toBe('Allowed');
    expect(await decide(PARTNER, targetOf('invoices'), NO_RIGHTS)).toBe('ImplicitlyDenied');
  });

  it.each([
    ['the target of another application', WORKFLOW, targetOf('back-office'), NO_RIGHTS],
    ['the target of another application', ORDERS, targetOf('invoices'), ALL_RIGHTS],
    ['a target, as an administrator', ADMINISTRATOR, targetOf('invoices'), ALL_RIGHTS],
    [
      'a target, as a role of the same name with another path',
      role('InvoicesWorkflow'),
      targetOf('invoices'),
      ALL_RIGHTS,
    ],
    ['a target, as another role of the same other account', role('Other', ELSEWHERE), targetOf('invoices'), ALL_RIGHTS],
  ])('O4 nobody may invoke %s', async (_what, principal, target, own) => {
    expect(await decide(principal, target, own)).toMatch(/^(Explicitly|Implicitly)Denied$/);
  });

  it('O4 a role that was created again has a right by a policy of its own alone', async () => {
    const again = (principal: string, own: object) => {
      const target = targetOf('invoices');
      return decide(principal, target, own, 'lambda:InvokeFunction', policyAfterDeletionOf(principal, target));
    };
    expect(await again(WORKFLOW, NO_RIGHTS)).toBe('ImplicitlyDenied');
    expect(await again(WORKFLOW, INVOKE_ALL)).toBe('Allowed');
    // The account of the target has to allow a role of another account.
    expect(await again(PARTNER, INVOKE_ALL)).toBe('ImplicitlyDenied');
  });

  it.each([WORKFLOW, PARTNER])('O4 the policy gives %s no other name of the function', async (invoker) => {
    for (const name of [FUNCTION, `${FUNCTION}:live`, `${FUNCTION}:7`, targetOf('small')]) {
      expect([name, await decide(invoker, name, NO_RIGHTS)]).toEqual([name, 'ImplicitlyDenied']);
    }
  });

  it.each(['lambda:GetFunction', 'lambda:UpdateAlias', 'lambda:PutResourcePolicy', 'lambda:InvokeFunctionUrl'])(
    'O4 the policy gives an invoker no right to %s',
    async (action) => {
      expect(await decide(WORKFLOW, targetOf('invoices'), NO_RIGHTS, action)).toBe('ImplicitlyDenied');
    },
  );
});
