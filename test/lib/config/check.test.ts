import { Duration, Lazy, Size } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  AUTH0,
  AWS_IAM,
  COGNITO,
  ENTRA_ID,
  KEYCLOAK,
  OKTA,
  RFC_9068,
} from '../../../lambda/contract/access-token-profile.ts';
import { checkDistinct, checkDistinctInApp, checkNames } from '../../../lib/config/distinct.ts';
import type { EnvironmentInput } from '../../../lib/config/environment.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { defaultStackNames } from '../../../lib/stack-names.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../../support/environments.ts';

const problemsOf = (input: EnvironmentInput, name = input.runsOn === 'aws' ? 'test' : 'local') => {
  try {
    readEnvironment(name, input);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.errors;
    throw error;
  }
  return [];
};

const aProcessor = (overrides: Record<string, unknown>, id = 'acme-ocr') =>
  anAwsEnvironment({
    processors: { [id]: { carriers: ['header'], contentTypes: ['application/json'], ...overrides } },
  });

const withLogs = (loadBalancerLogRetention: Duration) => anAwsEnvironment({ loadBalancerLogRetention });

/** Ids of different accounts. */
const accounts = (count: number) => Array.from({ length: count }, (_, i) => String(222_222_222_200 + i));

/** ARNs of roles with a total length, a multiple of 50. */
const dataOperators = (characters: number) =>
  Array.from({ length: characters / 50 }, (_, i) => `arn:aws:iam::123456789012:role/${String(i).padStart(19, 'x')}`);

const IN_KMS = { signing: { kind: 'kms' } };

describe('an environment that is right', () => {
  it('is taken, on AWS and on one machine', () => {
    expect(problemsOf(anAwsEnvironment())).toEqual([]);
    expect(problemsOf(aLocalEnvironment())).toEqual([]);
  });

  it('gets its defaults', () => {
    const environment = readEnvironment('test', anAwsEnvironment());
    expect(environment).toMatchObject({
      name: 'test',
      origin: 'https://callbacks.example.com',
      host: 'callbacks.example.com',
      shield: 'standard',
      ownerClaim: false,
      loadBalancerPublicKeysUrl: 'https://public-keys.auth.elb.eu-west-1.amazonaws.com',
    });
    expect(environment.accessTokenMaxLifetime.toSeconds()).toBe(3600);
    expect(environment.retention.toDays()).toBe(30);
    expect(environment.registry).toEqual({
      'acme-ocr': {
        id: 'acme-ocr',
        carriers: ['path'],
        proof: { kind: 'none' },
        encrypted: false,
        allowEmptyResult: false,
        checkJson: true,
        contentTypes: ['application/json'],
        maxExpiresIn: 604_800,
        replayMode: 'acknowledge',
        progressUses: 1_000,
        uploadUses: 3,
      },
    });
    expect(environment.signingKeys).toEqual({});
    expect(environment).toMatchObject({
      signing: { kind: 'rotating', algorithm: 'ES256' },
      accessToken: { profile: RFC_9068, audienceForm: 'text', uses: 'many' },
      abbreviations: false,
      quarantineLimit: 5,
      toleratedExpiries: 10,
      toleratedRefusals: 100,
      toleratedBlocks: 10,
      toleratedServerErrors: 5,
      rateLimits: { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 },
      antiDdos: false,
      indexShards: 16,
      reservedConcurrency: { handshake: 20 },
      dataOperators: [],
      eventRuleAccounts: [],
      deploymentPace: 'canary-10-percent-5-minutes',
      deploymentWave: 1,
      tracing: false,
    });
    expect(environment.tableThroughput).toBeUndefined();
    expect(environment.inlineLimit.toBytes()).toBe(4_096);
  });

  it('is taken with what an environment may switch', () => {
    for (const input of [
      anAwsEnvironment({ quarantineLimit: 0, inlineLimit: Size.bytes(0), toleratedExpiries: 0, abbreviations: true }),
      anAwsEnvironment({ toleratedRefusals: 0, reservedConcurrency: { metadata: 1, console: 1_000 } }),
      anAwsEnvironment({
        reservedConcurrency: {
          receive: 50,
          'create-task': 50,
          tasks: 1_000,
          publish: 1,
          expire: 1,
          handshake: 'unreserved',
        },
      }),
      anAwsEnvironment({ indexShards: 17 }),
      anAwsEnvironment({ indexShards: 256 }),
      anAwsEnvironment({ quarantineLimit: 20, inlineLimit: Size.kibibytes(13) }),
      anAwsEnvironment({ quarantineLimit: 0, inlineLimit: Size.bytes(61_440) }),
      anAwsEnvironment({ accessToken: { uses: 'one-time' } }),
      heardBy({}),
      anAwsEnvironment({ alarmTopicArn: undefined }),
      anAwsEnvironment({ toleratedBlocks: 0, toleratedServerErrors: 0, toleratedLatency: Duration.millis(100) }),
      anAwsEnvironment({ toleratedLatency: Duration.seconds(15), toleratedPublishDelay: Duration.hours(12) }),
      anAwsEnvironment({ toleratedPublishDelay: Duration.minutes(1), toleratedResumeDelay: Duration.hours(12) }),
      anAwsEnvironment({ toleratedResumeDelay: Duration.minutes(1) }),
      anAwsEnvironment({ toleratedDispatchDelay: Duration.minutes(1) }),
      anAwsEnvironment({ toleratedDispatchDelay: Duration.hours(12) }),
      anAwsEnvironment({ tableThroughput: { readUnits: 1, writeUnits: 40_000 }, dataOperators: [] }),
      anAwsEnvironment({ warmThroughput: { readUnits: 12_000, writeUnits: 4_000 } }),
      anAwsEnvironment({ warmThroughput: { readUnits: 40_000, writeUnits: 40_000 } }),
      anAwsEnvironment({ dataOperators: ['arn:aws:iam::123456789012:role/Support'] }),
      anAwsEnvironment({ dataOperators: dataOperators(8_000) }),
      anAwsEnvironment({ deploymentPace: 'all-at-once', tracing: true }),
      anAwsEnvironment({ eventRuleAccounts: accounts(10) }),
      anAwsEnvironment({ dataOperators: ['arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Support_*'] }),
    ]) {
      expect(problemsOf(input)).toEqual([]);
    }
  });

  it.each([
    ['RFC_9068', RFC_9068],
    ['OKTA', OKTA],
    ['AUTH0', AUTH0],
    ['KEYCLOAK', KEYCLOAK],
    ['COGNITO', { ...COGNITO, audience: { claim: 'client_id', accepted: ['a', 'b'] }, scopePrefix: 'https://x/' }],
    ['ENTRA_ID', { ...ENTRA_ID, audience: { claim: 'aud', accepted: ['11111111-2222-3333-4444-555555555555'] } }],
    ['AWS_IAM', AWS_IAM],
  ])('is taken with the ready profile %s', (_name, profile) => {
    expect(problemsOf(anAwsEnvironment({ accessToken: { profile } }))).toEqual([]);
    expect(readEnvironment('test', anAwsEnvironment({ accessToken: { profile } })).accessToken).toEqual({
      profile,
      audienceForm: 'text',
      uses: 'many',
    });
  });

  it('has the tokens of senders from the identity provider, unless it names another issuer', () => {
    const accessToken = { profile: KEYCLOAK, audienceForm: 'list' };
    const { issuer, jwksUri } = anAwsEnvironment().identityProvider;
    expect(readEnvironment('test', anAwsEnvironment({ accessToken })).senderAccessToken).toEqual({
      issuer,
      jwksUri,
      ...accessToken,
    });
    expect(readEnvironment('test', fromAws({}, { accessToken })).senderAccessToken).toEqual({
      ...AWS_ISSUER,
      audienceForm: 'text',
    });
    expect(readEnvironment('test', fromAws({ profile: undefined })).senderAccessToken?.profile).toEqual(RFC_9068);
    const senderAccessToken = { issuer: 'http://127.0.0.1:8083', jwksUri: 'http://127.0.0.1:8083/jwks' };
    expect(readEnvironment('local', aLocalEnvironment({ senderAccessToken })).senderAccessToken).toMatchObject(
      senderAccessToken,
    );
  });

  it('may hand on what only the deployment knows', () => {
    const later = Lazy.string({ produce: () => 'later' });
    expect(
      problemsOf(
        anAwsEnvironment({
          certificateArn: later,
          alarmTopicArn: later,
          consoleClient: { clientId: later, secretName: later },
        }),
      ),
    ).toEqual([]);
  });
});

