import { Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { JTI_RETENTION_AFTER_EXP_SECONDS } from '../../lambda/contract/limits.ts';
import { FRONT_FUNCTIONS } from '../../lambda/contract/routes.ts';
import { MAX_TARGET_GROUP_NAME_CHARS, targetGroupName } from '../edge/front-target.ts';
import type {
  AwsEnvironmentInput,
  Environment,
  EnvironmentInput,
  IdentityProvider,
  LocalEnvironmentInput,
} from '../environment.ts';
import { FIRST_SIGNING_KEY } from '../signing/signing-keys.ts';
import { checkAccessToken } from './check-access-token.ts';
import { checkDomain } from './check-domain.ts';
import { checkDoor } from './check-door.ts';
import { checkOperation } from './check-operation.ts';
import { checkPayloads } from './check-payloads.ts';
import { checkPolicies } from './check-policies.ts';
import { checkProcessors, secondsOf } from './check-processors.ts';
import { checkRegionalArn } from './check-regional-arn.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkShield } from './check-shield.ts';
import { checkSigningKeys } from './check-signing-keys.ts';
import { checkTokenEncryption } from './check-token-encryption.ts';
import { checkWebAcl } from './check-web-acl.ts';
import { checkMonitoring, MONITORING_PROPERTIES } from './monitoring.ts';
import { OPERATION_PROPERTIES } from './operation.ts';
import { fileOf, InvalidEnvironment, Problems } from './problem.ts';

/** The one environment that runs on one machine. */
const LOCAL = 'local';

/** Ten years: nothing of Postern is meant to be kept longer. */
const MAX_RETENTION_SECONDS = 3_650 * 86_400;

/** The lines say who came when with which URL: what is kept longer than a year is kept for no reason of ours. */
const MAX_LOAD_BALANCER_LOG_DAYS = 365;

const COMMON_PROPERTIES = [
  'runsOn',
  'account',
  'region',
  'availabilityZones',
  'identityProvider',
  'consoleClient',
  'processors',
  'minimumGrade',
  'protected',
  'policies',
  'tokenEncryption',
  'signingKeys',
  'accessToken',
  'accessTokenMaxLifetime',
  'retention',
  'logRetention',
  'loadBalancerLogRetention',
  'ownerClaim',
  'abbreviations',
  'inlineLimit',
  'quarantineLimit',
  ...MONITORING_PROPERTIES,
  ...OPERATION_PROPERTIES,
  'rateLimits',
  'countries',
  'antiDdos',
] as const satisfies readonly (keyof AwsEnvironmentInput & keyof LocalEnvironmentInput)[];

const PROPERTIES: Readonly<Record<EnvironmentInput['runsOn'], readonly string[]>> = {
  aws: [
    ...COMMON_PROPERTIES,
    'domain',
    'certificateArn',
    'hostedZone',
    'shield',
    'network',
    'mutualTls',
    'privateLink',
    'tokensInUrls',
  ] satisfies (keyof AwsEnvironmentInput)[],
  'this-machine': [
    ...COMMON_PROPERTIES,
    'origin',
    'certificateArn',
    'loadBalancerPublicKeysUrl',
  ] satisfies (keyof LocalEnvironmentInput)[],
};

/**
 * Checks an environment file. Types say most of it; this says the rest, and says it to whoever has no type checker at
 * hand.
 * @throws {InvalidEnvironment} with everything that is wrong
 */
export const checkEnvironment = (name: string, input: EnvironmentInput): void => {
  const problems = new Problems();
  const room = MAX_TARGET_GROUP_NAME_CHARS - Math.max(...FRONT_FUNCTIONS.map((one) => targetGroupName('', one).length));
  problems.text(
    'the name',
    name,
    new RegExp(`^[a-z][a-z0-9-]{0,${room - 1}}$`),
    `at most ${room} of [a-z0-9-], a letter first, because names of target groups are made from it`,
    'Rename the file.',
  );
  const runsOn = name === LOCAL ? 'this-machine' : 'aws';
  problems.expect(
    input.runsOn === runsOn,
    'runsOn',
    input.runsOn,
    `"${runsOn}"`,
    `Only the environment "${LOCAL}" runs on one machine, and it runs nowhere else.`,
  );
  problems.properties('', input, PROPERTIES[runsOn]);
  checkAccount(problems, input);
  if (input.runsOn === 'aws') {
    checkDomain(problems, input);
    checkShield(problems, input.shield ?? 'standard');
    checkDoor(problems, input);
  } else checkLocalPlace(problems, input);
  checkIdentityProvider(problems, input);
  checkSigningKeys(problems, input.signingKeys ?? { [FIRST_SIGNING_KEY]: { use: 'current' } }, input.processors);
  checkAccessToken(problems, input.accessToken ?? {});
  checkLimits(problems, input);
  checkWebAcl(problems, input);
  checkMonitoring(problems, input);
  checkOperation(problems, input);
  checkPayloads(problems, input);
  checkProcessors(problems, input);
  checkSecrets(problems, input);
  checkTokenEncryption(problems, input);
  if (input.policies !== undefined) checkPolicies(problems, input.policies);
  if (problems.list.length > 0) throw new InvalidEnvironment(name, problems.list);
};

const checkAccount = (problems: Problems, input: EnvironmentInput): void => {
  const { account, region, availabilityZones } = input;
  problems.text('account', account, /^\d{12}$/, 'an account id of 12 digits', 'Write your account id, in quotes.');
  problems.text('region', region, /^[a-z]{2}(-[a-z]+)+-\d$/, 'a region, as eu-west-1', 'Correct the region.');
  const zones = Array.isArray(availabilityZones) ? availabilityZones : [];
  problems.expect(
    zones.length >= 2 &&
      new Set(zones).size === zones.length &&
      zones.every((zone) => zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))),
    'availabilityZones',
    availabilityZones,
    `two different zones of ${region} at least, as ${region}a`,
    'Take zones of the region; `aws ec2 describe-availability-zones` lists them.',
  );
};

