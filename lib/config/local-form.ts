import { Duration, Token } from 'aws-cdk-lib';
import { type AccessTokenProfile, RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import { FIRST_SIGNING_KEY } from '../names.ts';
import { COGNITO_CLIENT } from './cognito.ts';
import { type ConstructInput, readConstruct } from './construct.ts';
import type { DispatchInput } from './dispatch.ts';
import type { AwsEnvironmentInput, Environment, LocalEnvironmentInput } from './environment.ts';
import { localPlaceOf } from './local-place.ts';
import {
  LOCAL_CLI_CLIENT,
  LOCAL_OPERATORS,
  LOCAL_PROCESSOR_ORIGIN,
  LOCAL_SECRETS,
  type LocalDescription,
  type LocalSettings,
} from './local-settings.ts';
import type { ProcessorInput } from './processors.ts';
import type { ProofInput } from './proofs.ts';
import { readEnvironment } from './read.ts';
import { constructSource } from './source.ts';

type LocalFormSettings = Omit<LocalSettings, 'environment'>;

/** The form of an environment that runs on one machine. */
export interface LocalForm {
  readonly environment: Environment;
  readonly description: Omit<LocalDescription, 'stacks'>;
}

/**
 * Turns an environment on AWS into the form that runs on one machine: its processors, applications, policies and limits, with
 * the addresses and keys of the local gateway.
 * @param path of the construct in the app, which errors name
 * @throws {InvalidEnvironment} if the environment has mistakes
 */
export const localFormOf = (path: string, construct: ConstructInput, settings: LocalFormSettings): LocalForm => {
  const source = constructSource(path);
  // Its mistakes are reported as those of the environment on AWS.
  const { accessToken, name } = readConstruct(path, construct);
  const input: AwsEnvironmentInput = { ...construct.environment, ...construct.env, runsOn: 'aws' };
  const processors = Object.entries(input.processors).map(([id, processor]) => [
    id,
    localProcessor(processor, settings),
  ]);
  const local: LocalEnvironmentInput = {
    ...keptOf(input),
    ...localPlaceOf(settings, input),
    signing: localSigning(input, settings),
    ...localSigningKeys(input, settings),
    ...localApplications(input),
    accessToken: {
      ...input.accessToken,
      // The profile of a user pool of the environment is known to the deployment only.
      ...(accessToken.profile !== undefined && { profile: withLocalOperators(accessToken.profile) }),
    },
    operatorRoles: USERINFO_ROLES,
    minimumGrade: hasCertificates(input) ? 'D' : input.minimumGrade,
    protected: false,
    ...(input.tokenEncryption !== undefined && {
      tokenEncryption: { secretName: LOCAL_SECRETS.tokenEncryption, publicJwk: settings.processorKeys.encryption },
    }),
    processors: Object.fromEntries(processors),
  };
  const environment = readEnvironment(name, local, source, 'this-machine');
  return { environment, description: describeLocal(environment, differencesOf(input, settings)) };
};

/** Describes an environment that runs on this machine. */
export const describeLocal = (
  environment: Environment,
  differences: readonly string[] = [],
): LocalForm['description'] => {
  const { accessToken, accessTokenMaxLifetime, name } = environment;
  return {
    environment: name,
    clients: clientsOf(environment),
    processors: describeProcessors(environment),
    applications: Object.fromEntries(
      Object.values(environment.applications).map(({ id, pendingLimit, processors }) => [
        id,
        { pendingLimit, processors },
      ]),
    ),
    hasPolicies: environment.policies !== undefined,
    isEachTokenUsedOnce: accessToken.uses === 'one-time',
    quarantineLimit: environment.quarantineLimit,
    accessToken: { profile: accessToken.profile ?? RFC_9068, audienceForm: accessToken.audienceForm },
    accessTokenMaxLifetime: accessTokenMaxLifetime.toSeconds(),
    differences,
  };
};

/** `kept`: the local form has it too. `replaced`: it has another value. A text: it is left out, with the reason. */
type Treatment = 'kept' | 'replaced' | `${string}.`;

/** One line for each setting, so that a new setting does not compile without a decision. */
const TREATMENTS = {
  runsOn: 'replaced',
  account: 'kept',
  region: 'kept',
  availabilityZones: 'kept',
  domain: 'replaced',
  certificateArn: 'replaced',
  hostedZone: 'replaced',
  ingress: 'replaced',
  identityProvider: 'replaced',
  consoleClient: 'replaced',
  operatorRoles: 'replaced',
  accessToken: 'replaced',
  minimumGrade: 'replaced',
  signing: 'replaced',
  signingKeys: 'replaced',
  tokenEncryption: 'replaced',
  processors: 'replaced',
  protected: 'replaced',
  disabledActions: 'kept',
  operatorsReadOnly: 'kept',
  consoleSession: 'kept',
  accessTokenMaxLifetime: 'kept',
  applications: 'replaced',
  cognito: 'the local OpenID provider stands for the user pool.',
  policies: 'kept',
  ownerClaim: 'kept',
  abbreviations: 'kept',
  retention: 'kept',
  auditRetention: 'kept',
  inlineLimit: 'kept',
  quarantineLimit: 'kept',
  indexShards: 'kept',
  runbookUrl: 'kept',
  toleratedExpiries: 'kept',
  toleratedRefusals: 'kept',
  toleratedBlocks: 'kept',
  toleratedServerErrors: 'kept',
  toleratedLatency: 'kept',
  toleratedPublishDelay: 'kept',
  toleratedResumeDelay: 'kept',
  toleratedDispatchDelay: 'kept',
  logRetention: 'replaced',
  loadBalancerLogRetention: 'replaced',
  deploymentPace: 'replaced',
  deploymentWave: 'replaced',
  tokensInUrls: 'replaced',
  senderAccessToken: 'senders get their tokens from the local OpenID provider too.',
  rateLimits: 'no request is counted; there is no web ACL here.',
  countries: 'requests come from this machine; there is no web ACL here.',
  antiDdos: 'there is no web ACL here.',
  shield: 'there is no Shield here.',
  network: 'the gateway listens on 127.0.0.1 only.',
  privateLink: 'callers use 127.0.0.1.',
  mutualTls: 'no listener asks for certificates here.',
  alarmSubscribers: 'nobody is notified; the console shows raised alarms.',
  alarmTopicArn: 'nobody is notified; the console shows raised alarms.',
  reservedConcurrency: 'each function has up to four processes.',
  tableThroughput: 'the tables have no limit here.',
  warmThroughput: 'the tables have no limit here.',
  dataOperators: 'the data are files on this machine.',
  eventRuleAccounts: 'no other account can read events here.',
  tracing: 'there is no X-Ray here.',
} as const satisfies { readonly [K in keyof Required<AwsEnvironmentInput>]: Treatment };

type Kept = {
  [K in keyof typeof TREATMENTS]: (typeof TREATMENTS)[K] extends 'kept' ? K : never;
}[keyof typeof TREATMENTS];

const keptOf = (input: AwsEnvironmentInput): Pick<AwsEnvironmentInput, Kept> =>
  Object.fromEntries(
    Object.entries(input).filter(([setting]) => TREATMENTS[setting as keyof typeof TREATMENTS] === 'kept'),
  ) as Pick<AwsEnvironmentInput, Kept>;

/** Values of settings that ask for nothing. */
const NOTHING: readonly unknown[] = [undefined, false, 'standard'];

/** The differences that change answers of the gateway, or that a reader may expect. */
const differencesOf = (
  input: AwsEnvironmentInput,
  { consolePort, processorOrigin = LOCAL_PROCESSOR_ORIGIN, webhookOrigin }: LocalFormSettings,
): readonly string[] => [
  ...Object.entries(TREATMENTS).flatMap(([setting, treatment]: readonly [string, Treatment]) =>
    treatment === 'kept' || treatment === 'replaced' || NOTHING.includes(input[setting as keyof AwsEnvironmentInput])
      ? []
      : [`${setting}: ${treatment}`],
  ),
  ...(input.ingress?.kind === 'network' && consolePort === undefined
    ? ['ingress: a load balancer serves the gateway and the console; POSTERN_INGRESS=network runs the network door.']
    : []),
  ...Object.entries(input.processors).flatMap(([id, { dispatch, proof, sourceRanges }]) => [
    ...(dispatch === undefined
      ? []
      : [
          `processors.${id}.dispatch: the work goes to ${processorOrigin}, with secrets of this machine (\`clients.dispatch\` of the ready file).`,
        ]),
    ...(sourceRanges === undefined ? [] : [`processors.${id}.sourceRanges: every caller is on this machine.`]),
    ...proofDifference(proof, webhookOrigin).map((difference) => `processors.${id}.proof: ${difference}`),
  ]),
];

const proofDifference = (proof: ProofInput | undefined, webhookOrigin: string): readonly string[] => {
  switch (proof?.kind) {
    case 'dpop':
      return ['a key of this machine, `clients.dpop` of the ready file.'];
    case 'http_signature':
      return ['a key of this machine, `clients.signed` of the ready file.'];
    case 'standard_webhooks':
      return ['a secret of this machine, `clients.standard` of the ready file.'];
    case 'private_key_jwt':
      return ['a client of the local OpenID provider, `clients.processor` of the ready file.'];
    case 'webhook':
      return [`calls are confirmed at ${webhookOrigin}; POSTERN_WEBHOOK_ORIGIN names another origin.`];
    case 'mtls':
      return ['none, because no listener asks for certificates here: the token alone is accepted.'];
    default:
      return [];
  }
};

const hasCertificates = ({ processors }: AwsEnvironmentInput): boolean =>
  Object.values(processors).some(({ proof }) => proof?.kind === 'mtls');

const localProcessor = (
  { dispatch, proof, sourceRanges: _ranges, ...processor }: ProcessorInput,
  settings: LocalFormSettings,
): ProcessorInput => ({
  ...processor,
  ...(proof !== undefined && { proof: localProof(proof, settings) }),
  ...(dispatch !== undefined && { dispatch: localDispatch(dispatch, settings) }),
});

/** The work goes to a processor on this machine, with secrets of this machine. No authorization server is here. */
const localDispatch = (
  { auth: _auth, headers = {}, sign, url, ...dispatch }: DispatchInput,
  { processorOrigin = LOCAL_PROCESSOR_ORIGIN }: LocalFormSettings,
): DispatchInput => ({
  ...dispatch,
  // Not parsed: a URL with placeholders is no URL yet.
  url: url.replace(/^https?:\/\/[^/?#]*/, processorOrigin),
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : { ...value, secret: LOCAL_SECRETS.dispatchApiKey },
    ]),
  ),
  ...(sign !== undefined && { sign: localSignature(sign) }),
});

