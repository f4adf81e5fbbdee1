import { readInterface } from './interfaces.ts';

/** Interfaces whose members are settings of an environment file, with what stands before their names. */
const INTERFACES: readonly (readonly [prefix: string, file: string, name: string])[] = [
  ['', 'lib/environment.ts', 'AwsEnvironmentInput'],
  ['', 'lib/environment.ts', 'CommonInput'],
  ['', 'lib/environment/edge.ts', 'WebAclInput'],
  ['', 'lib/environment/edge.ts', 'DoorInput'],
  ['', 'lib/environment/monitoring.ts', 'MonitoringInput'],
  ['', 'lib/environment/operation.ts', 'OperationInput'],
  ['identityProvider.', 'lib/environment.ts', 'IdentityProvider'],
  ['consoleClient.', 'lib/environment.ts', 'ConsoleClient'],
  ['consoleSession.', 'lib/environment.ts', 'ConsoleSession'],
  ['processors.ID.', 'lib/environment.ts', 'ProcessorInput'],
  ['signingKeys.ID.', 'lib/environment.ts', 'SigningKey'],
  ['accessToken.', 'lib/environment.ts', 'AccessTokens'],
  ['tokenEncryption.', 'lib/environment.ts', 'TokenEncryption'],
  ['rateLimits.', 'lib/environment/edge.ts', 'RateLimits'],
  ['shield.', 'lib/environment/edge.ts', 'ShieldAdvanced'],
  ['network.', 'lib/environment/edge.ts', 'ExistingNetwork'],
  ['mutualTls.', 'lib/environment/edge.ts', 'MutualTls'],
  ['privateLink.', 'lib/environment/edge.ts', 'PrivateLink'],
  ['alarmSubscribers.', 'lib/environment/monitoring.ts', 'AlarmSubscribers'],
  ['tableThroughput.', 'lib/environment/operation.ts', 'TableThroughput'],
  ['warmThroughput.', 'lib/environment/operation.ts', 'WarmThroughput'],
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