const checkLocalPlace = (problems: Problems, input: LocalEnvironmentInput): void => {
  const remedy = 'Give http, 127.0.0.1 and a port: nothing of this environment leaves the machine.';
  problems.text('origin', input.origin, /^http:\/\/127\.0\.0\.1:\d{1,5}$/, 'a loopback origin without a path', remedy);
  problems.expect(isLoopbackUrl(input.origin), 'origin', input.origin, 'a port from 1 to 65535', remedy);
  checkRegionalArn(problems, 'certificateArn', input.certificateArn, 'acm', input.region);
  problems.expect(
    isLoopbackUrl(input.loadBalancerPublicKeysUrl),
    'loadBalancerPublicKeysUrl',
    input.loadBalancerPublicKeysUrl,
    'a loopback URL',
    remedy,
  );
};

const ENDPOINTS = [
  'issuer',
  'jwksUri',
  'authorizationEndpoint',
  'tokenEndpoint',
  'userInfoEndpoint',
] as const satisfies readonly (keyof IdentityProvider)[];

const checkIdentityProvider = (problems: Problems, input: EnvironmentInput): void => {
  const local = input.runsOn === 'this-machine';
  for (const endpoint of ENDPOINTS) {
    const url: unknown = input.identityProvider?.[endpoint];
    if (Token.isUnresolved(url)) continue;
    problems.expect(
      local ? isLoopbackUrl(url) : isHttpsUrl(url),
      `identityProvider.${endpoint}`,
      url,
      local ? 'a loopback URL, as http://127.0.0.1:8081' : 'an https URL without credentials, query and fragment',
      "Copy it from the provider's /.well-known/openid-configuration.",
    );
  }
  const { clientId, secretName } = input.consoleClient ?? {};
  problems.handedOn('consoleClient.clientId', clientId, /^\S+$/, 'the id of a client', 'Register one at the provider.');
  problems.handedOn(
    'consoleClient.secretName',
    secretName,
    /^[A-Za-z0-9/_+=.@-]{1,512}$/,
    'the name of a secret in Secrets Manager',
    'Store the secret of the client there as {"clientSecret": "…"}, and write its name, never the secret.',
  );
};

