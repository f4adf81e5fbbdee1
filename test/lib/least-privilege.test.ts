import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FunctionName } from '../../lambda/contract/environment-variables.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/environment-variables.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import type { Synthesized } from '../support/synthesize.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

let templates: Synthesized;
beforeAll(() => {
  templates = synthesize(anAwsEnvironment());
});

/** Logical ids begin with the construct's path: `Receive`, `TasksFunction`. */
const CONSTRUCTS: Readonly<Record<FunctionName, string>> = {
  receive: 'Receive',
  open: 'Open',
  tasks: 'TasksFunction',
  describe: 'Describe',
  console: 'Console',
  publish: 'Publish',
};

const statementsOf = (name: FunctionName): readonly Statement[] =>
  Object.entries(resourcesOf(templates.gateway, 'AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(`${CONSTRUCTS[name]}Role`))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);

/** What a resource of a statement is, in a word. */
const nameOf = (resource: unknown): string => {
  const text = JSON.stringify(resource);
  const known = {
    'the log': /^\{"Fn::GetAtt":\["\w+Log\w{8}","Arn"\]\}$/,
    'the stream of tasks': /ImportValue":"Test-State:\w+Tasks\w{8}StreamArn/,
    'the tasks table': /ImportValue":"Test-State:\w+Tasks\w{8}Arn/,
    'the jti table': /ImportValue":"Test-State:\w+Jtis\w{8}Arn/,
    'the key of the tables': /ImportValue":"Test-State:\w+TableKey\w{8}Arn/,
    'the signing key': /ImportValue":"Test-State:\w+SigningKeysCurrent\w{8}Arn/,
    'the bus': /^\{"Fn::GetAtt":\["Events\w{8}","Arn"\]\}$/,
    'the dead letters': /^\{"Fn::GetAtt":\["ChangesDeadLetters\w{8}","Arn"\]\}$/,
  };
  return Object.entries(known).find(([, pattern]) => pattern.test(text))?.[0] ?? text;
};

const THROUGH_DYNAMODB = { StringEquals: { 'kms:ViaService': 'dynamodb.eu-west-1.amazonaws.com' } };
const readTableKey = ['kms:Decrypt', 'kms:DescribeKey'];
const writeTableKey = [...readTableKey, 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];
const ownLog = { 'the log': ['logs:CreateLogStream', 'logs:PutLogEvents'] };

/** Everything that each function may do, and on what. */
const RIGHTS: Readonly<Record<FunctionName, Readonly<Record<string, readonly string[]>>>> = {
  receive: {
    ...ownLog,
    'the tasks table': ['dynamodb:UpdateItem'],
    'the jti table': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'the key of the tables': writeTableKey,
    'the signing key': ['kms:GetPublicKey'],
  },
  open: {
    ...ownLog,
    'the tasks table': ['dynamodb:PutItem'],
    'the key of the tables': writeTableKey,
    'the signing key': ['kms:GetPublicKey', 'kms:Sign'],
  },
  tasks: {
    ...ownLog,
    'the tasks table': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'the key of the tables': writeTableKey,
  },
  describe: { ...ownLog, 'the signing key': ['kms:GetPublicKey'] },
  console: ownLog,
  publish: {
    ...ownLog,
    'the stream of tasks': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    '"*"': ['dynamodb:ListStreams'],
    'the key of the tables': readTableKey,
    'the bus': ['events:PutEvents'],
    'the dead letters': ['sqs:SendMessage'],
  },
};

const FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[];

describe('O4 least privilege', () => {
  it.each(FUNCTIONS)('%s may do exactly this', (name) => {
    const statements = statementsOf(name);
    const rights: Record<string, string[]> = {};
    for (const { Effect, Action, Resource } of statements) {
      expect(Effect).toBe('Allow');
      const resource = nameOf(Resource);
      rights[resource] = [...(rights[resource] ?? []), ...[Action].flat()].sort();
    }
    expect(rights).toEqual(RIGHTS[name]);
  });

  it.each(FUNCTIONS)(
    '%s uses the key of the tables through DynamoDB alone, and nothing else under a condition',
    (name) => {
      for (const { Resource, Condition } of statementsOf(name)) {
        expect(Condition).toEqual(nameOf(Resource) === 'the key of the tables' ? THROUGH_DYNAMODB : undefined);
      }
    },
  );

  it('gives no function a policy that somebody else wrote', () => {
    for (const [id, { Properties }] of Object.entries(resourcesOf(templates.gateway, 'AWS::IAM::Role'))) {
      if (id.startsWith('Custom')) continue;
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(Properties).not.toHaveProperty('Policies');
    }
  });

  it.each(FUNCTIONS)('%s may do what its code calls, and nothing beyond it', async (name) => {
    const may = statementsOf(name)
      .filter(({ Resource }) => !BY_LAMBDA_ITSELF.includes(nameOf(Resource)))
      .flatMap(({ Action }) => Action);
    expect([...new Set(may)].sort()).toEqual(await actionsCalledBy(name));
  });
});

/** Used by the services around the function, never by its code. */
const BY_LAMBDA_ITSELF = ['the log', 'the key of the tables', 'the stream of tasks', '"*"', 'the dead letters'];

const ACTIONS: Readonly<Record<string, (source: string) => readonly string[]>> = {
  GetItem: () => ['dynamodb:GetItem'],
  PutItem: () => ['dynamodb:PutItem'],
  UpdateItem: () => ['dynamodb:UpdateItem'],
  // A transaction is allowed by what is in it.
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
  TransactWriteItems: (source) =>
    [
      ['Update', 'dynamodb:UpdateItem'],
      ['Put', 'dynamodb:PutItem'],
      ['Delete', 'dynamodb:DeleteItem'],
      ['ConditionCheck', 'dynamodb:ConditionCheckItem'],
    ].flatMap(([member, action]) => (new RegExp(`^\\s*${member}: \\{`, 'm').test(source) ? [action as string] : [])),
  Sign: () => ['kms:Sign'],
  GetPublicKey: () => ['kms:GetPublicKey'],
  PutEvents: () => ['events:PutEvents'],
};

/** The actions behind every command of the AWS SDK in the sources that end up in a function's bundle. */
const actionsCalledBy = async (name: FunctionName): Promise<readonly string[]> => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`lambda/${name}/handler.ts`],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  const sources = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const actions = sources.flatMap(([path]) => {
    const source = readFileSync(`${root}${path}`, 'utf8');
    return [...source.matchAll(/new (\w+)Command\(/g)].flatMap(([, command = '']) => {
      const toActions = ACTIONS[command];
      if (toActions === undefined) throw new Error(`${path} calls ${command}; say in ACTIONS what allows it.`);
      return toActions(source);
    });
  });
  return [...new Set(actions)].sort();
};
