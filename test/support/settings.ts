import { readInterface } from './interfaces.ts';

/** Interfaces whose members are settings of an environment file, with what stands before their names. */
const INTERFACES: readonly (readonly [prefix: string, file: string, name: string])[] = [
  ['', 'lib/config/environment.ts', 'AwsEnvironmentInput'],
  ['', 'lib/config/environment.ts', 'CommonInput'],
  ['', 'lib/config/edge.ts', 'WebAclInput'],
  ['', 'lib/config/edge.ts', 'DoorInput'],
  ['', 'lib/config/monitoring.ts', 'MonitoringInput'],
  ['', 'lib/config/operation.ts', 'OperationInput'],
  ['identityProvider.', 'lib/config/environment.ts', 'IdentityProvider'],
  ['consoleClient.', 'lib/config/environment.ts', 'ConsoleClient'],
  ['consoleSession.', 'lib/config/environment.ts', 'ConsoleSession'],
  ['processors.ID.', 'lib/config/environment.ts', 'ProcessorInput'],
  ['signingKeys.ID.', 'lib/config/environment.ts', 'SigningKey'],
  ['accessToken.', 'lib/config/environment.ts', 'AccessTokens'],
  ['tokenEncryption.', 'lib/config/environment.ts', 'TokenEncryption'],
  ['rateLimits.', 'lib/config/edge.ts', 'RateLimits'],
  ['shield.', 'lib/config/edge.ts', 'ShieldAdvanced'],
  ['network.', 'lib/config/edge.ts', 'ExistingNetwork'],
  ['mutualTls.', 'lib/config/edge.ts', 'MutualTls'],
  ['privateLink.', 'lib/config/edge.ts', 'PrivateLink'],
  ['alarmSubscribers.', 'lib/config/monitoring.ts', 'AlarmSubscribers'],
  ['tableThroughput.', 'lib/config/operation.ts', 'TableThroughput'],
  ['warmThroughput.', 'lib/config/operation.ts', 'WarmThroughput'],
];

/** Parents that have a row above, or whose members are picked by name. */
const READ_ELSEWHERE =
  /^(CommonInput<HttpsUrl>|DoorInput|WebAclInput|MonitoringInput|OperationInput|Pick<|Partial<|'|$)/;

/**
 * Every setting of an environment on AWS, read from the interfaces: a new one is here without being added.
 * @throws {Error} if an interface extends one that has no row here
 */
export const everySetting = (): readonly string[] =>
  INTERFACES.flatMap(([prefix, file, name]) => {
    const { members, parents } = readInterface(file, name);
    const picked = [...parents.matchAll(/Pick<\s*\w+,\s*([^>]+)>/g)].flatMap(([, names = '']) =>
      [...names.matchAll(/'(\w+)'/g)].map(([, member = '']) => member),
    );
    const unread = parents
      .replaceAll(/(Partial<\s*)?Pick<[^>]*>\s*>?/g, '')
      .split(',')
      .map((parent) => parent.trim())
      .filter((parent) => !READ_ELSEWHERE.test(parent));
    if (unread.length > 0) throw new Error(`${name} extends ${unread.join(', ')}, which is read by nothing here.`);
    return [...picked, ...members.map((member) => member.name)].map((member) => `${prefix}${member}`);
  });