const isHttpsUrl = (value: unknown): boolean => {
  const url = parse(value);
  return url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '';
};

const isLoopbackUrl = (value: unknown): boolean => {
  const url = parse(value);
  return url?.protocol === 'http:' && url.hostname === '127.0.0.1' && url.username === '' && url.port !== '0';
};

const parse = (value: unknown): URL | undefined =>
  typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;

const checkLimits = (problems: Problems, input: EnvironmentInput): void => {
  const { accessTokenMaxLifetime, retention, logRetention, loadBalancerLogRetention, alarmTopicArn } = input;
  problems.oneOf('minimumGrade', input.minimumGrade, ['A', 'B', 'C', 'D'], 'A is the strongest.');
  problems.oneOf('protected', input.protected, [true, false], 'Say whether anything here must survive.');
  problems.oneOf('ownerClaim', input.ownerClaim ?? false, [true, false], 'Say whether processors may read owners.');
  problems.oneOf('abbreviations', input.abbreviations ?? false, [true, false], 'Say whether names may be cut.');
  if (accessTokenMaxLifetime !== undefined) {
    const bounds = { min: 60, max: 86_400 };
    const remedy = "Give the longest lifetime of the provider's access tokens.";
    problems.integer('accessTokenMaxLifetime', secondsOf(accessTokenMaxLifetime), bounds, 'seconds', remedy);
  }
  if (retention !== undefined) {
    // Of a used token as much is remembered: a repeat within that time is answered, and its task should still be there.
    const bounds = { min: JTI_RETENTION_AFTER_EXP_SECONDS, max: MAX_RETENTION_SECONDS };
    const remedy = 'Keep tasks a day at least, as long as their used tokens are remembered.';
    problems.integer('retention', secondsOf(retention), bounds, 'seconds', remedy);
  }
  if (logRetention !== undefined) {
    const days = Object.values(RetentionDays).filter((value) => typeof value === 'number');
    problems.oneOf('logRetention', logRetention, days, 'Take a value of RetentionDays.');
  }
  if (loadBalancerLogRetention !== undefined) {
    const bounds = { min: 1, max: MAX_LOAD_BALANCER_LOG_DAYS };
    const days = Number(secondsOf(loadBalancerLogRetention)) / 86_400;
    problems.integer('loadBalancerLogRetention', days, bounds, 'days', 'Give a Duration of whole days.');
  }
  if (alarmTopicArn !== undefined) checkRegionalArn(problems, 'alarmTopicArn', alarmTopicArn, 'sns', input.region);
};

/**
 * Checks the names of the files against each other, before any of them is read.
 * @throws {InvalidEnvironment} if two differ in capitals alone: both would be the same stage
 */
export const checkNames = (names: readonly string[]): void => {
  for (const [i, name] of names.entries()) {
    const other = names.slice(0, i).find((one) => one.toLowerCase() === name.toLowerCase());
    if (other === undefined) continue;
    throw new InvalidEnvironment(name, [
      {
        at: 'the name',
        value: name,
        expected: `a name of its own, and "${other}" (${fileOf(other)}) is the same but for capitals`,
        remedy: 'Rename one of the two files.',
      },
    ]);
  }
};

/**
 * Checks environments against each other.
 * @throws {InvalidEnvironment} if two have the same origin: tokens of one would be good for the other
 */
export const checkDistinct = (environments: readonly Pick<Environment, 'name' | 'origin' | 'host'>[]): void => {
  for (const [i, environment] of environments.entries()) {
    const other = environments.slice(0, i).find(({ origin }) => origin === environment.origin);
    if (other === undefined) continue;
    throw new InvalidEnvironment(environment.name, [
      {
        at: 'domain',
        value: environment.host,
        expected: `a domain of its own, and "${other.name}" (${fileOf(other.name)}) has the same`,
        remedy: 'Give one of the two another domain: callback tokens are bound to it.',
      },
    ]);
  }
};
