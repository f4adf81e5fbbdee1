import { generateKeyPairSync } from 'node:crypto';
import { Duration, Size } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { AWS_IAM, COGNITO, RFC_9068 } from '../../../lambda/contract/access-token-profile.ts';
import { COGNITO_OPERATORS } from '../../../lambda/contract/operator-roles.ts';
import { settingsOf } from '../../../lib/config/deployed-settings.ts';
import type { DispatchInput } from '../../../lib/config/dispatch.ts';
import { refusedChanges } from '../../../lib/config/fixed-settings.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { compareEnvironments } from '../../../lib/update/compare.ts';
import type { EnvironmentRecord } from '../../../lib/update/record.ts';
import { aDispatch, aDispatchedProcessor } from '../../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { everySetting } from '../../support/settings.ts';
import { recordOf } from '../../support/update-fixtures.ts';

type Overrides = Readonly<Record<string, unknown>>;
/** Two environments that differ in one setting. */
type Pair = readonly [what: string, one: Overrides, other: Overrides];

const { privateKey: _private, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (kid: string) => ({ ...publicKey.export({ format: 'jwk' }), kid });

const acme = { carriers: ['header'], contentTypes: ['application/json'] };
const processor = (one: object, other: object, around: Overrides = {}): Pair => [
  '',
  { ...around, processors: { 'acme-ocr': { ...acme, ...one } } },
  { ...around, processors: { 'acme-ocr': { ...acme, ...other } } },
];
const change = (name: string, one: unknown, other: unknown, around: Overrides = {}): Pair => [
  '',
  { ...around, [name]: one },
  { ...around, [name]: other },
];
const named = (what: string, [, one, other]: Pair): Pair => [what, one, other];
const keys = (...ids: readonly (readonly [id: string, use: string, algorithm?: string])[]) =>
  Object.fromEntries(ids.map(([id, use, algorithm]) => [id, { use, ...(algorithm !== undefined && { algorithm }) }]));

const idp = (endpoint: string): Pair =>
  change('identityProvider', anAwsEnvironment().identityProvider, {
    ...anAwsEnvironment().identityProvider,
    [endpoint]: 'https://other.example.com/there',
  });
const AWS_SENDERS = {
  issuer: 'https://abc123.tokens.sts.global.api.aws',
  jwksUri: 'https://abc123.tokens.sts.global.api.aws/.well-known/jwks.json',
  profile: AWS_IAM,
};
const senders = (changes: object): Pair => change('senderAccessToken', AWS_SENDERS, { ...AWS_SENDERS, ...changes });
const limits = (name: string): Pair => {
  const all = { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 };
  return change('rateLimits', all, { ...all, [name]: 500 });
};
const vpc = { vpcId: 'vpc-0123456789abcdef0', publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'], ipv6: true };
const principal = 'arn:aws:iam::210987654321:root';
const linked = { privateLink: { acceptedPrincipals: [principal] } };
const authorities = { bucketName: 'trust', key: 'authorities.pem' };
const verifying = { mode: 'verify', authorities };
const passing = { mode: 'passthrough', unverifiedBecause: 'Their certificates have no authority in common.' };
const revocations = [{ bucketName: 'trust', key: 'revoked.pem' }];
const zones = (...letters: readonly string[]) => letters.map((letter) => `eu-west-1${letter}`);
const people = { pages: ['https://pager.example.com/postern'], tickets: ['postern@example.com'] };
const heard = { alarmTopicArn: undefined };
/** No value names an account or a Region. */
const anywhere = {
  certificateArn: undefined,
  alarmTopicArn: undefined,
  hostedZone: { id: 'Z1234567890', name: 'example.com' },
};
const APPLICATION = { kind: 'application' };
const door = (more: object = {}) => ({ kind: 'network', certificateSecretName: 'postern/test/door', ...more });
const CONSOLE = { domain: 'console.example.com' };
const CERTIFICATE = 'arn:aws:acm:eu-west-1:123456789012:certificate/22222222-2222-3333-4444-555555555555';
/** ACM makes the certificate, so that each way in may have the same settings. */
const WITHOUT_CERTIFICATE = { certificateArn: undefined, hostedZone: { id: 'Z1234567890', name: 'example.com' } };
const advanced = { advanced: true, subscribed: true };
const someone = [{ email: 'duty@example.com', phone: '+4930123456' }];
const units = { readUnits: 100, writeUnits: 100 };
const warm = { readUnits: 12_000, writeUnits: 4_000 };
const invoices = { clients: ['invoices-backend'] };
const USER_POOL = { identityProvider: undefined, consoleClient: undefined, cognito: {} };
const encryption = { secretName: 'postern/test/encryption', publicJwk: jwk('one') };

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:invoices';
const ELSEWHERE = {
  arn: 'arn:aws:states:eu-west-1:210987654321:stateMachine:invoices',
  roleArn: 'arn:aws:iam::210987654321:role/resume-invoices',
  externalId: 'postern-test',
};
const resumes = (one: readonly unknown[] | undefined, other: readonly unknown[]): Pair =>
  change(
    'applications',
    { invoices: { ...invoices, ...(one !== undefined && { resumes: one }) } },
    { invoices: { ...invoices, resumes: other } },
  );

const RESUMING = { applications: { invoices: { ...invoices, resumes: [MACHINE] } } };
const CLIENT = {
  kind: 'client_credentials' as const,
  tokenEndpoint: 'https://login.acme.example/token',
  clientId: 'postern',
  secretName: 'acme/client',
};
/** Two ways to send work to the same processor. */
const dispatching = (other: Partial<DispatchInput>, one: Partial<DispatchInput> = {}): Pair =>
  processor({ dispatch: aDispatch(one) }, { dispatch: aDispatch({ ...one, ...other }) });

const IN_KMS = { signingKeys: keys(['first', 'current']) };
const rotating = (more: object) => ({ kind: 'rotating', ...more });
/** The gateway uses a key of the list only with this setting. */
const KMS = { signing: { kind: 'kms' } };

/** Pairs for each setting of the interfaces. A setting without a pair fails the first test. */
const PAIRS: Readonly<Record<string, readonly Pair[]>> = {
  domain: [change('domain', 'callbacks.example.com', 'hooks.example.com')],
  certificateArn: [
    change('certificateArn', undefined, 'arn:aws:acm:eu-west-1:123456789012:certificate/1', {
      hostedZone: { id: 'Z1234567890', name: 'example.com' },
    }),
  ],
  hostedZone: [change('hostedZone', undefined, { id: 'Z1234567890', name: 'example.com' })],
  account: [change('account', '123456789012', '210987654321', anywhere)],
  region: [
    ['', anywhere, { ...anywhere, region: 'eu-central-1', availabilityZones: ['eu-central-1a', 'eu-central-1b'] }],
  ],
  availabilityZones: [
    named('appended', change('availabilityZones', zones('a', 'b'), zones('a', 'b', 'c'))),
    named('reordered', change('availabilityZones', zones('a', 'b'), zones('b', 'a'))),
    named('exchanged', change('availabilityZones', zones('a', 'b'), zones('a', 'c'))),
    named('inserted', change('availabilityZones', zones('a', 'c'), zones('a', 'b', 'c'))),
    named('with PrivateLink', change('availabilityZones', zones('a', 'b'), zones('a', 'b', 'c'), linked)),
    named(
      'in a network that is there',
      change('availabilityZones', zones('a', 'b'), zones('b', 'a'), { network: vpc }),
    ),
  ],
  identityProvider: [idp('issuer')],
  'identityProvider.issuer': [idp('issuer')],
  'identityProvider.jwksUri': [idp('jwksUri')],
  'identityProvider.authorizationEndpoint': [idp('authorizationEndpoint')],
  'identityProvider.tokenEndpoint': [idp('tokenEndpoint')],
  'identityProvider.userInfoEndpoint': [idp('userInfoEndpoint')],
  'identityProvider.endSessionEndpoint': [idp('endSessionEndpoint')],
  'identityProvider.endSessionReturn': [
    change(
      'identityProvider',
      { ...anAwsEnvironment().identityProvider, endSessionEndpoint: 'https://login.example.com/logout' },
      {
        ...anAwsEnvironment().identityProvider,
        endSessionEndpoint: 'https://login.example.com/logout',
        endSessionReturn: 'logout_uri',
      },
    ),
  ],
  senderAccessToken: [change('senderAccessToken', undefined, AWS_SENDERS)],
  'senderAccessToken.issuer': [senders({ issuer: 'https://other.tokens.sts.global.api.aws' })],
  'senderAccessToken.jwksUri': [senders({ jwksUri: 'https://other.tokens.sts.global.api.aws/.well-known/jwks.json' })],
  'senderAccessToken.profile': [senders({ profile: RFC_9068 })],
  'senderAccessToken.audienceForm': [senders({ audienceForm: 'list' })],
  operatorRoles: [change('operatorRoles', undefined, COGNITO_OPERATORS)],
  disabledActions: [change('disabledActions', undefined, ['discard'])],
  operatorsReadOnly: [change('operatorsReadOnly', false, true)],
  applications: [change('applications', { invoices }, { invoices, orders: { clients: ['orders-backend'] } })],
  'applications.ID.clients': [change('applications', { invoices }, { invoices: { clients: ['a', 'b'] } })],
  'applications.ID.invokers': [
    change('applications', { invoices }, { invoices: { ...invoices, invokers: ['arn:aws:iam::123456789012:role/A'] } }),
  ],
  'applications.ID.processors': [
    change('applications', { invoices }, { invoices: { ...invoices, processors: ['acme-ocr'] } }),
  ],
  'applications.ID.pendingLimit': [
    change('applications', { invoices }, { invoices: { ...invoices, pendingLimit: 100 } }),
  ],
  'applications.ID.resumes': [
    named('the first', resumes(undefined, [MACHINE])),
    named('an empty list', resumes(undefined, [])),
    named('after an empty list', resumes([], [MACHINE])),
  ],
  'applications.ID.resumes.arn': [
    resumes([ELSEWHERE], [{ ...ELSEWHERE, arn: 'arn:aws:states:eu-west-1:210987654321:stateMachine:orders' }]),
  ],
  'applications.ID.resumes.roleArn': [
    resumes([ELSEWHERE], [{ ...ELSEWHERE, roleArn: 'arn:aws:iam::210987654321:role/other' }]),
  ],
  'applications.ID.resumes.externalId': [resumes([ELSEWHERE], [{ ...ELSEWHERE, externalId: 'another' }])],
  consoleSession: [change('consoleSession', undefined, { limit: Duration.hours(1) })],
  'consoleSession.limit': [change('consoleSession', undefined, { limit: Duration.hours(1) })],
  'consoleSession.idle': [change('consoleSession', undefined, { idle: Duration.minutes(5) })],
  consoleClient: [change('consoleClient', { clientId: 'a', secretName: 'a' }, { clientId: 'b', secretName: 'b' })],
  'consoleClient.scopes': [
    change(
      'consoleClient',
      { clientId: 'a', secretName: 'a' },
      { clientId: 'a', secretName: 'a', scopes: ['openid', 'groups'] },
    ),
  ],
  'consoleClient.clientId': [
    change('consoleClient', { clientId: 'a', secretName: 'a' }, { clientId: 'b', secretName: 'a' }),
  ],
  'consoleClient.secretName': [
    change('consoleClient', { clientId: 'a', secretName: 'a' }, { clientId: 'a', secretName: 'b' }),
  ],
  processors: [change('processors', { 'acme-ocr': acme }, { 'acme-ocr': acme, 'other-ocr': acme })],
  'processors.ID.carriers': [processor({}, { carriers: ['header', 'short'] })],
  'processors.ID.contentTypes': [processor({}, { contentTypes: ['application/json', 'application/pdf'] })],
  'processors.ID.schema': [processor({}, { schema: { type: 'object' } })],
  'processors.ID.allowEmptyResult': [processor({}, { allowEmptyResult: true })],
  'processors.ID.checkJson': [processor({}, { checkJson: false })],
  'processors.ID.replayMode': [processor({}, { replayMode: 'reject' })],
  'processors.ID.sameBy': [processor({}, { sameBy: { header: 'Idempotency-Key' } })],
  'processors.ID.sourceRanges': [processor({}, { sourceRanges: ['192.0.2.0/24', '2001:db8::/32'] })],
  'processors.ID.encrypted': [processor({}, { encrypted: true }, { tokenEncryption: encryption })],
  'processors.ID.proof': [
    processor({}, { proof: { kind: 'standard_webhooks', secretName: 'postern/test/acme' } }),
    named('webhook', processor({}, { proof: { kind: 'webhook', origins: ['https://a.example.com'] } })),
  ],
  'processors.ID.dispatch': [
    named('the first', processor({}, { dispatch: aDispatch() })),
    named('beside workflows', processor({}, { dispatch: aDispatch() }, RESUMING)),
  ],
  'processors.ID.dispatch.url': [dispatching({ url: 'https://api.acme.example/v2/jobs' })],
  'processors.ID.dispatch.method': [dispatching({ method: 'PUT' })],
  'processors.ID.dispatch.timeout': [dispatching({ timeout: Duration.seconds(60) })],
  'processors.ID.dispatch.headers': [dispatching({ headers: { 'X-Client': '{{application}}' } })],
  'processors.ID.dispatch.query': [dispatching({ query: { task: '{{taskId}}' } })],
  'processors.ID.dispatch.body': [
    dispatching({ body: { to: '{{callbacks.result.url}}', with: '{{callbacks.result.token}}' } }),
  ],
  'processors.ID.dispatch.accept': [dispatching({ accept: [202] })],
  'processors.ID.dispatch.remoteId': [dispatching({ remoteId: '/id' })],
  'processors.ID.dispatch.auth': [dispatching({ auth: CLIENT }, { headers: {} })],
  'processors.ID.dispatch.auth.tokenEndpoint': [
    dispatching({ auth: { ...CLIENT, tokenEndpoint: 'https://login.acme.example/2' } }, { headers: {}, auth: CLIENT }),
  ],
  'processors.ID.dispatch.auth.clientId': [
    dispatching({ auth: { ...CLIENT, clientId: 'two' } }, { headers: {}, auth: CLIENT }),
  ],
  'processors.ID.dispatch.auth.secretName': [
    dispatching({ auth: { ...CLIENT, secretName: 'acme/two' } }, { headers: {}, auth: CLIENT }),
  ],
  'processors.ID.dispatch.auth.scope': [
    dispatching({ auth: { ...CLIENT, scope: 'jobs' } }, { headers: {}, auth: CLIENT }),
  ],
  'processors.ID.dispatch.sign': [
    dispatching({ sign: { kind: 'standard_webhooks', secretName: 'acme/one' } }),
    named('another kind', dispatching({ sign: { kind: 'http_signature' } })),
  ],
  'processors.ID.dispatch.sign.secretName': [
    dispatching(
      { sign: { kind: 'standard_webhooks', secretName: 'acme/two' } },
      { sign: { kind: 'standard_webhooks', secretName: 'acme/one' } },
    ),
  ],
  'processors.ID.dispatch.retry': [dispatching({ retry: { delays: [5], leastTime: Duration.minutes(1) } })],
  'processors.ID.dispatch.retry.delays': [dispatching({ retry: { delays: [5, 60] } })],
  'processors.ID.dispatch.retry.leastTime': [dispatching({ retry: { leastTime: Duration.minutes(2) } })],
  'processors.ID.dispatch.concurrency': [dispatching({ concurrency: 2 })],
  'processors.ID.dispatch.ratePerSecond': [dispatching({ ratePerSecond: 5 })],
  'processors.ID.dispatch.breaker': [dispatching({ breaker: { window: 10, minimum: 5 } })],
  'processors.ID.dispatch.breaker.window': [dispatching({ breaker: { window: 10 } })],
  'processors.ID.dispatch.breaker.minimum': [dispatching({ breaker: { minimum: 5 } })],
  'processors.ID.dispatch.breaker.failureRate': [dispatching({ breaker: { failureRate: 0.9 } })],
  'processors.ID.dispatch.breaker.pause': [dispatching({ breaker: { pause: 5 } })],
  'processors.ID.dispatch.onFailure': [dispatching({ onFailure: 'keep' })],
  'processors.ID.maxExpiresIn': [processor({}, { maxExpiresIn: Duration.days(1) })],
  'processors.ID.progressUses': [processor({}, { progressUses: 7 })],
  'processors.ID.uploadUses': [processor({}, { uploadUses: 7 })],
  minimumGrade: [change('minimumGrade', 'C', 'D', { processors: { 'acme-ocr': acme } })],
  tokenEncryption: [change('tokenEncryption', undefined, encryption)],
  'tokenEncryption.secretName': [change('tokenEncryption', encryption, { ...encryption, secretName: 'other' })],
  'tokenEncryption.publicJwk': [change('tokenEncryption', encryption, { ...encryption, publicJwk: jwk('two') })],
  policies: [change('policies', undefined, 'permit (principal, action, resource);')],
  protected: [change('protected', false, true)],
  signing: [
    named('with the keys in KMS', change('signing', { kind: 'kms' }, { kind: 'rotating' }, IN_KMS)),
    named('without the keys in KMS', change('signing', { kind: 'kms' }, { kind: 'rotating' })),
    named('with a next key in KMS', [
      '',
      { signing: { kind: 'rotating' }, signingKeys: keys(['first', 'next']) },
      { signing: { kind: 'kms' }, signingKeys: keys(['first', 'current']) },
    ]),
  ],
  'signing.every': [change('signing', rotating({}), rotating({ every: Duration.days(7) }))],
  'signing.algorithm': [
    change('signing', rotating({}), rotating({ algorithm: 'RS256' }), { processors: { 'acme-ocr': acme } }),
  ],
  signingKeys: [
    named(
      'a next key',
      change('signingKeys', keys(['first', 'current']), keys(['first', 'current'], ['second', 'next']), KMS),
    ),
    named(
      'a previous key',
      change('signingKeys', keys(['second', 'current']), keys(['first', 'previous'], ['second', 'current']), KMS),
    ),
    named(
      'a retired key',
      change('signingKeys', keys(['second', 'current']), keys(['first', 'retired'], ['second', 'current'])),
    ),
  ],
  'signingKeys.ID.use': [
    change(
      'signingKeys',
      keys(['first', 'current'], ['second', 'next']),
      keys(['first', 'previous'], ['second', 'current']),
    ),
    named(
      'retired',
      change(
        'signingKeys',
        keys(['first', 'previous'], ['second', 'current']),
        keys(['first', 'retired'], ['second', 'current']),
      ),
    ),
  ],
  'signingKeys.ID.algorithm': [
    change('signingKeys', keys(['first', 'current', 'ES256']), keys(['first', 'current', 'RS256']), {
      processors: { 'acme-ocr': acme },
    }),
  ],
  accessToken: [change('accessToken', undefined, { uses: 'one-time' })],
  'accessToken.profile': [
    change(
      'accessToken',
      { profile: RFC_9068 },
      { profile: { ...COGNITO, audience: { claim: 'client_id', accepted: ['a'] } } },
    ),
  ],
  'accessToken.audienceForm': [change('accessToken', { audienceForm: 'text' }, { audienceForm: 'list' })],
  'accessToken.uses': [change('accessToken', { uses: 'many' }, { uses: 'one-time' })],
  accessTokenMaxLifetime: [change('accessTokenMaxLifetime', Duration.hours(1), Duration.minutes(5))],
  retention: [change('retention', Duration.days(30), Duration.days(7))],
  auditRetention: [change('auditRetention', Duration.days(365), Duration.days(30))],
  logRetention: [change('logRetention', RetentionDays.ONE_WEEK, RetentionDays.ONE_YEAR)],
  loadBalancerLogRetention: [change('loadBalancerLogRetention', Duration.days(30), Duration.days(7))],
  ownerClaim: [change('ownerClaim', false, true)],
  abbreviations: [change('abbreviations', false, true)],
  inlineLimit: [change('inlineLimit', Size.kibibytes(4), Size.kibibytes(8))],
  quarantineLimit: [change('quarantineLimit', 5, 0)],
  rateLimits: [limits('callbacks')],
  'rateLimits.callbacks': [limits('callbacks')],
  'rateLimits.callbackPath': [limits('callbackPath')],
  'rateLimits.handshake': [limits('handshake')],
  'rateLimits.others': [limits('others')],
  ingress: [
    named('at once', change('ingress', APPLICATION, door(), WITHOUT_CERTIFICATE)),
    named('the first step', change('ingress', APPLICATION, door({ switching: { dns: 'load-balancer' } }))),
    named('two steps', change('ingress', APPLICATION, door({ switching: { dns: 'door' } }))),
    named('the last step', change('ingress', door({ switching: { dns: 'door' } }), door(), WITHOUT_CERTIFICATE)),
    named('past a step', change('ingress', door({ switching: { dns: 'load-balancer' } }), door(), WITHOUT_CERTIFICATE)),
    named(
      'the last step, protected',
      change('ingress', door({ switching: { dns: 'door' } }), door(), { ...WITHOUT_CERTIFICATE, protected: true }),
    ),
  ],
  'ingress.certificateSecretName': [
    change('ingress', door(), door({ certificateSecretName: 'other' }), { certificateArn: undefined }),
  ],
  'ingress.console': [change('ingress', door(), door({ console: CONSOLE }), WITHOUT_CERTIFICATE)],
  'ingress.console.domain': [
    change(
      'ingress',
      door({ console: CONSOLE }),
      door({ console: { domain: 'operators.example.com' } }),
      WITHOUT_CERTIFICATE,
    ),
  ],
  'ingress.console.certificateArn': [
    change('ingress', door({ console: CONSOLE }), door({ console: { ...CONSOLE, certificateArn: CERTIFICATE } }), {
      ...WITHOUT_CERTIFICATE,
    }),
  ],
  'ingress.tasks': [change('ingress', door(), door({ tasks: { min: 1 } }), { certificateArn: undefined })],
  'ingress.tasks.min': [change('ingress', door(), door({ tasks: { min: 1 } }), { certificateArn: undefined })],
  'ingress.tasks.max': [change('ingress', door(), door({ tasks: { max: 9 } }), { certificateArn: undefined })],
  'ingress.switching': [change('ingress', APPLICATION, door({ switching: { dns: 'load-balancer' } }))],
  'ingress.switching.dns': [
    change(
      'ingress',
      door({ switching: { dns: 'load-balancer' } }),
      door({ switching: { dns: 'door' } }),
      WITHOUT_CERTIFICATE,
    ),
  ],
  countries: [change('countries', undefined, { except: ['KP'] })],
  antiDdos: [change('antiDdos', false, true)],
  shield: [change('shield', 'standard', advanced)],
  'shield.advanced': [change('shield', 'standard', advanced)],
  'shield.subscribed': [change('shield', 'standard', advanced)],
  'shield.mitigation': [change('shield', { ...advanced, mitigation: 'count' }, { ...advanced, mitigation: 'none' })],
  'shield.contacts': [change('shield', advanced, { ...advanced, contacts: someone })],
  network: [change('network', undefined, vpc)],
  'network.vpcId': [change('network', vpc, { ...vpc, vpcId: 'vpc-0fedcba9876543210' })],
  'network.publicSubnetIds': [
    change('network', vpc, { ...vpc, publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0ccccccc'] }),
    named(
      'with PrivateLink',
      change('network', vpc, { ...vpc, publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0ccccccc'] }, linked),
    ),
  ],
  'network.ipv6': [change('network', vpc, { ...vpc, ipv6: false })],
  mutualTls: [change('mutualTls', undefined, verifying)],
  'mutualTls.port': [change('mutualTls', verifying, { ...verifying, port: 9443 })],
  'mutualTls.mode': [change('mutualTls', verifying, passing)],
  'mutualTls.unverifiedBecause': [
    change('mutualTls', passing, { ...passing, unverifiedBecause: 'Another reason of twenty characters.' }),
  ],
  'mutualTls.authorities': [
    change('mutualTls', verifying, { ...verifying, authorities: { ...authorities, key: 'new.pem', version: '2' } }),
  ],
  'mutualTls.revocations': [change('mutualTls', verifying, { ...verifying, revocations })],
  privateLink: [
    change('privateLink', undefined, linked.privateLink),
    named('protected', change('privateLink', undefined, linked.privateLink, { protected: true })),
  ],
  'privateLink.acceptedPrincipals': [
    change('privateLink', linked.privateLink, { acceptedPrincipals: ['arn:aws:iam::210987654321:role/caller'] }),
  ],
  tokensInUrls: [change('tokensInUrls', undefined, 'This processor can be given a URL and nothing else.')],
  alarmSubscribers: [change('alarmSubscribers', undefined, people, heard)],
  'alarmSubscribers.pages': [change('alarmSubscribers', people, { ...people, pages: ['other@example.com'] }, heard)],
  'alarmSubscribers.tickets': [
    change('alarmSubscribers', people, { ...people, tickets: ['other@example.com'] }, heard),
  ],
  alarmTopicArn: [change('alarmTopicArn', undefined, 'arn:aws:sns:eu-west-1:123456789012:alarms')],
  runbookUrl: [change('runbookUrl', undefined, 'https://wiki.example.com/postern/runbook')],
  toleratedExpiries: [change('toleratedExpiries', 10, 20)],
  toleratedRefusals: [change('toleratedRefusals', 10, 20)],
  toleratedBlocks: [change('toleratedBlocks', 10, 20)],
  toleratedServerErrors: [change('toleratedServerErrors', 10, 20)],
  toleratedLatency: [change('toleratedLatency', Duration.seconds(3), Duration.seconds(5))],
  toleratedPublishDelay: [change('toleratedPublishDelay', Duration.minutes(5), Duration.minutes(10))],
  toleratedResumeDelay: [change('toleratedResumeDelay', Duration.minutes(15), Duration.minutes(5))],
  toleratedDispatchDelay: [change('toleratedDispatchDelay', Duration.minutes(30), Duration.minutes(5))],
  reservedConcurrency: [change('reservedConcurrency', undefined, { receive: 100, handshake: 'unreserved' })],
  tableThroughput: [change('tableThroughput', undefined, units)],
  'tableThroughput.readUnits': [change('tableThroughput', units, { ...units, readUnits: 200 })],
  'tableThroughput.writeUnits': [change('tableThroughput', units, { ...units, writeUnits: 200 })],
  warmThroughput: [change('warmThroughput', undefined, warm)],
  'warmThroughput.readUnits': [change('warmThroughput', warm, { ...warm, readUnits: 20_000 })],
  'warmThroughput.writeUnits': [change('warmThroughput', warm, { ...warm, writeUnits: 8_000 })],
  indexShards: [change('indexShards', 16, 32, { deploymentPace: 'all-at-once' })],
  dataOperators: [change('dataOperators', [], ['arn:aws:iam::123456789012:role/operators'])],
  eventRuleAccounts: [change('eventRuleAccounts', [], ['210987654321'])],
  deploymentPace: [change('deploymentPace', 'all-at-once', 'canary-10-percent-30-minutes')],
  deploymentWave: [change('deploymentWave', 1, 2)],
  tracing: [change('tracing', false, true)],
  cognito: [
    named('in place of an identity provider', ['', {}, USER_POOL]),
    named('beside an identity provider', change('cognito', undefined, {})),
    named('no longer used', ['', USER_POOL, { cognito: {} }]),
  ],
  'cognito.domainPrefix': [change('cognito', { domainPrefix: 'one' }, { domainPrefix: 'two' }, { ...USER_POOL })],
  'cognito.threatProtection': [change('cognito', { threatProtection: true }, { threatProtection: false }, USER_POOL)],
};

/** The name decides the kind of an environment, and two environments cannot share a name. */
const NO_PAIR = ['runsOn'];

/**
 * Another account, Region or domain is another environment: its templates cannot be compared with the deployed ones.
 */
const ANOTHER_PLACE = ['account', 'region', 'domain'];

const FIRST_SUBNET = 'name-taken NetworkPublicSubnet1SubnetBAFD76B4';
const SECOND_SUBNET = 'name-taken NetworkPublicSubnet2SubnetCFA3CB04';
const LOAD_BALANCER = 'load-balancer-moved LoadBalancerC797D0FC';
const NETWORK_LOAD_BALANCER = 'load-balancer-moved PrivateLinkE4E6E544';

const bothWays = (name: string, found: readonly string[], refused: string) => ({
  [`${name} →`]: { found, refused: [refused] },
  [`${name} ←`]: { found, refused: [refused] },
});

/**
 * All unsafe updates: findings of the comparison of templates, and refusals of synth. All other updates are safe. `→`
 * goes from the first to the second of a pair, `←` the other way.
 */
const UNSAFE: Readonly<Record<string, { readonly found: readonly string[]; readonly refused: readonly string[] }>> = {
  ...bothWays('account', [], 'account'),
  ...bothWays('region', [], 'region'),
  ...bothWays('domain', [], 'domain'),
  ...bothWays('availabilityZones, reordered', [FIRST_SUBNET, SECOND_SUBNET], 'availabilityZones'),
  ...bothWays('availabilityZones, exchanged', [SECOND_SUBNET], 'availabilityZones'),
  ...bothWays('availabilityZones, inserted', [SECOND_SUBNET], 'availabilityZones'),
  'availabilityZones, with PrivateLink ←': { found: [NETWORK_LOAD_BALANCER], refused: ['availabilityZones'] },
  ...bothWays('network', [LOAD_BALANCER], 'network'),
  'network ←': { found: [LOAD_BALANCER], refused: ['network.vpcId'] },
  ...bothWays('network.vpcId', [LOAD_BALANCER], 'network.vpcId'),
  ...bothWays('network.publicSubnetIds, with PrivateLink', [NETWORK_LOAD_BALANCER], 'network.publicSubnetIds'),
  'cognito, in place of an identity provider ←': {
    found: [
      'data-lost UserPool6BA7E5F2',
      'data-lost UserPoolConsoleSecret6438C980',
      'export-in-use Test-State:ExportsOutputRefUserPool6BA7E5F296FD7236',
      'export-in-use Test-State:ExportsOutputRefUserPoolCommandLineAFC090504C5C8D88',
      'export-in-use Test-State:ExportsOutputRefUserPoolConsole7422E8B680D31F72',
      'export-in-use Test-State:ExportsOutputRefUserPoolConsoleSecret6438C98067333A0A',
    ],
    refused: ['cognito'],
  },
  ...bothWays('cognito.domainPrefix', ['name-taken UserPoolDomain3C679AE7'], 'cognito.domainPrefix'),
  'signing, without the keys in KMS →': {
    found: [
      'data-lost SigningKeysCurrent9DE1B365',
      'export-in-use Test-State:ExportsOutputFnGetAttSigningKeysCurrent9DE1B365Arn6C79FE4F',
    ],
    refused: ['signingKeys.first'],
  },
  // Receivers do not know the key in KMS.
  'signing, without the keys in KMS ←': { found: [], refused: ['signingKeys.first'] },
  'signingKeys, a next key ←': {
    found: [
      'data-lost SigningKeysKeysecond2220BA7A',
      'export-in-use Test-State:ExportsOutputFnGetAttSigningKeysKeysecond2220BA7AArn84EC2715',
    ],
    refused: ['signingKeys.second'],
  },
  'signingKeys, a previous key ←': {
    found: [
      'data-lost SigningKeysCurrent9DE1B365',
      'export-in-use Test-State:ExportsOutputFnGetAttSigningKeysCurrent9DE1B365Arn6C79FE4F',
    ],
    refused: ['signingKeys.first'],
  },
  'applications.ID.resumes, the first ←': {
    found: [
      'data-lost WorkflowTokenKey0432CA4A',
      'export-in-use Test-State:ExportsOutputFnGetAttWorkflowTokenKey0432CA4AArn1A0BFC34',
    ],
    refused: ['applications'],
  },
  ...bothWays('signingKeys.ID.algorithm', ['never-changed SigningKeysCurrent9DE1B365'], 'signingKeys.first.algorithm'),
  // A template does not show whether endpoints are connected.
  'privateLink ←': { found: [], refused: ['privateLink'] },
  'privateLink, protected ←': { found: ['deletion-protected PrivateLinkE4E6E544'], refused: ['privateLink'] },
  // A template does not show who still has the old address.
  ...bothWays('ingress, at once', [], 'ingress'),
  'ingress, two steps ←': { found: [], refused: ['ingress'] },
  ...bothWays('ingress, past a step', [], 'ingress'),
  // The shards are a number in an environment variable.
  'indexShards ←': { found: [], refused: ['indexShards'] },
};

const recorded = (overrides: Overrides): EnvironmentRecord => recordOf(anAwsEnvironment(overrides));

const updates = Object.entries(PAIRS).flatMap(([setting, pairs]) =>
  pairs.flatMap(([what, one, other]) => {
    const name = what === '' ? setting : `${setting}, ${what}`;
    return [[`${name} →`, setting, one, other] as const, [`${name} ←`, setting, other, one] as const];
  }),
);

describe('two environments that differ in one setting', () => {
  it('exist for every setting', () => {
    expect(Object.keys(PAIRS).sort()).toEqual(
      everySetting()
        .filter((setting) => !NO_PAIR.includes(setting))
        .sort(),
    );
  });

  it.each(updates)(
    '%s: what is not safe is found in the templates and refused at synth',
    (name, setting, one, other) => {
      const before = readEnvironment('test', anAwsEnvironment(one));
      const after = readEnvironment('test', anAwsEnvironment(other));
      const refused = refusedChanges(settingsOf(before), after).map(({ at }) => at);
      const found = ANOTHER_PLACE.includes(setting)
        ? []
        : compareEnvironments(recorded(one), recorded(other)).map(({ code, resource }) => `${code} ${resource}`);
      expect({ found: [...new Set(found)].sort(), refused }).toEqual(UNSAFE[name] ?? { found: [], refused: [] });
      // Synth refuses first every change that CloudFormation would refuse.
      expect(found.length > 0 && refused.length === 0).toBe(false);
    },
  );

  it('include every setting that synth refuses to change, and every unsafe one', () => {
    expect(Object.keys(UNSAFE).filter((name) => !updates.some(([known]) => known === name))).toEqual([]);
  });
});

describe('the queues, logs and key of dispatch', () => {
  const withDispatch = (more: Overrides = {}) =>
    recorded({ processors: { 'acme-ocr': aDispatchedProcessor() }, ...more });
  const without = (before: EnvironmentRecord, gone: (id: string) => boolean) => {
    const resources = Object.entries(before.gateway.resources).filter(([id]) => !gone(id));
    const after = { ...before, gateway: { ...before.gateway, resources: Object.fromEntries(resources) } };
    return compareEnvironments(before, after).map(({ resource }) => resource);
  };

  it('may go with the last processor that work is sent to only', () => {
    const lost = without(withDispatch(), (id) => /^BackgroundDispatching(QueuesKey|QueuesDead|DispatchLog)/.test(id));
    expect(lost).toHaveLength(3);
    expect(without(withDispatch(), (id) => /^Background(Dispatching|Resumption)/.test(id))).toEqual([]);
  });

  it('stay where workflows no longer wait: the reader of changes is the same', () => {
    const both = withDispatch(RESUMING);
    const readers = without(both, (id) => /^BackgroundResumption(QueueOutcomesLog|ChangeDeadLetters)/.test(id));
    expect(readers).toHaveLength(2);
    expect(compareEnvironments(both, withDispatch()).map(({ resource }) => resource)).not.toContainEqual(
      expect.stringMatching(/^Background/),
    );
  });

  it('of one processor may go alone: its messages are only hints', () => {
    expect(without(withDispatch(), (id) => /^BackgroundDispatchingQueuesOf/.test(id))).toEqual([]);
  });
});

describe('the queues and logs for waiting workflows', () => {
  const waiting = recorded({ applications: { invoices: { ...invoices, resumes: [MACHINE] } } });
  const ids = Object.entries(waiting.gateway.resources)
    .filter(([id, { type }]) => /^BackgroundResumption/.test(id) && /SQS::Queue$|LogGroup$/.test(type))
    .map(([id]) => id);

  it('may go with the last workflow only', () => {
    expect(ids).toHaveLength(5);
    const resources = Object.entries(waiting.gateway.resources).filter(([id]) => !ids.includes(id));
    const without = { ...waiting, gateway: { ...waiting.gateway, resources: Object.fromEntries(resources) } };
    const found = compareEnvironments(waiting, without).map(({ code, resource }) => [code, resource]);
    expect(found).toEqual(ids.map((id) => ['data-lost', id]));
  });
});
