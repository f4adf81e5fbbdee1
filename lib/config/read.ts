import { Duration, Size } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import {
  ACCESS_TOKEN_LIFETIME_SECONDS,
  CONSOLE_IDLE_SECONDS,
  CONSOLE_SESSION_SECONDS,
  DEFAULT_USES,
  EXPIRES_IN_SECONDS,
  INLINE_LIMIT_BYTES,
  QUARANTINE_LIMIT,
  RETENTION_SECONDS,
} from '../../lambda/contract/limits.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import type { Processor, Registry } from '../../lambda/contract/registry.ts';
import { FIRST_SIGNING_KEY } from '../names.ts';
import { checkEnvironment } from './check.ts';
import { readPolicies } from './check-policies.ts';
import { DEFAULT_MUTUAL_TLS_PORT } from './edge.ts';
import type { Environment, EnvironmentInput, ProcessorInput } from './environment.ts';
import { completeMonitoring } from './monitoring.ts';
import { completeOperation } from './operation.ts';
import { completeProof } from './proofs.ts';

/**
 * Checks an environment and fills in its defaults.
 * @param name the name of its file
 * @throws {InvalidEnvironment} with everything that is wrong: the value, what was expected, and what to change.
 */
export const readEnvironment = (name: string, input: EnvironmentInput): Environment => {
  checkEnvironment(name, input);
  return {
    name,
    account: input.account,
    region: input.region,
    availabilityZones: input.availabilityZones,
    ...place(input),
    identityProvider: input.identityProvider,
    consoleClient: { scopes: ['openid', 'profile'], ...input.consoleClient },
    operatorRoles: input.operatorRoles ?? USERINFO_ROLES,
    consoleSession: {
      limit: Duration.seconds(CONSOLE_SESSION_SECONDS.default),
      idle: Duration.seconds(CONSOLE_IDLE_SECONDS.default),
      ...input.consoleSession,
    },
    registry: completeRegistry(input),
    protected: input.protected,
    ...(input.tokenEncryption !== undefined && { tokenEncryption: input.tokenEncryption }),
    ...(input.policies !== undefined && { policies: readPolicies(input.policies) }),
    signingKeys: completeSigningKeys(input.signingKeys ?? { [FIRST_SIGNING_KEY]: { use: 'current' } }),
    accessToken: { profile: RFC_9068, audienceForm: 'text', uses: 'many', ...input.accessToken },
    accessTokenMaxLifetime: input.accessTokenMaxLifetime ?? Duration.seconds(ACCESS_TOKEN_LIFETIME_SECONDS),
    retention: input.retention ?? Duration.seconds(RETENTION_SECONDS),
    logRetention: input.logRetention ?? RetentionDays.THREE_MONTHS,
    loadBalancerLogRetention: input.loadBalancerLogRetention ?? Duration.days(30),
    ownerClaim: input.ownerClaim ?? false,
    abbreviations: input.abbreviations ?? false,
    inlineLimit: input.inlineLimit ?? Size.bytes(INLINE_LIMIT_BYTES.default),
    quarantineLimit: input.quarantineLimit ?? QUARANTINE_LIMIT.default,
    ...completeMonitoring(input),
    ...completeOperation(input),
    rateLimits: input.rateLimits ?? { callbacks: 10_000, callbackPath: 1_000, others: 10_000, handshake: 300 },
    antiDdos: input.antiDdos ?? false,
    ...(input.countries !== undefined && { countries: input.countries }),
  };
};

type Place = Pick<
  Environment,
  | 'origin'
  | 'egress'
  | 'host'
  | 'certificateArn'
  | 'hostedZone'
  | 'shield'
  | 'network'
  | 'mutualTls'
  | 'privateLink'
  | 'loadBalancerPublicKeysUrl'
>;

const place = (input: EnvironmentInput): Place => {
  if (input.runsOn === 'this-machine') {
    return {
      origin: input.origin,
      egress: 'loopback',
      host: new URL(input.origin).hostname,
      certificateArn: input.certificateArn,
      shield: 'standard',
      loadBalancerPublicKeysUrl: input.loadBalancerPublicKeysUrl,
    };
  }
  return {
    origin: `https://${input.domain}`,
    egress: 'public',
    host: input.domain,
    shield: input.shield ?? 'standard',
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    loadBalancerPublicKeysUrl: `https://public-keys.auth.elb.${input.region}.amazonaws.com`,
    ...(input.certificateArn !== undefined && { certificateArn: input.certificateArn }),
    ...(input.hostedZone !== undefined && { hostedZone: input.hostedZone }),
    ...(input.network !== undefined && { network: input.network }),
    ...(input.mutualTls !== undefined && {
      mutualTls: { port: DEFAULT_MUTUAL_TLS_PORT, mode: 'verify', ...input.mutualTls },
    }),
    ...(input.privateLink !== undefined && { privateLink: input.privateLink }),
  };
};

const completeSigningKeys = (keys: NonNullable<EnvironmentInput['signingKeys']>): Environment['signingKeys'] =>
  Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, { algorithm: 'ES256', ...key }]));

const completeRegistry = (input: EnvironmentInput): Registry => {
  const { port = DEFAULT_MUTUAL_TLS_PORT } = (input.runsOn === 'aws' && input.mutualTls) || {};
  return Object.fromEntries(
    Object.entries(input.processors).map(([id, processor]) => [id, completeProcessor(id, processor, port)]),
  );
};

const completeProcessor = (
  id: string,
  { maxExpiresIn, proof, ...input }: ProcessorInput,
  mutualTlsPort: number,
): Processor => ({
  id,
  proof: completeProof(proof ?? { kind: 'none' }, mutualTlsPort),
  encrypted: false,
  allowEmptyResult: false,
  checkJson: true,
  replayMode: 'acknowledge',
  maxExpiresIn: maxExpiresIn?.toSeconds() ?? EXPIRES_IN_SECONDS.max,
  progressUses: DEFAULT_USES.progress,
  uploadUses: DEFAULT_USES.upload,
  ...input,
});
