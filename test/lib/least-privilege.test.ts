import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { test as base, describe, expect } from 'vitest';
import {
  DISPATCHING_FUNCTIONS,
  ENVIRONMENT_VARIABLES,
  type FunctionName,
  RESUMING_FUNCTIONS,
} from '../../lambda/contract/variables.ts';
import { PAYLOAD_BUCKET_ENTRY } from '../../lib/functions/bundles.ts';
import {
  aDispatch,
  aDispatchedProcessor,
  aDispatchingEnvironment,
  BODY_WITHOUT_TOKEN,
} from '../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { synthesize } from '../support/synthesize.ts';
import { resourcesOf } from '../support/template.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Additional permissions if the environment accepts each access token once. */

/** Logical ids begin with the path of their construct. */
const CONSTRUCTS: Readonly<Record<FunctionName, string>> = {
  receive: 'FrontReceive',
  'create-task': 'FrontOpen',
  tasks: 'FrontTasks',
  metadata: 'FrontDescribe',
  console: 'FrontConsole',
  handshake: 'FrontHandshake',
  'operator-api': 'FrontOperator',
  'reveal-payload': 'FrontReveal',
  publish: 'BackgroundPublish',
  expire: 'BackgroundExpire',
  'complete-upload': 'BackgroundArrive',
  'revoke-callbacks': 'BackgroundRevoke',
  redrive: 'BackgroundRedrive',
  'queue-outcomes': 'BackgroundResumptionQueueOutcomes',
  resume: 'BackgroundResumptionResume',
  dispatch: 'BackgroundDispatchingDispatch',
  'rotate-signing-key': 'RotationFunction',
};

/** Short word for a resource of a statement. */
const nameOf = (resource: unknown): string => {
  const text = JSON.stringify(resource);
  // A function in the stack of the state refers to the resource itself.
  const state = (path: string) =>
    `\\{"Fn::(ImportValue":"Test-State:\\w+${path}"|GetAtt":\\["${path.replace(/^GetAtt/, '').replace(/Arn.*$/, '')}","Arn"\\])\\}`;
  const below = (path: string, rest: string) => `\\{"Fn::Join":\\["",\\[${state(path)},"${rest}"\\]\\]\\}`;
  const known = {
    'the log': '\\{"Fn::GetAtt":\\["\\w+Log\\w{8}","Arn"\\]\\}',
    'the stream of tasks': state('GetAttTasks\\w{8}StreamArn\\w{8}'),
    'the stream of the audit': state('GetAttAudit\\w{8}StreamArn\\w{8}'),
    'the signing keys table': state('GetAttSigningKeysTable\\w{8}Arn\\w{8}'),
    'the key of the signing keys': state('GetAttSigningKeysEncryptionKey\\w{8}Arn\\w{8}'),
    'the audit table': state('GetAttAudit\\w{8}Arn\\w{8}'),
    'the tasks table': state('GetAttTasks\\w{8}Arn\\w{8}'),
    'the lists of tasks': below('GetAttTasks\\w{8}Arn\\w{8}', '/index/(ofApplication|byResource|byOwner)'),
    'the deadlines of tasks': below('GetAttTasks\\w{8}Arn\\w{8}', '/index/byDue'),
    'the counted pending tasks': below('GetAttTasks\\w{8}Arn\\w{8}', '/index/pending'),
    'the dispatches of tasks': below('GetAttTasks\\w{8}Arn\\w{8}', '/index/byDispatch'),
    'the evidence of tasks': below('GetAttTasks\\w{8}Arn\\w{8}', '/index/by(Quarantine|Replay)'),
    'the jti table': state('GetAttJtis\\w{8}Arn\\w{8}'),
    'the lookups table': state('GetAttLookups\\w{8}Arn\\w{8}'),
    'results/': below('GetAttPayloads\\w{8}Arn\\w{8}', '/results/\\*'),
    'quarantine/': below('GetAttPayloads\\w{8}Arn\\w{8}', '/quarantine/\\*'),
    'reveals/': below('GetAttPayloads\\w{8}Arn\\w{8}', '/reveals/\\*'),
    'uploads/': below('GetAttPayloads\\w{8}Arn\\w{8}', '/uploads/\\*'),
    'the payload bucket': state('GetAttPayloads\\w{8}Arn\\w{8}'),
    'the key of the data': state('GetAttTableKey\\w{8}Arn\\w{8}'),
    'the signing key': state('GetAttSigningKeysCurrent\\w{8}Arn\\w{8}'),
    'the key of the tokens of workflows': state('GetAttWorkflowTokenKey\\w{8}Arn\\w{8}'),
    'the code key': state('GetAttCodeKey\\w{8}Arn\\w{8}'),
    'the key of forms': '\\{"Fn::GetAtt":\\["FrontFormKey\\w{8}","Arn"\\]\\}',
    'the bus': '\\{"Fn::GetAtt":\\["BackgroundEvents\\w{8}","Arn"\\]\\}',
    'the rotation of signing keys':
      '"arn:aws:lambda:eu-west-1:123456789012:function:postern-test-rotate-signing-key:live"',
    'the background functions':
      '\\{"Fn::Join":\\["",\\[\\{"Fn::GetAtt":\\["Background\\w+","Arn"\\]\\},":live"\\]\\]\\}',
    'the queue of outcomes': '\\{"Fn::GetAtt":\\["BackgroundResumptionOutcomes\\w{8}","Arn"\\]\\}',
    'the queues of processors': '"arn:aws:sqs:eu-west-1:123456789012:postern-test-dispatch-\\*"',
    'the key of the queues': '\\{"Fn::GetAtt":\\["BackgroundDispatchingQueuesKey\\w{8}","Arn"\\]\\}',
    'the secret of the processor': '"arn:aws:secretsmanager:eu-west-1:123456789012:secret:postern/test/acme-\\?{6}"',
    'the dead letters': `\\{"Fn::GetAtt":\\["(${Object.values(DEAD_LETTERS).join('|')})\\w{8}","Arn"\\]\\}`,
  };
  return Object.entries(known).find(([, pattern]) => new RegExp(`^${pattern}$`).test(text))?.[0] ?? text;
};

