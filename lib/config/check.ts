import { Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { JTI_RETENTION_AFTER_EXP_SECONDS } from '../../lambda/contract/limits.ts';
import { FRONT_FUNCTIONS } from '../../lambda/contract/routes.ts';
import { FIRST_SIGNING_KEY, MAX_TARGET_GROUP_NAME_CHARS, targetGroupName } from '../names.ts';
import { checkAccessToken } from './check-access-token.ts';
import { checkConsole } from './check-console.ts';
import { checkDomain } from './check-domain.ts';
import { checkDoor } from './check-ingress.ts';
import { checkOperation } from './check-operation.ts';
import { checkPayloads } from './check-payloads.ts';
import { checkPolicies } from './check-policies.ts';
import { checkProcessors } from './check-processors.ts';
import { checkRegion, isRegion } from './check-region.ts';
import { checkRegionalArn } from './check-regional-arn.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkShield } from './check-shield.ts';
import { checkSigningKeys } from './check-signing-keys.ts';
import { checkTokenEncryption } from './check-token-encryption.ts';
import { checkWebAcl } from './check-web-acl.ts';
import type {
  AwsEnvironmentInput,
  Environment,
  EnvironmentInput,
  IdentityProvider,
  LocalEnvironmentInput,
} from './environment.ts';
import { Finding, fileOf, InvalidEnvironment, Problems } from './errors.ts';
import { checkMonitoring, MONITORING_PROPERTIES } from './monitoring.ts';
import { OPERATION_PROPERTIES } from './operation.ts';

/** The one environment that runs on one machine. */
const LOCAL = 'local';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;

/** Bounds of the durations, in milliseconds. */
const DURATIONS = {
  accessTokenMaxLifetime: { min: 60 * SECOND, max: DAY, step: SECOND },
  // A used token is remembered for as long: a repeat within that time is answered, and its task should still be there. Ten
  // years at most, because a callback gateway is no archive.
  retention: { min: JTI_RETENTION_AFTER_EXP_SECONDS * SECOND, max: 3_650 * DAY, step: SECOND },
  // The logs say who called when with which URL. Nothing of Postern needs them for longer than a year.
  loadBalancerLogRetention: { min: DAY, max: 365 * DAY, step: DAY },
} as const;

const COMMON_PROPERTIES = [
  'runsOn',
  'account',
  'region',
  'availabilityZones',
  'identityProvider',
  'consoleClient',
  'operatorRoles',
  'consoleSession',
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
 * Checks an environment file. The type checker finds most mistakes; this finds the rest, and all of them where nobody ran the
 * type checker.
 * @throws {InvalidEnvironment} with everything that is wrong
 */
export const checkEnvironment = (name: string, input: EnvironmentInput): void => {
  const problems = new Problems();
  const room = MAX_TARGET_GROUP_NAME_CHARS - Math.max(...FRONT_FUNCTIONS.map((one) => targetGroupName('', one).length));
  problems.text(
    'the name',
    name,
    new RegExp(`^[a-z][a-z0-9-]{0,${room - 1}}$`),
    `1 to ${room} characters of [a-z0-9-], the first of them a letter, because target groups get names that begin with it`,
    'Rename the file.',
  );
  const runsOn = name === LOCAL ? 'this-machine' : 'aws';
  problems.expect(
    input.runsOn === runsOn,
    'runsOn',
    input.runsOn,
    `"${runsOn}"`,
    `The environment "${LOCAL}" runs on this machine, and every other environment runs on AWS.`,
  );
  checkProperties(problems, input, runsOn);
  checkAccount(problems, input);
  // Of another kind, it would be missing everything that its own kind has.
  if (input.runsOn === 'aws' && runsOn === 'aws') {
    checkDomain(problems, input);
    checkShield(problems, input.shield ?? 'standard');
    checkDoor(problems, input);
  }
  if (input.runsOn === 'this-machine' && runsOn === 'this-machine') checkLocalPlace(problems, input);
  checkIdentityProvider(problems, input, runsOn === 'this-machine');
  checkConsole(problems, input);
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

const OTHER_KIND = { aws: 'this-machine', 'this-machine': 'aws' } as const;

/** A property of the other kind of environment is no spelling mistake. */
const checkProperties = (problems: Problems, input: EnvironmentInput, runsOn: EnvironmentInput['runsOn']): void => {
  const other = OTHER_KIND[runsOn];
  const foreign = PROPERTIES[other].filter((name) => !PROPERTIES[runsOn].includes(name));
  for (const name of foreign.filter((one) => Object.hasOwn(input, one))) {
    problems.expect(
      input.runsOn === other,
      name,
      input[name as keyof EnvironmentInput],
      `no such property: it is for an environment with runsOn "${other}"`,
      'Take the property out.',
    );
  }
  problems.properties('', input, [...PROPERTIES[runsOn], ...foreign]);
};

const checkAccount = (problems: Problems, input: EnvironmentInput): void => {
  const { account, region, availabilityZones } = input;
  problems.text('account', account, /^\d{12}$/, 'an account id: 12 digits, in quotes', 'Write the id of your account.');
  checkRegion(problems, region);
  // Without a region nobody can say which zones are right.
  if (!isRegion(region)) return;
  const zones = Array.isArray(availabilityZones) ? availabilityZones : [];
  problems.expect(
    zones.length >= 2 &&
      new Set(zones).size === zones.length &&
      zones.every((zone) => new RegExp(`^${region}[a-z]$`).test(`${zone}`)),
    'availabilityZones',
    availabilityZones,
    `a list of two or more zones of ${region}, each of them once, as ['${region}a', '${region}b']`,
    `\`aws ec2 describe-availability-zones --region ${region}\` lists the zones of the region.`,
  );
};

const checkLocalPlace = (problems: Problems, input: LocalEnvironmentInput): void => {
  const remedy = 'This environment never leaves the machine: use http, 127.0.0.1 and a port from 1 to 65535.';
  problems.expect(
    /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(`${input.origin}`) && isLoopbackUrl(input.origin),
    'origin',
    input.origin,
    'a loopback origin without a path, as http://127.0.0.1:8080',
    remedy,
  );
  checkRegionalArn(problems, 'certificateArn', input.certificateArn, 'acm', input.region);
  problems.expect(
    isLoopbackUrl(input.loadBalancerPublicKeysUrl),
    'loadBalancerPublicKeysUrl',
    input.loadBalancerPublicKeysUrl,
    'a loopback URL, as http://127.0.0.1:8082/keys',
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
const END_SESSION = 'endSessionEndpoint' as const satisfies keyof IdentityProvider;
const PROVIDER_PROPERTIES = [
  ...ENDPOINTS,
  END_SESSION,
  'endSessionReturn',
] as const satisfies readonly (keyof IdentityProvider)[];

const checkIdentityProvider = (problems: Problems, input: EnvironmentInput, local: boolean): void => {
  const isProvider = problems.object(
    'identityProvider',
    input.identityProvider,
    `an object with ${ENDPOINTS.join(', ')}`,
    "Copy them from the provider's /.well-known/openid-configuration.",
  );
  if (isProvider) problems.properties('identityProvider', input.identityProvider, PROVIDER_PROPERTIES);
  const given = [...ENDPOINTS, ...(input.identityProvider?.endSessionEndpoint === undefined ? [] : [END_SESSION])];
  for (const endpoint of isProvider ? given : []) {
    const url: unknown = input.identityProvider[endpoint];
    if (Token.isUnresolved(url)) continue;
    problems.expect(
      local ? isLoopbackUrl(url) : isHttpsUrl(url),
      `identityProvider.${endpoint}`,
      url,
      local ? 'a loopback URL, as http://127.0.0.1:8081' : 'an https URL without user name, query and fragment',
      "Copy it from the provider's /.well-known/openid-configuration.",
    );
  }
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

const REMEDIES: Readonly<Record<keyof typeof DURATIONS, string>> = {
  accessTokenMaxLifetime: "Give the longest lifetime of the provider's access tokens, as Duration.hours(1).",
  retention:
    'Keep tasks for at least a day, because used tokens are remembered for a day; for instance Duration.days(30).',
  loadBalancerLogRetention: 'Give whole days, as Duration.days(30).',
};

const checkLimits = (problems: Problems, input: EnvironmentInput): void => {
  const { logRetention, alarmTopicArn } = input;
  problems.oneOf(
    'minimumGrade',
    input.minimumGrade,
    ['A', 'B', 'C', 'D'],
    'Choose the weakest grade that a processor may have; A is the strongest.',
  );
  problems.oneOf(
    'protected',
    input.protected,
    [true, false],
    'Write true where its data must not be deleted with the stacks, and false where it may.',
  );
  problems.oneOf(
    'ownerClaim',
    input.ownerClaim ?? false,
    [true, false],
    'Write true where processors may read the owner of a task, and false where they may not.',
  );
  problems.oneOf(
    'abbreviations',
    input.abbreviations ?? false,
    [true, false],
    'Write true where senders may cut names, and false where they may not.',
  );
  for (const [name, bounds] of Object.entries(DURATIONS)) {
    const value = input[name as keyof typeof DURATIONS];
    if (value !== undefined) problems.duration(name, value, bounds, REMEDIES[name as keyof typeof DURATIONS]);
  }
  if (logRetention !== undefined) {
    const days = Object.values(RetentionDays).filter((value) => typeof value === 'number');
    problems.oneOf('logRetention', logRetention, days, 'Use a value of RetentionDays, as RetentionDays.ONE_MONTH.');
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
    throw new InvalidEnvironment(
      [other, name],
      [
        {
          at: 'the name',
          value: new Finding(`"${other}" differs from "${name}" in capitals alone`),
          expected: 'names that differ in lower case too, because both would be the same stage of the CDK',
          remedy: 'Rename one of the two files.',
        },
      ],
    );
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
    throw new InvalidEnvironment(
      [other.name, environment.name],
      [
        {
          at: 'domain',
          value: new Finding(`is "${environment.host}" in both files`),
          expected: 'another domain in each, because a callback token of one would be accepted by the other',
          remedy: `Change \`domain\` in ${fileOf(environment.name)} or in ${fileOf(other.name)}, whichever is the copy.`,
        },
      ],
    );
  }
};