const AWS_ISSUER = {
  issuer: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
  jwksUri: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws/.well-known/jwks.json',
  profile: AWS_IAM,
};

/** An environment whose senders have tokens of AWS. */
const fromAws = (changes: Readonly<Record<string, unknown>>, others: Readonly<Record<string, unknown>> = {}) =>
  anAwsEnvironment({ senderAccessToken: { ...AWS_ISSUER, ...changes }, ...others });

const SUBSCRIBERS = { pages: ['https://pager.example.com/x', 'a@example.com'], tickets: ['a@example.com'] };

/** An environment whose alarms go to subscribers. */
const heardBy = (overrides: Readonly<Record<string, unknown>>) =>
  anAwsEnvironment({ alarmTopicArn: undefined, alarmSubscribers: { ...SUBSCRIBERS, ...overrides } });

describe('an environment that is wrong', () => {
  const certificate = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/1`;
  const provider = (changes: Record<string, unknown>) => ({
    identityProvider: { ...anAwsEnvironment().identityProvider, ...changes },
  });
  const zone = { id: 'Z1234567890', name: 'example.com' };

  it.each<[string, string, EnvironmentInput]>([
    ['an account that is too short', 'account', anAwsEnvironment({ account: '12345678901' })],
    ['an account that is a number', 'account', anAwsEnvironment({ account: 123456789012 })],
    ['an account that is known later', 'account', anAwsEnvironment({ account: Lazy.string({ produce: () => '1' }) })],
    ['no region', 'region', anAwsEnvironment({ region: 'Ireland' })],
    ['one zone', 'availabilityZones', anAwsEnvironment({ availabilityZones: ['eu-west-1a'] })],
    ['the same zone twice', 'availabilityZones', anAwsEnvironment({ availabilityZones: ['eu-west-1a', 'eu-west-1a'] })],
    [
      'zones of another region',
      'availabilityZones',
      anAwsEnvironment({ availabilityZones: ['eu-west-1a', 'us-east-1b'] }),
    ],
    ['a domain with a scheme', 'domain', anAwsEnvironment({ domain: 'https://callbacks.example.com' })],
    ['a domain in capitals', 'domain', anAwsEnvironment({ domain: 'Callbacks.example.com' })],
    ['a domain with a port', 'domain', anAwsEnvironment({ domain: 'callbacks.example.com:443' })],
    ['a domain that ends in a dot', 'domain', anAwsEnvironment({ domain: 'callbacks.example.com.' })],
    ['a domain that no listener rule can name', 'domain', anAwsEnvironment({ domain: 'callbacks.xn--p1ai' })],
    [
      'a certificate of another region',
      'certificateArn',
      anAwsEnvironment({ certificateArn: certificate('us-east-1') }),
    ],
    ['something else for a certificate', 'certificateArn', anAwsEnvironment({ certificateArn: 'my-certificate' })],
    ['neither certificate nor zone', 'certificateArn', anAwsEnvironment({ certificateArn: undefined })],
    ['a zone of another name', 'hostedZone.name', anAwsEnvironment({ hostedZone: { ...zone, name: 'ample.com' } })],
    ['a zone without id', 'hostedZone.id', anAwsEnvironment({ hostedZone: { ...zone, id: 'example.com' } })],
    ['http on AWS', 'identityProvider.issuer', anAwsEnvironment(provider({ issuer: 'http://login.example.com' }))],
    [
      'loopback on AWS',
      'identityProvider.jwksUri',
      anAwsEnvironment(provider({ jwksUri: 'http://127.0.0.1:8081/jwks' })),
    ],
    [
      'a missing endpoint',
      'identityProvider.userInfoEndpoint',
      anAwsEnvironment(provider({ userInfoEndpoint: undefined })),
    ],
    [
      'credentials in a URL',
      'identityProvider.tokenEndpoint',
      anAwsEnvironment(provider({ tokenEndpoint: 'https://user@login.example.com/token' })),
    ],
    ['no identity provider', 'identityProvider', anAwsEnvironment({ identityProvider: undefined })],
    [
      'a secret in place of its name',
      'consoleClient.secretName',
      anAwsEnvironment({ consoleClient: { clientId: 'console', secretName: 'p4ss word!' } }),
    ],
    [
      'a profile that lets nobody in',
      'accessToken.profile.audience.accepted',
      anAwsEnvironment({ accessToken: { profile: COGNITO } }),
    ],
    [
      'an audience in a claim that is checked anyway',
      'accessToken.profile.audience.claim',
      anAwsEnvironment({
        accessToken: { profile: { ...OKTA, audience: { claim: 'iss', accepted: ['x'] } } },
      }),
    ],
    [
      'a profile that is longer than a variable may be',
      'accessToken.profile',
      anAwsEnvironment({
        accessToken: {
          profile: {
            ...COGNITO,
            audience: { claim: 'client_id', accepted: Array.from({ length: 9 }, (_, i) => `${i}`.repeat(256)) },
          },
        },
      }),
    ],
    [
      'a symmetric algorithm',
      'accessToken.profile.algorithms',
      anAwsEnvironment({ accessToken: { profile: { ...OKTA, algorithms: ['RS256', 'HS256'] } } }),
    ],
    [
      'an algorithm that the load balancer does not check',
      'accessToken.profile.algorithms',
      anAwsEnvironment({ accessToken: { profile: { ...OKTA, algorithms: ['ES256'] } } }),
    ],
    ...(['types', 'scopes', 'roles', 'clientIds'] as const).map((name): [string, string, EnvironmentInput] => [
      `a profile without ${name}`,
      `accessToken.profile.${name}`,
      anAwsEnvironment({ accessToken: { profile: { ...OKTA, [name]: [] } } }),
    ]),
    [
      'a profile without a token id',
      'accessToken.profile.tokenId',
      anAwsEnvironment({ accessToken: { profile: { ...OKTA, tokenId: '' } } }),
    ],
    [
      'a profile with a property that is misspelt',
      'accessToken.profile.scope',
      anAwsEnvironment({ accessToken: { profile: { ...OKTA, scope: 'scp' } } }),
    ],
    [
      'another issuer of senders in clear text',
      'senderAccessToken.issuer',
      fromAws({ issuer: 'http://x.example.com' }),
    ],
    ['another issuer without its keys', 'senderAccessToken.jwksUri', fromAws({ jwksUri: undefined })],
    ['another issuer, with uses of its own', 'senderAccessToken.uses', fromAws({ uses: 'one-time' })],
    [
      'another issuer with an algorithm that the load balancer does not check',
      'senderAccessToken.profile.algorithms',
      fromAws({ profile: { ...AWS_IAM, algorithms: ['ES384'] } }),
    ],
    [
      'another issuer of senders outside of the machine',
      'senderAccessToken.issuer',
      aLocalEnvironment({ senderAccessToken: { ...AWS_ISSUER, jwksUri: 'http://127.0.0.1:8083/jwks' } }),
    ],
    ['access tokens for some uses', 'accessToken.uses', anAwsEnvironment({ accessToken: { uses: 'twice' } })],
    ['an audience in any form', 'accessToken.audienceForm', anAwsEnvironment({ accessToken: { audienceForm: 'any' } })],
    ['access tokens misspelt', 'accessToken.use', anAwsEnvironment({ accessToken: { use: 'many' } })],
    ['abbreviations in a word', 'abbreviations', anAwsEnvironment({ abbreviations: 'on' })],
    ['an inline limit above 60 KiB', 'inlineLimit', anAwsEnvironment({ inlineLimit: Size.bytes(61_441) })],
    ['an inline limit that is a number', 'inlineLimit', anAwsEnvironment({ inlineLimit: 4_096 })],
    [
      'payloads that no item has room for',
      'inlineLimit',
      anAwsEnvironment({ inlineLimit: Size.kibibytes(14), quarantineLimit: 20 }),
    ],
    ['a quarantine without end', 'quarantineLimit', anAwsEnvironment({ quarantineLimit: 21 })],
    ['half a delivery in quarantine', 'quarantineLimit', anAwsEnvironment({ quarantineLimit: 0.5 })],
    ['fewer shards than any index has had', 'indexShards', anAwsEnvironment({ indexShards: 15 })],
    ['more shards than are asked', 'indexShards', anAwsEnvironment({ indexShards: 257 })],
    ['half a shard', 'indexShards', anAwsEnvironment({ indexShards: 16.5 })],
    ['a runbook without encryption', 'runbookUrl', anAwsEnvironment({ runbookUrl: 'http://wiki.example.com/runbook' })],
    ['a heading of the runbook', 'runbookUrl', anAwsEnvironment({ runbookUrl: 'https://wiki.example.com/runbook#x' })],
    ['fewer than no expiries', 'toleratedExpiries', anAwsEnvironment({ toleratedExpiries: -1 })],
    ['fewer than no refusals', 'toleratedRefusals', anAwsEnvironment({ toleratedRefusals: -1 })],
    ['fewer than no blocks', 'toleratedBlocks', anAwsEnvironment({ toleratedBlocks: -1 })],
    ['half a server error', 'toleratedServerErrors', anAwsEnvironment({ toleratedServerErrors: 0.5 })],
    ['a latency of nothing', 'toleratedLatency', anAwsEnvironment({ toleratedLatency: Duration.millis(99) })],
    ['a latency no callback reaches', 'toleratedLatency', anAwsEnvironment({ toleratedLatency: Duration.seconds(16) })],
    ['a latency without a unit', 'toleratedLatency', anAwsEnvironment({ toleratedLatency: 3 })],
    [
      'a delay below what is measured',
      'toleratedPublishDelay',
      anAwsEnvironment({ toleratedPublishDelay: Duration.seconds(59) }),
    ],
    [
      'a delay that leaves no time',
      'toleratedPublishDelay',
      anAwsEnvironment({ toleratedPublishDelay: Duration.hours(13) }),
    ],
    [
      'a delay of workflows below what is measured',
      'toleratedResumeDelay',
      anAwsEnvironment({ toleratedResumeDelay: Duration.seconds(59) }),
    ],
    [
      'a delay of workflows that leaves no time',
      'toleratedResumeDelay',
      anAwsEnvironment({ toleratedResumeDelay: Duration.hours(13) }),
    ],
    [
      'a delay of dispatches below what is measured',
      'toleratedDispatchDelay',
      anAwsEnvironment({ toleratedDispatchDelay: Duration.seconds(59) }),
    ],
    [
      'a delay of dispatches that leaves no time',
      'toleratedDispatchDelay',
      anAwsEnvironment({ toleratedDispatchDelay: Duration.hours(13) }),
    ],
    [
      'a function that is switched off by its cap',
      'reservedConcurrency.metadata',
      anAwsEnvironment({ reservedConcurrency: { metadata: 0 } }),
    ],
    [
      'a cap that a burst of callbacks meets',
      'reservedConcurrency.receive',
      anAwsEnvironment({ reservedConcurrency: { receive: 49 } }),
    ],
    [
      'more than can be',
      'reservedConcurrency.create-task',
      anAwsEnvironment({ reservedConcurrency: { 'create-task': 1_001 } }),
    ],
    ['a cap for nobody', 'reservedConcurrency.recieve', anAwsEnvironment({ reservedConcurrency: { recieve: 50 } })],
    [
      'tables that take no write',
      'tableThroughput.writeUnits',
      anAwsEnvironment({ tableThroughput: { readUnits: 1, writeUnits: 0 } }),
    ],
    [
      'tables beyond the quota',
      'tableThroughput.readUnits',
      anAwsEnvironment({ tableThroughput: { readUnits: 40_001, writeUnits: 1 } }),
    ],
    [
      'less than DynamoDB prepares by itself to write',
      'warmThroughput.writeUnits',
      anAwsEnvironment({ warmThroughput: { readUnits: 12_000, writeUnits: 3_999 } }),
    ],
    [
      'less than DynamoDB prepares by itself to read',
      'warmThroughput.readUnits',
      anAwsEnvironment({ warmThroughput: { readUnits: 11_999, writeUnits: 4_000 } }),
    ],
    [
      'more warm throughput than the quota',
      'warmThroughput.writeUnits',
      anAwsEnvironment({ warmThroughput: { readUnits: 12_000, writeUnits: 40_001 } }),
    ],
    [
      'half a warm throughput',
      'warmThroughput.writeUnits',
      anAwsEnvironment({ warmThroughput: { readUnits: 12_000 } }),
    ],
    [
      'warm throughput above what a table may use',
      'warmThroughput.writeUnits',
      anAwsEnvironment({
        tableThroughput: { readUnits: 12_000, writeUnits: 4_999 },
        warmThroughput: { readUnits: 12_000, writeUnits: 5_000 },
      }),
    ],
    ['half a throughput', 'tableThroughput.writeUnits', anAwsEnvironment({ tableThroughput: { readUnits: 1 } })],
    [
      'a throughput misspelt',
      'tableThroughput.writes',
      anAwsEnvironment({ tableThroughput: { readUnits: 1, writeUnits: 1, writes: 1 } }),
    ],
    ['code that is let in somehow', 'deploymentPace', anAwsEnvironment({ deploymentPace: 'canary' })],
    ['a fourth wave', 'deploymentWave', anAwsEnvironment({ deploymentWave: 4 })],
    ['tracing in a word', 'tracing', anAwsEnvironment({ tracing: 'on' })],
    ['one account outside a list', 'eventRuleAccounts', anAwsEnvironment({ eventRuleAccounts: '222222222222' })],
    ['more than 10 accounts', 'eventRuleAccounts', anAwsEnvironment({ eventRuleAccounts: accounts(11) })],
    ['an account of 11 digits', 'eventRuleAccounts.0', anAwsEnvironment({ eventRuleAccounts: ['22222222222'] })],
    [
      'the same account twice',
      'eventRuleAccounts',
      anAwsEnvironment({ eventRuleAccounts: ['222222222222', '222222222222'] }),
    ],
    ['one operator outside a list', 'dataOperators', anAwsEnvironment({ dataOperators: 'arn:aws:iam::1:role/A' })],
    ['operators of 8,050 characters', 'dataOperators', anAwsEnvironment({ dataOperators: dataOperators(8_050) })],
    ['everybody as an operator', 'dataOperators.0', anAwsEnvironment({ dataOperators: ['*'] })],
    [
      'every role as an operator',
      'dataOperators.0',
      anAwsEnvironment({ dataOperators: ['arn:aws:iam::123456789012:role/*'] }),
    ],
    [
      'an operator who is a user',
      'dataOperators.0',
      anAwsEnvironment({ dataOperators: ['arn:aws:iam::123456789012:user/me'] }),
    ],
    ['no signing key', 'signingKeys', anAwsEnvironment({ signingKeys: {} })],
    ['no key that signs', 'signingKeys', anAwsEnvironment({ ...IN_KMS, signingKeys: { first: { use: 'previous' } } })],
    [
      'two keys that sign',
      'signingKeys',
      anAwsEnvironment({ ...IN_KMS, signingKeys: { first: { use: 'current' }, second: { use: 'current' } } }),
    ],
    [
      'more keys than a load balancer reads',
      'signingKeys',
      anAwsEnvironment({
        signingKeys: Object.fromEntries(
          Array.from({ length: 11 }, (_, i) => [`key-${i}`, { use: i === 0 ? 'current' : 'next' }]),
        ),
      }),
    ],
    ['signing in an unknown way', 'signing.kind', anAwsEnvironment({ signing: { kind: 'jwks' } })],
    ['signing in words', 'signing', anAwsEnvironment({ signing: 'rotating' })],
    [
      'keys that sign less than 1 day',
      'signing.every',
      anAwsEnvironment({ signing: { kind: 'rotating', every: Duration.seconds(86_399) } }),
    ],
    [
      'keys that sign more than 30 days',
      'signing.every',
      anAwsEnvironment({ signing: { kind: 'rotating', every: Duration.seconds(2_592_001) } }),
    ],
    [
      'T2 rotating keys of a symmetric algorithm',
      'signing.algorithm',
      anAwsEnvironment({ signing: { kind: 'rotating', algorithm: 'HS256' } }),
    ],
    [
      'a rotation of a key in KMS',
      'signing.every',
      anAwsEnvironment({ signing: { kind: 'kms', every: Duration.days(1) } }),
    ],
    [
      'rotating RS256 keys and a token in a path',
      'processors.acme-ocr.carriers',
      anAwsEnvironment({ signing: { kind: 'rotating', algorithm: 'RS256' } }),
    ],
    ['a key for nothing', 'signingKeys.first.use', anAwsEnvironment({ signingKeys: { first: { use: 'signs' } } })],
    [
      'T2 a symmetric signing key',
      'signingKeys.first.algorithm',
      anAwsEnvironment({ signingKeys: { first: { use: 'current', algorithm: 'HS256' } } }),
    ],
    ['a key in capitals', 'signingKeys.First', anAwsEnvironment({ signingKeys: { First: { use: 'current' } } })],
    [
      'a key with a property that is misspelt',
      'signingKeys.first.alg',
      anAwsEnvironment({ signingKeys: { first: { use: 'current', alg: 'ES256' } } }),
    ],
    ['an unknown grade', 'minimumGrade', anAwsEnvironment({ minimumGrade: 'E' })],
    ['protection left open', 'protected', anAwsEnvironment({ protected: undefined })],
    [
      'a lifetime of nothing',
      'accessTokenMaxLifetime',
      anAwsEnvironment({ accessTokenMaxLifetime: Duration.seconds(59) }),
    ],
    [
      'a lifetime without end',
      'accessTokenMaxLifetime',
      anAwsEnvironment({ accessTokenMaxLifetime: Duration.hours(25) }),
    ],
    ['tasks kept shorter than used tokens', 'retention', anAwsEnvironment({ retention: Duration.hours(23) })],
    ['a retention in words', 'retention', anAwsEnvironment({ retention: '30 days' })],
    ['a retention without a unit', 'retention', anAwsEnvironment({ retention: 2_592_000 })],
    ['load balancer logs for a part of a day', 'loadBalancerLogRetention', withLogs(Duration.hours(36))],
    ['load balancer logs for no time', 'loadBalancerLogRetention', withLogs(Duration.days(0))],
    ['load balancer logs for more than a year', 'loadBalancerLogRetention', withLogs(Duration.days(366))],
    ['log retention of any days', 'logRetention', anAwsEnvironment({ logRetention: 8 })],
    [
      'a rate below what can be counted',
      'rateLimits.callbacks',
      anAwsEnvironment({ rateLimits: { callbacks: 9, callbackPath: 10, others: 10, handshake: 10 } }),
    ],
    [
      'a rate that is left out',
      'rateLimits.callbackPath',
      anAwsEnvironment({ rateLimits: { callbacks: 10, others: 10, handshake: 10 } }),
    ],
    ['countries of no kind', 'countries', anAwsEnvironment({ countries: { all: ['DE'] } })],
    ['countries both ways', 'countries', anAwsEnvironment({ countries: { only: ['DE'], except: ['FR'] } })],
    ['no country at all', 'countries.only', anAwsEnvironment({ countries: { only: [] } })],
    ['a country in words', 'countries.except', anAwsEnvironment({ countries: { except: ['Germany'] } })],
    ['a country twice', 'countries.only', anAwsEnvironment({ countries: { only: ['DE', 'DE'] } })],
    ['rules against denial of service in words', 'antiDdos', anAwsEnvironment({ antiDdos: 'yes' })],
    [
      'alarms of another region',
      'alarmTopicArn',
      anAwsEnvironment({ alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:alarms' }),
    ],
    [
      'a protected environment whose alarms nobody hears',
      'alarmSubscribers',
      anAwsEnvironment({ protected: true, alarmTopicArn: undefined }),
    ],
    ['two ways for alarms to go', 'alarmTopicArn', anAwsEnvironment({ alarmSubscribers: SUBSCRIBERS })],
    ['pages that nobody hears', 'alarmSubscribers.pages', heardBy({ pages: [] })],
    ['no word of tickets', 'alarmSubscribers.tickets', heardBy({ tickets: undefined })],
    ['a subscriber twice', 'alarmSubscribers.pages', heardBy({ pages: ['a@example.com', 'a@example.com'] })],
    ['a pager in clear', 'alarmSubscribers.pages.0', heardBy({ pages: ['http://pager.example.com'] })],
    ['a pager with credentials', 'alarmSubscribers.pages.0', heardBy({ pages: ['https://a:b@pager.example.com'] })],
    ['a name for an address', 'alarmSubscribers.tickets.1', heardBy({ tickets: ['a@example.com', 'the team'] })],
    ['subscribers misspelt', 'alarmSubscribers.page', heardBy({ page: ['a@example.com'] })],
    [
      'Shield Advanced without subscription',
      'shield.subscribed',
      anAwsEnvironment({ shield: { advanced: true, subscribed: false } }),
    ],
    ['a property that is misspelt', 'retension', anAwsEnvironment({ retension: Duration.days(30) })],
    ['no processors', 'processors', anAwsEnvironment({ processors: {} })],
    ['the machine for another name', 'runsOn', anAwsEnvironment({ runsOn: 'this-machine' })],
    [
      'https on one machine',
      'identityProvider.issuer',
      aLocalEnvironment(provider({ issuer: 'https://login.example.com' })),
    ],
    ['an origin that leaves the machine', 'origin', aLocalEnvironment({ origin: 'http://192.168.0.1:8080' })],
    ['an origin without a port', 'origin', aLocalEnvironment({ origin: 'http://127.0.0.1' })],
    ['an origin that is no port', 'origin', aLocalEnvironment({ origin: 'http://127.0.0.1:NaN' })],
    [
      'public keys from elsewhere',
      'loadBalancerPublicKeysUrl',
      aLocalEnvironment({ loadBalancerPublicKeysUrl: 'http://keys.example.com' }),
    ],
  ])('%s: names the value, what was expected and what to change', (_title, at, input) => {
    const name = input.runsOn === 'aws' || at === 'runsOn' ? 'test' : 'local';
    const problem = problemsOf(input, name).find((one) => one.at === at);
    expect(problem).toBeDefined();
    expect(problem?.expected).not.toBe('');
    expect(problem?.remedy).toMatch(/\.$/);
  });

  it.each<[string, string, EnvironmentInput]>([
    ['an id of one character', 'processors.a', aProcessor({}, 'a')],
    ['an id of 33 characters', `processors.${'a'.repeat(33)}`, aProcessor({}, 'a'.repeat(33))],
    ['an id in capitals', 'processors.Acme', aProcessor({}, 'Acme')],
    ['no carrier', 'processors.acme-ocr.carriers', aProcessor({ carriers: [] })],
    ['an unknown carrier', 'processors.acme-ocr.carriers.0', aProcessor({ carriers: ['query'] })],
    ['a carrier twice', 'processors.acme-ocr.carriers', aProcessor({ carriers: ['path', 'path'] })],
    ['an unknown proof', 'processors.acme-ocr.proof.kind', aProcessor({ proof: { kind: 'password' } })],
    ['a proof in a word', 'processors.acme-ocr.proof', aProcessor({ proof: 'dpop' })],
    ['no content type', 'processors.acme-ocr.contentTypes', aProcessor({ contentTypes: [] })],
    ['a content type in capitals', 'processors.acme-ocr.contentTypes.0', aProcessor({ contentTypes: ['Text/plain'] })],
    [
      'a content type with parameters',
      'processors.acme-ocr.contentTypes.0',
      aProcessor({ contentTypes: ['text/plain; charset=utf-8'] }),
    ],
    ['a schema that does not compile', 'processors.acme-ocr.schema', aProcessor({ schema: { type: 'text' } })],
    ['a schema with an unknown keyword', 'processors.acme-ocr.schema', aProcessor({ schema: { typ: 'object' } })],
    [
      'a schema for what is not JSON',
      'processors.acme-ocr.contentTypes',
      aProcessor({ contentTypes: ['application/pdf'], schema: { type: 'object' } }),
    ],
    ['59 seconds', 'processors.acme-ocr.maxExpiresIn', aProcessor({ maxExpiresIn: Duration.seconds(59) })],
    [
      'a second over a week',
      'processors.acme-ocr.maxExpiresIn',
      aProcessor({ maxExpiresIn: Duration.seconds(604_801) }),
    ],
    ['half a second', 'processors.acme-ocr.maxExpiresIn', aProcessor({ maxExpiresIn: Duration.millis(60_500) })],
    ['a number for a duration', 'processors.acme-ocr.maxExpiresIn', aProcessor({ maxExpiresIn: '3600' })],
    ['an unknown replay mode', 'processors.acme-ocr.replayMode', aProcessor({ replayMode: 'ignore' })],
    [
      'a pointer that is none',
      'processors.acme-ocr.sameBy.jsonPointers.0',
      aProcessor({ sameBy: { jsonPointers: ['id'] } }),
    ],
    [
      'an empty result that a schema is to describe',
      'processors.acme-ocr.allowEmptyResult',
      aProcessor({ schema: { type: 'object' }, allowEmptyResult: true }),
    ],
    ['a switch that is a text', 'processors.acme-ocr.allowEmptyResult', aProcessor({ allowEmptyResult: 'yes' })],
    ['a switch that is a number', 'processors.acme-ocr.checkJson', aProcessor({ checkJson: 0 })],
    ['no pointer', 'processors.acme-ocr.sameBy', aProcessor({ sameBy: { jsonPointers: [] } })],
    ['a header that is none', 'processors.acme-ocr.sameBy.header', aProcessor({ sameBy: { header: 'a b' } })],
    ['an address for a range', 'processors.acme-ocr.sourceRanges.0', aProcessor({ sourceRanges: ['192.0.2.1'] })],
    ['a range with host bits', 'processors.acme-ocr.sourceRanges.0', aProcessor({ sourceRanges: ['192.0.2.1/24'] })],
    [
      'a mask that is too long',
      'processors.acme-ocr.sourceRanges.1',
      aProcessor({ sourceRanges: ['0.0.0.0/0', '10.0.0.0/33'] }),
    ],
    ['no use of progress', 'processors.acme-ocr.progressUses', aProcessor({ progressUses: 0 })],
    ['more progress than can be counted', 'processors.acme-ocr.progressUses', aProcessor({ progressUses: 10_001 })],
    ['half an upload', 'processors.acme-ocr.uploadUses', aProcessor({ uploadUses: 1.5 })],
    ['uploads in words', 'processors.acme-ocr.uploadUses', aProcessor({ uploadUses: '3' })],
    ['more upload offers than an item has room for', 'inlineLimit', aProcessor({ uploadUses: 1_000 })],
    ['a property that is misspelt', 'processors.acme-ocr.schemas', aProcessor({ schemas: {} })],
  ])('a processor with %s', (_title, at, input) => {
    const problem = problemsOf(input).find((one) => one.at === at);
    expect(problem).toBeDefined();
    expect(problem?.remedy).toMatch(/\.$/);
  });

  it('a processor at the edges is taken', () => {
    for (const processor of [
      aProcessor({}, 'ab'),
      aProcessor({}, 'a'.repeat(32)),
      aProcessor({ maxExpiresIn: Duration.seconds(60) }),
      aProcessor({ maxExpiresIn: Duration.days(7) }),
      aProcessor({ progressUses: 1, uploadUses: 1 }),
      aProcessor({ progressUses: 10_000, uploadUses: 300 }),
      aProcessor({ carriers: ['short', 'header', 'path'] }),
      aProcessor({ sourceRanges: ['192.0.2.0/24', '192.0.2.1/32', '2001:db8::/32', '2001:db8::1/128'] }),
      aProcessor({ contentTypes: ['application/vnd.acme.ocr+json'], schema: { type: 'object' } }),
    ]) {
      expect(problemsOf(processor)).toEqual([]);
    }
  });

  it('refuses a processor that is weaker than the environment allows', () => {
    const weak = (minimumGrade: string, carrier: string) =>
      problemsOf(
        anAwsEnvironment({
          minimumGrade,
          processors: { 'acme-ocr': { carriers: [carrier], contentTypes: ['text/plain'] } },
        }),
      );
    expect(weak('C', 'path')).toMatchObject([{ at: 'processors.acme-ocr.carriers', value: 'path' }]);
    expect(weak('B', 'header')).toMatchObject([{ at: 'processors.acme-ocr.carriers', value: 'header' }]);
    expect(weak('C', 'header')).toEqual([]);
    expect(weak('D', 'path')).toEqual([]);
  });

  it('RS256 refuses processors whose URL would carry its long tokens, and says so', () => {
    const rs256 = (carriers: readonly string[], use = 'current') =>
      problemsOf(
        anAwsEnvironment({
          ...IN_KMS,
          signingKeys: {
            first: { use: use === 'current' ? 'previous' : 'current' },
            second: { use, algorithm: 'RS256' },
          },
          processors: { 'acme-ocr': { carriers, contentTypes: ['text/plain'] } },
        }),
      );
    expect(rs256(['header', 'path'])).toEqual([
      {
        at: 'processors.acme-ocr.carriers',
        value: ['header', 'path'],
        expected: 'no carrier `path`, because the current signing key is RS256, whose tokens are too long for a URL',
        remedy: 'Use the carrier `header` or `short`, or sign with an ES256 key.',
      },
    ]);
    expect(rs256(['header'])).toEqual([]);
    // No token is signed for a short code.
    expect(rs256(['short'])).toEqual([]);
    expect(rs256(['path'], 'next')).toEqual([]);
  });

  it.each([
    [64, { certificateArn: undefined, hostedZone: { id: 'Z1234567890', name: 'example.com' } }],
    [128, {}],
    // The expression has three backslashes and fifteen characters beside the name.
    [110, { mutualTls: { authorities: { bucketName: 'trust', key: 'authorities.pem' }, port: 65_535 } }],
  ] as const)('takes a domain of %i characters and none longer, as far as AWS can name it: %j', (most, overrides) => {
    const named = (chars: number) => {
      const label = 'a'.repeat(Math.min(63, chars - '.example.com'.length));
      const rest = chars - `${label}.example.com`.length;
      const domain = `${rest > 0 ? `${'b'.repeat(rest - 1)}.` : ''}${label}.example.com`;
      expect(domain).toHaveLength(chars);
      return problemsOf(
        anAwsEnvironment({
          domain,
          processors: { 'acme-ocr': { carriers: ['header'], contentTypes: ['text/plain'] } },
          ...overrides,
        }),
      );
    };
    expect(named(most)).toEqual([]);
    expect(named(most + 1)).toMatchObject([{ at: 'domain', remedy: expect.stringMatching(/^Take a shorter domain/) }]);
  });

  it('refuses a name that names of target groups have no room for', () => {
    expect(problemsOf(anAwsEnvironment(), 'a'.repeat(14))).toEqual([]);
    expect(problemsOf(anAwsEnvironment(), 'a'.repeat(15))).toMatchObject([{ at: 'the name' }]);
    expect(problemsOf(anAwsEnvironment(), 'Prod')).toMatchObject([{ at: 'the name' }]);
  });

  it('says everything at once, in words', () => {
    expect(() =>
      readEnvironment('test', anAwsEnvironment({ region: 'Ireland', shield: { advanced: true, subscribed: false } })),
    ).toThrow(
      /^The environment "test" \(environments\/test\.ts\) cannot be built:\n {2}region is "Ireland"; expected the code of a region of AWS, for example eu-west-1\. Correct the region.*\n[\s\S]*shield\.subscribed is false; expected true/,
    );
  });
});

describe('environments together', () => {
  const environment = (name: string, domain: string) => readEnvironment(name, anAwsEnvironment({ domain }));

  it('refuses two with the same domain, because tokens of one would be good for the other', () => {
    const together = (domain: string) => () =>
      checkDistinct([environment('one', 'a.example.com'), environment('two', domain)], () => 0);
    expect(together('a.example.com')).toThrow(
      'The environments "one" (environments/one.ts) and "two" (environments/two.ts) cannot be built together:\n' +
        '  domain is "a.example.com" in both files; expected another domain in each, because a callback token of one would be ' +
        'accepted by the other. Change `domain` in environments/two.ts or in environments/one.ts, whichever is the copy.',
    );
    expect(together('b.example.com')).not.toThrow();
  });

  it.each([
    ['one', 'two', { one: 10_001, two: 0 }],
    ['two', 'one', { one: 0, two: 10_001 }],
  ] as const)('blames %s, which was changed later than %s with the same domain', (copy, original, times) => {
    const both = [environment('one', 'a.example.com'), environment('two', 'a.example.com')];
    expect(() => checkDistinct(both, (name) => times[name as 'one' | 'two'])).toThrow(
      `The environment "${copy}" (environments/${copy}.ts) cannot be built:\n` +
        `  domain is "a.example.com", which environments/${original}.ts has too; expected another domain in each, because a ` +
        `callback token of one would be accepted by the other. environments/${copy}.ts was changed last, so it is probably ` +
        'the copy: change its `domain`.',
    );
    // A checkout writes all files within ten seconds.
    expect(() => checkDistinct(both, (name) => Math.min(times[name as 'one' | 'two'], 10_000))).toThrow(
      'The environments "one" (environments/one.ts) and "two" (environments/two.ts) cannot be built together:',
    );
  });

  const inApp = (
    path: string,
    name: string,
    overrides: Parameters<typeof anAwsEnvironment>[0],
    folder = 'cdk.out',
  ) => ({
    path,
    folder,
    stackNames: defaultStackNames(name),
    environment: readEnvironment(name, anAwsEnvironment(overrides)),
  });

  it('refuses two constructs of an app with the same name or domain, and names both', () => {
    const first = inApp('A', 'prod', { domain: 'a.example.com' });
    const together = (added: typeof first) => () => checkDistinctInApp(added, [first]);
    const heading = 'The environments of Postern at "A" and of Postern at "B" cannot be built together:\n';
    expect(together(inApp('B', 'prod', { domain: 'b.example.com' }))).toThrow(
      `${heading}  environment.name is "prod" in both; expected another name in each, because roles of functions ` +
        'have it and belong to all Regions of an account: the policies of the tables of one Region would not deny the functions ' +
        'of the other. Change one of them.',
    );
    expect(together(inApp('B', 'other', { domain: 'a.example.com' }))).toThrow(
      `${heading}  environment.domain is "a.example.com" in both; expected another domain in each, because a callback token ` +
        'of one would be accepted by the other. Change one of them.',
    );
    expect(together(inApp('B', 'other', { domain: 'b.example.com' }))).not.toThrow();
  });

  it('refuses the same name in two Regions of an account, and in one assembly', () => {
    const first = inApp('A', 'prod', { domain: 'a.example.com' });
    const elsewhere = {
      domain: 'b.example.com',
      certificateArn: undefined,
      hostedZone: { id: 'Z1', name: 'example.com' },
    };
    const together = (place: Parameters<typeof anAwsEnvironment>[0], folder?: string) => () =>
      checkDistinctInApp(inApp('B', 'prod', { ...elsewhere, ...place }, folder), [first]);
    const { environment } = inApp('B', 'prod', elsewhere);
    const added = {
      ...inApp('B', 'prod', elsewhere, 'another'),
      environment: { ...environment, region: 'eu-central-1' },
    };
    expect(() => checkDistinctInApp(added, [first])).toThrow('belong to all Regions of an account');
    expect(together({ account: '999999999999' })).toThrow(
      'environment.name is "prod" in both; expected another name in each, because commands find an environment by its name. ' +
        'Change one of them, or make each in a stage of its own.',
    );
    expect(together({ account: '999999999999' }, 'another')).not.toThrow();
  });

  it('refuses two whose stacks have one name in an account and Region, in any order', () => {
    const [first, second] = [
      inApp('A', 'prod', { domain: 'a.example.com' }),
      inApp('B', 'other', { domain: 'b.example.com' }),
    ];
    const { state, gateway } = first.stackNames;
    const together = (stackNames: Readonly<Record<'state' | 'gateway', string>>) => () =>
      checkDistinctInApp({ ...second, stackNames }, [first]);
    for (const stackNames of [
      { state, gateway: 'Other-Gateway' },
      { state: 'Other-State', gateway: state },
    ]) {
      expect(together(stackNames)).toThrow(
        /stackNames\.(state|gateway) is "Prod-State"; expected another name than the stacks of "A" have \(Prod-State, Prod-Gateway\)/,
      );
    }
    expect(together({ state: gateway, gateway: state })).toThrow(
      /stackNames\.state is .*\n {2}stackNames\.gateway is /,
    );
    const moved = { ...second.environment, account: '999999999999' };
    expect(() =>
      checkDistinctInApp({ ...second, environment: moved, stackNames: first.stackNames }, [first]),
    ).not.toThrow();
  });

  it('refuses two with the same name, and names both files', () => {
    expect(() => checkNames(['Demo', 'dev', 'demo'])).toThrow(
      'The environments "Demo" (environments/Demo.ts) and "demo" (environments/demo.ts) cannot be built together:\n' +
        '  the name "Demo" differs from "demo" in capitals only; expected names that differ in lower case too, because both ' +
        'would have stacks of the same name. Rename one of the two files.',
    );
    expect(() => checkNames(['demo', 'dev'])).not.toThrow();
  });
});