/** Each index has its own resource. */
const DEAD_LETTERS: Partial<Record<FunctionName, string>> = {
  publish: 'BackgroundChangesDeadLetters',
  expire: 'BackgroundExpiryDeadLetters',
  'complete-upload': 'BackgroundArrivalsDeadLetters',
  'revoke-callbacks': 'BackgroundRevocationsDeadLetters',
  'queue-outcomes': 'BackgroundResumptionChangeDeadLetters',
  resume: 'BackgroundResumptionDeadLetters',
  dispatch: 'BackgroundDispatchingQueuesDeadLetters',
};
const isResuming = (name: string): boolean => (RESUMING_FUNCTIONS as readonly string[]).includes(name);
const isDispatching = (name: string): boolean => (DISPATCHING_FUNCTIONS as readonly string[]).includes(name);

/** What an environment does beside the work of every environment. */
type Kind = 'plain' | 'resuming' | 'dispatching';
/** Functions with a dead-letter queue. */
const deadLetterFunctions = (kind: Kind): readonly FunctionName[] =>
  (Object.keys(DEAD_LETTERS) as FunctionName[]).filter(
    (name) =>
      (!isResuming(name) && !isDispatching(name)) ||
      (kind === 'resuming' && isResuming(name)) ||
      (kind === 'dispatching' && isDispatching(name)),
  );

const THROUGH_DYNAMODB = ' through dynamodb.eu-west-1.amazonaws.com';
const THROUGH_SQS = ' through sqs.eu-west-1.amazonaws.com';
const THROUGH_S3 = ' through s3.eu-west-1.amazonaws.com';
const readTables = { [`the key of the data${THROUGH_DYNAMODB}`]: ['kms:Decrypt', 'kms:DescribeKey'] };
const writeTables = {
  [`the key of the data${THROUGH_DYNAMODB}`]: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey*',
    'kms:ReEncrypt*',
  ],
};
const putObjects = { [`the key of the data${THROUGH_S3}`]: ['kms:GenerateDataKey'] };
const readObjects = { [`the key of the data${THROUGH_S3}`]: ['kms:Decrypt'] };
const ownLog = { 'the log': ['logs:CreateLogStream', 'logs:PutLogEvents'] };

/** Short words for a condition. */
const conditionOf = (condition: unknown): string => {
  const text = JSON.stringify(condition ?? {});
  const [, service] = /^\{"StringEquals":\{"kms:ViaService":"([^"]+)"\}\}$/.exec(text) ?? [];
  const [, keys] = /^\{"ForAllValues:StringLike":\{"dynamodb:LeadingKeys":\["([^\]]+)"\]\}\}$/.exec(text) ?? [];
  const [, prefix] = /^\{"StringLike":\{"s3:prefix":"([^"]+)"\}\}$/.exec(text) ?? [];
  const [, attributes] =
    /^\{"StringEquals":\{"dynamodb:Select":"SPECIFIC_ATTRIBUTES"\},"ForAllValues:StringEquals":\{"dynamodb:Attributes":\["([^\]]+)"\]\}\}$/.exec(
      text,
    ) ?? [];
  const [, operation] = /^\{"ForAnyValue:StringEquals":\{"dynamodb:EnclosingOperation":"(\w+)"\}\}$/.exec(text) ?? [];
  const [, written, enclosing] =
    /^\{"ForAllValues:StringEquals":\{"dynamodb:Attributes":\["([^\]]+)"\]\},"ForAnyValue:StringEquals":\{"dynamodb:EnclosingOperation":"(\w+)"\}\}$/.exec(
      text,
    ) ?? [];
  const [, environment, purpose] =
    /^\{"StringEquals":\{"kms:EncryptionContext:environment":"(\w+)","kms:EncryptionContext:purpose":"([\w-]+)"\}\}$/.exec(
      text,
    ) ?? [];
  const [, of] =
    /^\{"StringEquals":\{"kms:EncryptionContext:environment":"(\w+)"\},"StringLike":\{"kms:EncryptionContext:taskId":"\?\*"\},"ForAllValues:StringEquals":\{"kms:EncryptionContextKeys":\["environment","taskId"\]\}\}$/.exec(
      text,
    ) ?? [];
  const [, updated] =
    /^\{"ForAllValues:StringEquals":\{"dynamodb:Attributes":\["([^\]]+)"\]\},"StringEqualsIfExists":\{"dynamodb:ReturnValues":\["NONE","UPDATED_OLD"\]\}\}$/.exec(
      text,
    ) ?? [];
  const isSilent = text === '{"StringEqualsIfExists":{"dynamodb:ReturnValues":["NONE"]}}';
  if (isSilent) return ' which returns nothing';
  const [, changed] = /^\{"ForAllValues:StringEquals":\{"dynamodb:Attributes":\["([^\]]+)"\]\}\}$/.exec(text) ?? [];
  if (changed !== undefined) return ` of only ${changed.replaceAll('","', ' ')}`;
  if (written !== undefined) return ` of only ${written.replaceAll('","', ' ')} in ${enclosing}`;
  if (updated !== undefined) return ` of only ${updated.replaceAll('","', ' ')}, which returns no other`;
  if (of !== undefined) return ` with the context of a task of ${of}`;
  if (environment !== undefined) return ` with the context ${environment} ${purpose}`;
  if (attributes !== undefined) return ` of only ${attributes.replaceAll('","', ' ')}`;
  if (operation !== undefined) return ` in ${operation}`;
  if (prefix !== undefined) return ` below ${prefix}`;
  if (service !== undefined) return ` through ${service}`;
  if (keys !== undefined) return ` for ${keys.replaceAll('","', ' ')}`;
  return text === '{}' ? '' : ` if ${text}`;
};