const localSignature = (sign: NonNullable<DispatchInput['sign']>): NonNullable<DispatchInput['sign']> =>
  sign.kind === 'standard_webhooks' ? { kind: sign.kind, secretName: LOCAL_SECRETS.dispatchSignature } : sign;

const localProof = (proof: ProofInput, { processorKeys, webhookOrigin }: LocalFormSettings): ProofInput => {
  switch (proof.kind) {
    case 'dpop':
      return { ...proof, publicJwk: processorKeys.dpop };
    case 'http_signature':
      return { ...proof, keys: { [processorKeys.signed.kid]: processorKeys.signed } };
    case 'standard_webhooks':
      return { kind: 'standard_webhooks', secretName: LOCAL_SECRETS.standardWebhooks };
    case 'private_key_jwt':
      // A client that another stack makes has no id yet.
      return { ...proof, clientId: Token.isUnresolved(proof.clientId) ? UNKNOWN_CLIENT : proof.clientId };
    case 'webhook':
      return { ...proof, origins: [...new Set(proof.origins.map((entry) => atOrigin(entry, webhookOrigin)))] };
    case 'mtls':
      return { kind: 'none' };
    case 'none':
      return proof;
  }
};

const UNKNOWN_CLIENT = 'local-processor';

/** An origin stays an origin, and a URL keeps its path. */
const atOrigin = (entry: string, origin: string): string => {
  const { origin: own } = new URL(entry);
  return `${origin}${entry.slice(own.length)}`;
};

