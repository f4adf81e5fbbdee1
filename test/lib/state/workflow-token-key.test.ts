import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resumeTokenContext } from '../../../lambda/contract/resume.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

const ACCOUNT = '123456789012';
const ADMINISTRATOR = `arn:aws:iam::${ACCOUNT}:role/Administrator`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/workflow-tokens`;
const MACHINE = `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:invoices`;

const withResumes = (resumes: readonly string[] | undefined, others: Readonly<Record<string, unknown>> = {}) =>
  synthesize(
    anAwsEnvironment({
      ...others,
      applications: { invoices: { clients: ['invoices-backend'], ...(resumes !== undefined && { resumes }) } },
    }),
  );
const keysOf = (state: Template) =>
  Object.entries(resourcesOf(state, 'AWS::KMS::Key')).filter(([id]) => id.startsWith('WorkflowTokenKey'));

const used = withResumes([MACHINE], { protected: true });
const [[id, key] = ['', undefined]] = keysOf(used.state);
const KEY_POLICY = JSON.parse(JSON.stringify(key?.Properties.KeyPolicy), (_, value) => {
  if (value?.Ref === 'AWS::Partition') return 'aws';
  return Array.isArray(value?.['Fn::Join']) ? value['Fn::Join'][1].join('') : value;
}) as object;

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Statements of a function about the key. */
const policyOf = (construct: string): object => ({
  Version: '2012-10-17',
  Statement: Object.entries(resourcesOf(used.gateway, 'AWS::IAM::Policy'))
    .filter(([policy]) => policy.startsWith(`${construct}Role`))
    .flatMap(
      ([, { Properties }]) => (Properties.PolicyDocument as { Statement: readonly { Resource: unknown }[] }).Statement,
    )
    .filter(({ Resource }) => JSON.stringify(Resource).includes(`GetAtt${id}Arn`))
    .map((statement) => ({ ...statement, Resource: KEY })),
});

const FUNCTION_ROLE = (name: string) => `arn:aws:iam::${ACCOUNT}:role/postern/test/${name}`;

/** The simulator does not know `kms:EncryptionContext:KEY`, so policies and requests have tags of the principal in its place. */
const withKnownKeys = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll('kms:EncryptionContext:', 'aws:PrincipalTag/encryption-context-'));

/** Decision of IAM about a use of the key. @param name of the function in the tag of the role */
const decide = async (
  action: string,
  {
    context,
    name,
    policy,
    role,
  }: Readonly<Record<'role', string>> & {
    readonly name?: string;
    readonly policy: object;
    readonly context: Readonly<Record<string, string>>;
  },
): Promise<string> => {
  const pairs = Object.entries(context).map(([member, value]) => [`kms:EncryptionContext:${member}`, value]);
  const response = await runSimulation(
    {
      request: {
        principal: role,
        action: `kms:${action}`,
        resource: { resource: KEY, accountId: ACCOUNT },
        contextVariables: {
          ...withKnownKeys(Object.fromEntries(pairs)),
          'kms:EncryptionContextKeys': Object.keys(context),
          'aws:PrincipalArn': role,
          ...(name !== undefined && { 'aws:PrincipalTag/postern:function': name }),
        },
      },
      identityPolicies: [{ name: 'own', policy: withKnownKeys(policy) }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: withKnownKeys(KEY_POLICY),
    },
    {},
  );
  if (response.resultType === 'error') throw new Error(JSON.stringify(response.errors));
  return response.overallResult;
};

const CONTEXT = resumeTokenContext('test', 'tsk_1');
const createTask = { role: FUNCTION_ROLE('Open'), name: 'create-task', policy: policyOf('FrontOpen') };

describe('the key of the tokens of workflows', () => {
  it('exists only if an application has `resumes`, and rotates', () => {
    expect(keysOf(withResumes(undefined).state)).toEqual([]);
    expect(keysOf(used.state)).toEqual([[expect.any(String), expect.anything()]]);
    expect(key?.Properties).toMatchObject({ EnableKeyRotation: true });
    expect(key?.Properties).not.toHaveProperty('KeySpec');
  });

  it('is retained in a protected environment only', () => {
    expect([key?.DeletionPolicy, key?.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    const [[, other] = []] = keysOf(withResumes([MACHINE]).state);
    expect(other?.DeletionPolicy).toBe('Delete');
  });

  it('is exported and not used while every list is empty, so that it can be removed next', () => {
    const { gateway, state } = withResumes([]);
    const [[unused = 'nothing'] = []] = keysOf(state);
    expect(JSON.stringify(state.findOutputs('*'))).toContain(`"${unused}"`);
    expect(JSON.stringify(gateway.toJSON())).not.toContain(unused);
  });

  it('O4 lets create-task encrypt with the context of a task of this environment only', async () => {
    expect(await decide('Encrypt', { ...createTask, context: CONTEXT })).toBe('Allowed');
    const { environment, taskId } = { environment: 'test', taskId: 'tsk_1', ...CONTEXT };
    for (const context of [
      {},
      { environment },
      { taskId },
      { environment, taskId: '' },
      { environment: 'other', taskId },
      { environment, taskId, more: 'x' },
    ]) {
      expect([context, await decide('Encrypt', { ...createTask, context })]).toEqual([context, 'ImplicitlyDenied']);
    }
    expect(await decide('Decrypt', { ...createTask, context: CONTEXT })).toBe('ExplicitlyDenied');
  });

  it.each(['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'ReEncryptFrom', 'ReEncryptTo'])(
    'O4 denies %s to administrators and to other functions, even if their own policies allow it',
    async (action) => {
      const everything = { policy: EVERYTHING, context: CONTEXT };
      expect(await decide(action, { ...everything, role: ADMINISTRATOR })).toBe('ExplicitlyDenied');
      const others = ['receive', 'tasks', 'console', 'operator-api', 'publish', 'redrive', 'create-task', 'resume'];
      const allowed: string[] = [];
      for (const name of others) {
        const decision = await decide(action, { ...everything, role: FUNCTION_ROLE('One'), name });
        if (decision === 'Allowed') allowed.push(name);
      }
      const one: Readonly<Record<string, string>> = { Decrypt: 'resume', Encrypt: 'create-task' };
      expect(allowed).toEqual(one[action] === undefined ? [] : [one[action]]);
      // A tag alone opens nothing: the path of the role counts too.
      for (const name of ['create-task', 'resume']) {
        expect(await decide(action, { ...everything, role: ADMINISTRATOR, name })).toBe('ExplicitlyDenied');
      }
    },
  );
});