/** Permissions of statements: resource and condition → actions. */
const rightsOf = (statements: readonly Statement[]): Readonly<Record<string, readonly string[]>> => {
  const rights: Record<string, string[]> = {};
  for (const { Effect, Action, Condition, Resource } of statements) {
    expect(Effect).toBe('Allow');
    const resources = Array.isArray(Resource) ? Resource : [Resource];
    for (const one of resources) {
      const name = `${nameOf(one)}${conditionOf(Condition)}`;
      rights[name] = [...new Set([...(rights[name] ?? []), ...[Action].flat()])].sort();
    }
  }
  return rights;
};

/** Attributes of a task that describe it. */
const DESCRIPTION = [
  'taskId status processor resource owner metadata createdAt expiresAt deadline heartbeat heartbeatDeadline closedAt',
  'result failure progress resume dispatch queuedAt revokedAt history purgeAt application revision carrier callbacks revoked',
  'quarantine reopened reopenings journal replays lastReplay createdKey quarantinedKey replayedKey expiresIn reissuedAt payloadKey shard',
].join(' ');

/** Attributes of a signing key that verification needs: neither `id` nor `encryptedPrivateKey`. */
const PUBLIC_KEY = [
  'purpose generation kid alg publicJwk publishedAt signFrom signUntil verifyUntil retiredAt imported',
].join(' ');
const readPublicKeys = { [`the signing keys table of only ${PUBLIC_KEY}`]: ['dynamodb:Query'] };