/** One key signs for a month: after a pause of many days, a start need not wait until a new key may sign. */
const KEY_LIFETIME = Duration.days(30);

const localSigning = (
  { signing = { kind: 'rotating' } }: AwsEnvironmentInput,
  { signing: kind = signing.kind }: LocalFormSettings,
): NonNullable<LocalEnvironmentInput['signing']> =>
  kind === 'kms' ? { kind } : { ...(signing.kind === 'rotating' && signing), kind, every: KEY_LIFETIME };

const localSigningKeys = (
  { signing = { kind: 'rotating' }, signingKeys }: AwsEnvironmentInput,
  { hasKmsSigningKey, signing: kind = signing.kind }: LocalFormSettings,
): Pick<LocalEnvironmentInput, 'signingKeys'> => {
  if (kind === 'kms') return signing.kind === 'kms' && signingKeys !== undefined ? { signingKeys } : {};
  if (signingKeys !== undefined) return { signingKeys };
  return hasKmsSigningKey ? { signingKeys: { [FIRST_SIGNING_KEY]: { use: 'previous' } } } : {};
};

/** A client that the deployment makes in a user pool has an id of this machine. */
const localApplications = ({ applications }: AwsEnvironmentInput): Pick<LocalEnvironmentInput, 'applications'> =>
  applications === undefined
    ? {}
    : {
        applications: Object.fromEntries(
          Object.entries(applications).map(([id, application]) => [
            id,
            { ...application, ...(application.clients === COGNITO_CLIENT && { clients: [localClient(id)] }) },
          ]),
        ),
      };

const localClient = (application: string): string => `local-${application}`;

/** If clients are listed as the audience, those of the local operators belong to it too. */
const withLocalOperators = (profile: AccessTokenProfile): AccessTokenProfile =>
  profile.audience === null || !profile.clientIds.includes(profile.audience.claim)
    ? profile
    : {
        ...profile,
        audience: {
          ...profile.audience,
          accepted: [...profile.audience.accepted, ...LOCAL_OPERATORS, LOCAL_CLI_CLIENT],
        },
      };

const clientsOf = ({ applications, registry }: Environment): LocalDescription['clients'] => [
  ...Object.values(applications).flatMap(({ clients, id }) =>
    (clients ?? [localClient(id)]).map((clientId) => ({ clientId, role: 'sender' as const, application: id })),
  ),
  ...[
    ...new Set(
      Object.values(registry).flatMap(({ proof }) => (proof.kind === 'private_key_jwt' ? [proof.clientId] : [])),
    ),
  ].map((clientId) => ({ clientId, role: 'processor' as const })),
];

const describeProcessors = ({ registry }: Environment): LocalDescription['processors'] =>
  Object.fromEntries(
    Object.values(registry).map(
      ({ carriers, contentTypes, dispatch, id, maxExpiresIn, proof, replayMode, sameBy, schema }) => [
        id,
        {
          proof: proof.kind,
          carriers,
          contentTypes,
          hasSchema: schema !== undefined,
          hasSameBy: sameBy !== undefined,
          replayMode,
          maxExpiresIn,
          ...(proof.kind === 'private_key_jwt' && { clientId: proof.clientId }),
          ...(proof.kind === 'webhook' && { confirmUrl: proof.origins[0] ?? '' }),
          ...(dispatch !== undefined && { isDispatched: true as const }),
        },
      ],
    ),
  );