/** Permissions of the functions that serve operators. */
const OPERATE = {
  ...ownLog,
  // No attribute with bytes: neither `payload` nor `kept#…`.
  [`the tasks table of only ${DESCRIPTION}`]: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
  'the tasks table in TransactWriteItems': ['dynamodb:UpdateItem'],
  'the lists of tasks': ['dynamodb:Query'],
  'the deadlines of tasks': ['dynamodb:Query'],
  'the evidence of tasks': ['dynamodb:Query'],
  'the dispatches of tasks': ['dynamodb:Query'],
  'the jti table': ['dynamodb:BatchGetItem'],
  'the audit table': ['dynamodb:PutItem', 'dynamodb:Query'],
  'the dead letters': ['sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
  'the lookups table for plan#* job#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
  'the lookups table for due#*': ['dynamodb:GetItem'],
  'the background functions': ['lambda:InvokeFunction'],
  ...readPublicKeys,
  'the signing keys table of only purpose generation retiredAt in TransactWriteItems': ['dynamodb:UpdateItem'],
  'the rotation of signing keys': ['lambda:InvokeFunction'],
  ...writeTables,
};

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:invoices';
const DURABLE_FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:invoices:*';
/** A workflow of another account. */
const ELSEWHERE = {
  arn: 'arn:aws:states:eu-west-1:210987654321:stateMachine:orders',
  roleArn: 'arn:aws:iam::210987654321:role/resume-orders',
  externalId: 'postern-test',
};

/** All permissions of each function, with resources and conditions. */
const RIGHTS: Readonly<Record<FunctionName, Readonly<Record<string, readonly string[]>>>> = {
  dispatch: {
    ...ownLog,
    // No attribute with the bytes of a payload.
    'the tasks table of only taskId application status processor resource owner carrier createdAt expiresAt deadline heartbeat heartbeatDeadline closedAt progress callbacks revokedAt revision journal shard queuedAt dispatchAt dispatch':
      ['dynamodb:GetItem'],
    'the tasks table which returns nothing': ['dynamodb:UpdateItem'],
    'the dispatches of tasks': ['dynamodb:Query'],
    'the lookups table for input#* breaker#*': ['dynamodb:GetItem'],
    'the lookups table for breaker#*': ['dynamodb:UpdateItem'],
    ...writeTables,
    // The only function beside `create-task` that signs.
    [`the signing keys table of only ${PUBLIC_KEY} id encryptedPrivateKey`]: ['dynamodb:Query'],
    'the key of the signing keys with the context test callback-token': ['kms:Decrypt'],
    'the secret of the processor': ['secretsmanager:GetSecretValue'],
    'the queues of processors': [
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
    ],
    [`the key of the queues${THROUGH_SQS}`]: ['kms:Decrypt', 'kms:GenerateDataKey'],
    'the dead letters': ['sqs:SendMessage'],
  },
  receive: {
    ...ownLog,
    'the tasks table': ['dynamodb:UpdateItem'],
    'the jti table': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'the lookups table for code#*': ['dynamodb:GetItem'],
    'results/': ['s3:PutObject'],
    'quarantine/': ['s3:PutObject'],
    'uploads/': ['s3:PutObject'],
    ...writeTables,
    ...putObjects,
    ...readPublicKeys,
  },
  'create-task': {
    ...ownLog,
    'the tasks table': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    'the counted pending tasks': ['dynamodb:Query'],
    'the lookups table for code#* idempotency#* supersedes#*': ['dynamodb:PutItem'],
    'the lookups table for idempotency#* supersedes#*': ['dynamodb:GetItem'],
    'the lookups table for supersedes#*': ['dynamodb:UpdateItem'],
    ...writeTables,
    // The only function beside `dispatch` that reads private keys, and that decrypts them.
    [`the signing keys table of only ${PUBLIC_KEY} id encryptedPrivateKey`]: ['dynamodb:Query'],
    'the key of the signing keys with the context test callback-token': ['kms:Decrypt'],
    'the code key': ['kms:GenerateMac'],
  },
  tasks: {
    ...ownLog,
    'the tasks table': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'the lists of tasks': ['dynamodb:Query'],
    'results/': ['s3:GetObject'],
    'quarantine/': ['s3:GetObject'],
    'uploads/': ['s3:GetObject'],
    ...writeTables,
    ...readObjects,
  },
  metadata: { ...ownLog, ...readPublicKeys, ...readTables },
  // As the operator API: it reads no attribute with bytes, and no object of the payload bucket.
  console: {
    ...OPERATE,
    'the key of forms': ['kms:GenerateMac'],
    '"*"': ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'],
  },
  handshake: {
    ...ownLog,
    'the lookups table for handshake#* accepted#*': ['dynamodb:PutItem'],
    'the lookups table for handshake#*': ['dynamodb:DeleteItem'],
    ...writeTables,
  },
  // IAM knows no resource for metrics and alarms.
  'operator-api': { ...OPERATE, '"*"': ['cloudwatch:GetMetricData'] },
  // The only function that reads the bytes of payloads for operators, and the only one with access to `reveals/`.
  'reveal-payload': {
    ...ownLog,
    'the tasks table': ['dynamodb:GetItem'],
    'the audit table': ['dynamodb:PutItem'],
    'results/': ['s3:GetObject'],
    'quarantine/': ['s3:GetObject'],
    'uploads/': ['s3:GetObject'],
    'reveals/': ['s3:GetObject', 's3:PutObject'],
    'the key of forms': ['kms:GenerateMac'],
    ...writeTables,
    [`the key of the data${THROUGH_S3}`]: ['kms:Decrypt', 'kms:GenerateDataKey'],
  },
  publish: {
    ...ownLog,
    'the stream of tasks': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    'the stream of the audit': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    '"*"': ['dynamodb:ListStreams'],
    ...readTables,
    'the bus': ['events:PutEvents'],
    'the dead letters': ['sqs:SendMessage'],
  },
  expire: {
    ...ownLog,
    'the tasks table': ['dynamodb:UpdateItem'],
    'the deadlines of tasks': ['dynamodb:Query'],
    'the tasks table of only taskId status deadline heartbeatDeadline': ['dynamodb:BatchGetItem'],
    'the lookups table for due#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    ...writeTables,
    'the dead letters': ['sqs:SendMessage'],
  },
  'complete-upload': {
    ...ownLog,
    'the tasks table': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    'uploads/': ['s3:DeleteObjectVersion', 's3:GetObject'],
    // Makes S3 answer HEAD of a deleted upload with 404 instead of 403.
    'the payload bucket below uploads/*': ['s3:ListBucket'],
    ...writeTables,
    ...readObjects,
    'the dead letters': ['sqs:SendMessage'],
  },
  'revoke-callbacks': {
    ...ownLog,
    'the tasks table': ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
    'the lookups table for plan#* job#*': ['dynamodb:GetItem'],
    'the lookups table for job#*': ['dynamodb:UpdateItem'],
    'the audit table': ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
    ...writeTables,
    'the dead letters': ['sqs:SendMessage'],
  },
  redrive: {
    ...ownLog,
    'the dead letters': ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
    'the background functions': ['lambda:InvokeFunction'],
    'the tasks table': ['dynamodb:GetItem'],
    'the stream of tasks': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    'the stream of the audit': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    ...readTables,
  },
  'queue-outcomes': {
    ...ownLog,
    'the stream of tasks': ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    '"*"': ['dynamodb:ListStreams'],
    ...readTables,
    'the queue of outcomes': ['sqs:SendMessage'],
    'the dead letters': ['sqs:SendMessage'],
  },
  // The only function that decrypts tokens of workflows.
  resume: {
    ...ownLog,
    'the tasks table of only taskId application status processor deadline heartbeat heartbeatDeadline closedAt result failure payload payloadKey resume resumeToken dispatch':
      ['dynamodb:GetItem'],
    'the tasks table of only taskId status closedAt resume resumeToken change changedAt sequence, which returns no other':
      ['dynamodb:UpdateItem'],
    'the lookups table for heartbeat#*': ['dynamodb:PutItem'],
    ...writeTables,
    'results/': ['s3:GetObject'],
    'quarantine/': ['s3:GetObject'],
    'the payload bucket below results/*': ['s3:ListBucket'],
    'the payload bucket below quarantine/*': ['s3:ListBucket'],
    ...readObjects,
    'the key of the tokens of workflows with the context of a task of test': ['kms:Decrypt'],
    'the queue of outcomes': [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
    ],
    'the dead letters': ['sqs:SendMessage'],
    [JSON.stringify(MACHINE)]: ['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'],
    [JSON.stringify(DURABLE_FUNCTION)]: [
      'lambda:SendDurableExecutionCallbackFailure',
      'lambda:SendDurableExecutionCallbackHeartbeat',
      'lambda:SendDurableExecutionCallbackSuccess',
    ],
    [JSON.stringify(ELSEWHERE.roleArn)]: ['sts:AssumeRole'],
  },
  // It makes private keys, and can neither read nor decrypt one.
  'rotate-signing-key': {
    ...ownLog,
    [`the signing keys table of only ${PUBLIC_KEY} id`]: ['dynamodb:Query'],
    'the signing keys table': ['dynamodb:PutItem'],
    'the signing keys table of only purpose generation signUntil verifyUntil expiresAt id encryptedPrivateKey': [
      'dynamodb:UpdateItem',
    ],
    'the key of the signing keys with the context test callback-token': ['kms:GenerateDataKeyPairWithoutPlaintext'],
    ...writeTables,
  },
};

const ALL_FUNCTIONS = Object.keys(ENVIRONMENT_VARIABLES) as FunctionName[];
/** Functions of every environment. */
const FUNCTIONS = ALL_FUNCTIONS.filter((name) => !isResuming(name) && !isDispatching(name));

const ROTATING = { signing: { kind: 'rotating' } } as const;
const RESUMING = {
  applications: {
    invoices: { clients: ['invoices-backend'], resumes: [MACHINE, DURABLE_FUNCTION] },
    orders: { clients: ['orders-backend'], resumes: [MACHINE, ELSEWHERE] },
  },
};
const WITH_SHORT_CODES = {
  processors: {
    'acme-ocr': aDispatchedProcessor({ carriers: ['short'], dispatch: aDispatch({ body: BODY_WITHOUT_TOKEN }) }),
  },
};
const KEY_IN_KMS = { signingKeys: { first: { use: 'previous' } } } as const;

const it = base
  .extend('templates', { scope: 'file' }, () => synthesize(anAwsEnvironment(ROTATING)))
  .extend('inKms', { scope: 'file' }, () => synthesize(anAwsEnvironment({ signing: { kind: 'kms' } })))
  .extend('resuming', { scope: 'file' }, () => synthesize(anAwsEnvironment({ ...ROTATING, ...RESUMING })))
  .extend('dispatching', { scope: 'file' }, () => synthesize(aDispatchingEnvironment(ROTATING)))
  .extend('dispatchingCodes', { scope: 'file' }, () =>
    synthesize(aDispatchingEnvironment({ ...ROTATING, ...WITH_SHORT_CODES })),
  )
  .extend('dispatchingInKms', { scope: 'file' }, () =>
    synthesize(aDispatchingEnvironment({ signing: { kind: 'kms' } })),
  )
  .extend('oneTime', { scope: 'file' }, () =>
    synthesize(anAwsEnvironment({ ...ROTATING, ...KEY_IN_KMS, accessToken: { uses: 'one-time' } })),
  )
  .extend(
    'statementsOf',
    ({ templates }) =>
      (name: FunctionName, { gateway, state } = templates): readonly Statement[] =>
        [gateway, state]
          .flatMap((stack) => Object.entries(resourcesOf(stack, 'AWS::IAM::Policy')))
          .filter(([id]) => id.startsWith(`${CONSTRUCTS[name]}Role`))
          .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement),
  );

describe('O4 least privilege', () => {
  it.for(FUNCTIONS)('%s has exactly these permissions', (name, { statementsOf }) => {
    expect(rightsOf(statementsOf(name))).toEqual(RIGHTS[name]);
  });

  it.for(FUNCTIONS)(
    '%s may also store one-time access tokens if it accepts access tokens',
    (name, { oneTime, statementsOf }) => {
      // The receiver accepts access tokens only from processors; see below.
      const takesAccessTokens = name !== 'receive' && 'ACCESS_TOKEN_USES' in ENVIRONMENT_VARIABLES[name];
      expect(rightsOf(statementsOf(name, oneTime))).toEqual({
        ...RIGHTS[name],
        ...(name === 'rotate-signing-key' && { 'the signing key': ['kms:GetPublicKey'] }),
        ...(takesAccessTokens && { 'the lookups table for access#*': ['dynamodb:PutItem'], ...writeTables }),
      });
    },
  );

  it('receive may also store them for private_key_jwt, in the same table as the sender API', ({ statementsOf }) => {
    const proof = { kind: 'private_key_jwt' as const, clientId: 'acme' };
    const processors = { 'acme-ocr': { carriers: ['header'] as const, contentTypes: ['application/json'], proof } };
    const templates = (uses: 'many' | 'one-time') =>
      synthesize(anAwsEnvironment({ ...ROTATING, processors, accessToken: { uses } }));
    expect(rightsOf(statementsOf('receive', templates('one-time')))).toEqual({
      ...RIGHTS.receive,
      'the lookups table for access#*': ['dynamodb:UpdateItem'],
    });
    expect(rightsOf(statementsOf('receive', templates('many')))).toEqual(RIGHTS.receive);
  });

  it.for(RESUMING_FUNCTIONS)('R1 %s has exactly these permissions', (name, { resuming, statementsOf }) => {
    expect(rightsOf(statementsOf(name, resuming))).toEqual(RIGHTS[name]);
    expect(statementsOf(name)).toEqual([]);
  });

  it('S1 dispatch has exactly these permissions', ({ dispatching, statementsOf }) => {
    expect(rightsOf(statementsOf('dispatch', dispatching))).toEqual(RIGHTS.dispatch);
    expect(statementsOf('dispatch')).toEqual([]);
  });

  it('S1 revoke-callbacks may also keep inputs where work is sent, so that jobs send it again', ({
    dispatching,
    statementsOf,
  }) => {
    expect(rightsOf(statementsOf('revoke-callbacks', dispatching))).toEqual({
      ...RIGHTS['revoke-callbacks'],
      'the lookups table for input#*': ['dynamodb:UpdateItem'],
    });
  });

  it('S1 dispatch may also derive short codes and store them if its processor uses them', ({
    dispatchingCodes,
    statementsOf,
  }) => {
    expect(rightsOf(statementsOf('dispatch', dispatchingCodes))).toEqual({
      ...RIGHTS.dispatch,
      'the code key': ['kms:GenerateMac'],
      'the lookups table for code#*': ['dynamodb:PutItem'],
    });
  });

  it('S1 dispatch signs with the key in KMS if the environment does', ({ dispatchingInKms, statementsOf }) => {
    const ofRotation = (right: string) => /key of the signing keys|encryptedPrivateKey/.test(right);
    const rights = Object.entries(RIGHTS.dispatch).filter(([right]) => !ofRotation(right));
    expect(rightsOf(statementsOf('dispatch', dispatchingInKms))).toEqual({
      ...Object.fromEntries(rights),
      'the signing key': ['kms:GetPublicKey', 'kms:Sign'],
    });
  });

  it('S1 dispatch reads exactly the secrets of its processors, each by its name', ({ statementsOf }) => {
    const dispatch = aDispatch({
      headers: { 'X-Client': '{{application}}', 'X-Api-Key': { secret: 'acme/key', format: '{}' } },
      auth: {
        kind: 'client_credentials',
        tokenEndpoint: 'https://login.acme.example/token',
        clientId: 'postern',
        secretName: 'acme/client',
      },
      sign: { kind: 'standard_webhooks', secretName: 'acme/webhook' },
    });
    const processors = { 'acme-ocr': aDispatchedProcessor({ dispatch }) };
    const templates = synthesize(aDispatchingEnvironment({ ...ROTATING, processors }));
    const rights = Object.entries(rightsOf(statementsOf('dispatch', templates)));
    const secrets = rights.filter(([, actions]) => actions.includes('secretsmanager:GetSecretValue'));
    expect(secrets.map(([resource]) => /secret:([^"]+)"/.exec(resource)?.[1])).toEqual([
      'acme/client-??????',
      'acme/key-??????',
      'acme/webhook-??????',
    ]);
    for (const [, actions] of secrets) expect(actions).toEqual(['secretsmanager:GetSecretValue']);
  });

  it('S1 queue-outcomes has exactly these permissions if the environment sends work', ({
    dispatching,
    statementsOf,
  }) => {
    const { 'the queue of outcomes': _outcomes, ...rights } = RIGHTS['queue-outcomes'];
    expect(rightsOf(statementsOf('queue-outcomes', dispatching))).toEqual({
      ...rights,
      'the queues of processors': ['sqs:SendMessage'],
      [`the key of the queues${THROUGH_SQS}`]: ['kms:Decrypt', 'kms:GenerateDataKey'],
      'the lookups table for input#*': ['dynamodb:DeleteItem'],
      ...writeTables,
    });
  });

  it('S1 create-task may also store and read inputs if the environment sends work', ({ dispatching, statementsOf }) => {
    expect(rightsOf(statementsOf('create-task', dispatching))).toEqual({
      ...RIGHTS['create-task'],
      'the lookups table for input#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    });
  });

  it.for(['operator-api', 'console'] as const)(
    'S1 %s may also pause processors and keep inputs if the environment sends work',
    (name, { dispatching, statementsOf }) => {
      expect(rightsOf(statementsOf(name, dispatching))).toEqual({
        ...RIGHTS[name],
        'the lookups table for breaker#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        'the lookups table for input#*': ['dynamodb:UpdateItem'],
        [`the key of the queues${THROUGH_SQS}`]: ['kms:Decrypt'],
      });
    },
  );

  it('S1 redrive may also decrypt dead letters of dispatches', ({ dispatching, statementsOf }) => {
    expect(rightsOf(statementsOf('redrive', dispatching))).toEqual({
      ...RIGHTS.redrive,
      [`the key of the queues${THROUGH_SQS}`]: ['kms:Decrypt'],
    });
  });

  it('R2 create-task may also encrypt the tokens of workflows if an application resumes one', ({
    resuming,
    statementsOf,
  }) => {
    expect(rightsOf(statementsOf('create-task', resuming))).toEqual({
      ...RIGHTS['create-task'],
      'the key of the tokens of workflows with the context of a task of test': ['kms:Encrypt'],
    });
  });

  it('receive may also invoke the live handshake function if a processor uses the proof', ({ statementsOf }) => {
    const processor = { carriers: ['header'] as const, contentTypes: ['application/json'] };
    const proof = { kind: 'webhook' as const, origins: ['https://callbacks.acme.example'] };
    const templates = synthesize(anAwsEnvironment({ processors: { 'acme-ocr': { ...processor, proof } } }));
    const calls = statementsOf('receive', templates).filter(({ Action }) => Action === 'lambda:InvokeFunction');
    expect(calls.map(({ Resource }) => JSON.stringify(Resource))).toEqual([
      expect.stringMatching(/^\{"Fn::Join":\["",\[\{"Fn::GetAtt":\["FrontHandshake\w{8}","Arn"\]\},":live"\]\]\}$/),
    ]);
  });

  it('receive may also read the processors’ signing secrets, each by its name', ({ statementsOf }) => {
    const proof = (secretName: string) => ({ kind: 'standard_webhooks' as const, secretName });
    const processor = { carriers: ['header'] as const, contentTypes: ['application/json'] };
    const templates = synthesize(
      anAwsEnvironment({
        processors: {
          'one-ocr': { ...processor, proof: proof('acme/one') },
          'two-ocr': { ...processor, proof: proof('acme/two') },
          'three-ocr': { ...processor, proof: proof('acme/two') },
        },
      }),
    );
    const rights = rightsOf(statementsOf('receive', templates));
    const secrets = Object.entries(rights).filter(([, actions]) => actions.includes('secretsmanager:GetSecretValue'));
    expect(secrets.map(([resource]) => /secret:([^"]+)"/.exec(resource)?.[1])).toEqual([
      'acme/one-??????',
      'acme/two-??????',
    ]);
    for (const [, actions] of secrets) expect(actions).toEqual(['secretsmanager:GetSecretValue']);
  });

  it.for(Object.entries(DEAD_LETTERS))(
    '%s sends dead letters to its own queue',
    ([name, queue], { dispatching, resuming, statementsOf }) => {
      const templates = name === 'dispatch' ? dispatching : resuming;
      const resources = statementsOf(name as FunctionName, templates).map(({ Resource }) => JSON.stringify(Resource));
      const queues = resources.flatMap((resource) => [JSON.parse(resource)].flat().map((one) => JSON.stringify(one)));
      expect(queues.filter((one) => nameOf(JSON.parse(one)) === 'the dead letters')).toEqual([
        expect.stringContaining(`"${queue}`),
      ]);
    },
  );

  it.for([
    ['operator-api', 'plain'],
    ['console', 'plain'],
    ['operator-api', 'resuming'],
    ['console', 'resuming'],
    ['operator-api', 'dispatching'],
    ['console', 'dispatching'],
  ] as const)(
    '%s looks at every dead-letter queue, and calls two or three functions; environment: %s',
    ([name, kind], { dispatching, resuming, statementsOf, templates }) => {
      const statements = statementsOf(name, { plain: templates, resuming, dispatching }[kind]);
      const resources = statements.flatMap(({ Resource }) => [Resource].flat());
      const having = (name: string) => resources.filter((resource) => nameOf(resource) === name);
      expect(having('the dead letters')).toHaveLength(deadLetterFunctions(kind).length);
      const calls = having('the background functions').map((resource) => JSON.stringify(resource));
      const called = [
        ...(kind === 'dispatching' ? [CONSTRUCTS.dispatch] : []),
        CONSTRUCTS.redrive,
        CONSTRUCTS['revoke-callbacks'],
      ];
      expect(calls.sort()).toEqual(called.map((construct) => expect.stringContaining(`"${construct}`)));
    },
  );

  it.for(['plain', 'resuming', 'dispatching'] as const)(
    'redrive processes every dead-letter queue, and calls their functions; environment: %s',
    (kind, { dispatching, resuming, statementsOf, templates }) => {
      const statements = statementsOf('redrive', { plain: templates, resuming, dispatching }[kind]);
      const text = statements.flatMap(({ Resource }) => [Resource].flat()).map((resource) => JSON.stringify(resource));
      const having = (name: string) => text.filter((resource) => nameOf(JSON.parse(resource)) === name).sort();
      const functions = deadLetterFunctions(kind);
      expect(having('the dead letters')).toEqual(
        functions
          .map((name) => String(DEAD_LETTERS[name]))
          .sort()
          .map((queue) => expect.stringContaining(`"${queue}`)),
      );
      expect(having('the background functions')).toHaveLength(functions.length);
      for (const name of functions) expect(text.join()).toContain(`"${CONSTRUCTS[name]}`);
    },
  );

  it('gives no function a managed policy', ({ templates }) => {
    for (const [id, { Properties }] of Object.entries(resourcesOf(templates.gateway, 'AWS::IAM::Role'))) {
      if (id.startsWith('Custom')) continue;
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(Properties).not.toHaveProperty('Policies');
    }
  });

  it.for(['receive', 'metadata', 'create-task', 'operator-api', 'console'] as const)(
    '%s has permissions for the key in KMS if it signs',
    (name, { inKms, statementsOf }) => {
      const ofRotation = (right: string) => /rotation|key of the signing keys|encryptedPrivateKey/.test(right);
      const rights = Object.entries(RIGHTS[name]).filter(([right]) => !ofRotation(right));
      expect(rightsOf(statementsOf(name, inKms))).toEqual({
        ...Object.fromEntries(rights),
        'the signing key': ['kms:GetPublicKey', ...(name === 'create-task' ? ['kms:Sign'] : [])],
      });
    },
  );

  it.for(ALL_FUNCTIONS)(
    '%s may do exactly what its code calls',
    async (name, { dispatchingCodes, dispatchingInKms, inKms, oneTime, resuming, statementsOf }) => {
      const may = [oneTime, inKms, resuming, dispatchingCodes, dispatchingInKms]
        .flatMap((templates) => statementsOf(name, templates))
        .filter(({ Resource }) => !byLambdaItself(name).includes(nameOf([Resource].flat()[0])))
        .flatMap(({ Action }) => Action)
        .filter((action) => !(QUEUE_READERS.includes(name) && OF_QUEUE_MAPPINGS.includes(action)));
      expect([...new Set(may)].sort()).toEqual([...new Set(await actionsCalledBy(name))].sort());
    },
  );
});

/** Resources that the services around a function use, never its code. */
const byLambdaItself = (name: FunctionName): readonly string[] => [
  'the log',
  'the key of the data',
  'the key of the queues',
  // The mapping of a stream reads it for the function.
  ...(name === 'publish' || name === 'queue-outcomes' ? ['the stream of tasks', 'the stream of the audit', '"*"'] : []),
  // Lambda sends failed calls of these functions.
  ...(name !== 'publish' && !isResuming(name) && Object.hasOwn(DEAD_LETTERS, name) ? ['the dead letters'] : []),
];

/** Actions of the mapping of a queue, with the role of its function. */
const QUEUE_READERS: readonly FunctionName[] = ['resume', 'dispatch'];
const OF_QUEUE_MAPPINGS: readonly string[] = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

const ACTIONS: Readonly<Record<string, (source: string) => readonly string[]>> = {
  GetItem: () => ['dynamodb:GetItem'],
  PutItem: () => ['dynamodb:PutItem'],
  UpdateItem: () => ['dynamodb:UpdateItem'],
  DeleteItem: () => ['dynamodb:DeleteItem'],
  // Permissions of a transaction are those of its items.
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
  TransactWriteItems: (source) =>
    [
      ['Update', 'dynamodb:UpdateItem'],
      ['Put', 'dynamodb:PutItem'],
      ['Delete', 'dynamodb:DeleteItem'],
      ['ConditionCheck', 'dynamodb:ConditionCheckItem'],
    ].flatMap(([member, action]) => (new RegExp(`^\\s*${member}: \\{`, 'm').test(source) ? [action as string] : [])),
  GetSecretValue: () => ['secretsmanager:GetSecretValue'],
  Sign: () => ['kms:Sign'],
  GetPublicKey: () => ['kms:GetPublicKey'],
  Decrypt: () => ['kms:Decrypt'],
  Encrypt: () => ['kms:Encrypt'],
  GenerateDataKeyPairWithoutPlaintext: () => ['kms:GenerateDataKeyPairWithoutPlaintext'],
  GenerateMac: () => ['kms:GenerateMac'],
  GetMetricData: () => ['cloudwatch:GetMetricData'],
  DescribeAlarms: () => ['cloudwatch:DescribeAlarms'],
  PutEvents: () => ['events:PutEvents'],
  SendMessage: () => ['sqs:SendMessage'],
  SendMessageBatch: () => ['sqs:SendMessage'],
  SendTaskFailure: () => ['states:SendTaskFailure'],
  SendTaskHeartbeat: () => ['states:SendTaskHeartbeat'],
  SendTaskSuccess: () => ['states:SendTaskSuccess'],
  SendDurableExecutionCallbackFailure: () => ['lambda:SendDurableExecutionCallbackFailure'],
  SendDurableExecutionCallbackHeartbeat: () => ['lambda:SendDurableExecutionCallbackHeartbeat'],
  SendDurableExecutionCallbackSuccess: () => ['lambda:SendDurableExecutionCallbackSuccess'],
  AssumeRole: () => ['sts:AssumeRole'],
  ReceiveMessage: () => ['sqs:ReceiveMessage'],
  DeleteMessage: () => ['sqs:DeleteMessage'],
  ChangeMessageVisibility: () => ['sqs:ChangeMessageVisibility'],
  GetQueueAttributes: () => ['sqs:GetQueueAttributes'],
  Invoke: () => ['lambda:InvokeFunction'],
  DescribeStream: () => ['dynamodb:DescribeStream'],
  GetShardIterator: () => ['dynamodb:GetShardIterator'],
  GetRecords: () => ['dynamodb:GetRecords'],
  Query: () => ['dynamodb:Query'],
  BatchGetItem: () => ['dynamodb:BatchGetItem'],
  PutObject: () => ['s3:PutObject'],
  // The second action is needed for the answer 404, by code that expects it.
  GetObject: (source) => (source.includes('NoSuchKey') ? ['s3:GetObject', 's3:ListBucket'] : ['s3:GetObject']),
  // The code always names a version.
  DeleteObject: () => ['s3:DeleteObjectVersion'],
  // The second action is needed for the answer 404.
  HeadObject: () => ['s3:GetObject', 's3:ListBucket'],
};

/** This file names the calls that other files make with it. */
const SDK_ADAPTER = 'lambda/shared/aws/dynamodb-sdk.ts';

/** Files that are in every function's package. */
const BESIDE: Partial<Record<FunctionName, readonly string[]>> = { receive: [PAYLOAD_BUCKET_ENTRY] };

/** Actions of every AWS call in the sources of a function's bundle. */
const actionsCalledBy = async (name: FunctionName): Promise<readonly string[]> => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`lambda/functions/${name}/handler.ts`, ...(BESIDE[name] ?? [])],
    outdir: 'nowhere',
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
  });
  const sources = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && path !== SDK_ADAPTER);
  const texts = sources.map(([path]) => ({ path, source: readFileSync(`${root}${path}`, 'utf8') }));
  // The file with the items of a transaction may be another one than the file that sends it.
  const everything = texts.map(({ source }) => source).join('\n');
  const actions = texts.flatMap(({ path, source }) => {
    return [...source.matchAll(/new (\w+)Command\(|\b(?:call|dynamodb)\('(\w+)'/g)].flatMap((match) => {
      const command = match[1] ?? match[2] ?? '';
      const toActions = ACTIONS[command];
      if (toActions === undefined) throw new Error(`${path} calls ${command}; say in ACTIONS what allows it.`);
      return toActions(everything);
    });
  });
  return [...new Set(actions)].sort();
};
