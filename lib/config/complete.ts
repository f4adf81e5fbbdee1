import { createHash, X509Certificate } from 'node:crypto';
import { type AccessTokenProfile, RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { type Application, type Applications, DEFAULT_APPLICATION } from '../../lambda/contract/applications.ts';
import { BREAKER } from '../../lambda/contract/dispatch-limits.ts';
import { USERINFO_ROLES } from '../../lambda/contract/operator-roles.ts';
import type { Proof } from '../../lambda/contract/proofs.ts';
import type { Processor } from '../../lambda/contract/registry.ts';
import type { ResumeTarget, ResumeTargets } from '../../lambda/contract/resume.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { FIRST_SIGNING_KEY } from '../names.ts';
import { isOpen, listed } from './applications.ts';
import { COGNITO_CLIENT, defaultDomainPrefix, USER_POOL_ROLES } from './cognito.ts';
import { completeDispatch } from './dispatch.ts';
import { DEFAULT_MUTUAL_TLS_PORT } from './edge.ts';
import type { AwsEntries, Environment, LocalEntries } from './environment.ts';
import { completeIngress } from './ingress.ts';
import type { PublicJwk } from './keys.ts';
import { FORMER_NAMES, UNRESERVED } from './operation.ts';
import { readPolicies } from './policies.ts';
import type { ProofInput } from './proofs.ts';
import type { SenderAccessToken } from './sender-access-token.ts';
import type { IdentityProvider } from './sign-in.ts';
import type { AudienceForm } from './token-profiles.ts';

/** Converts the entries of a file into the form that constructs read. */
export const completeEnvironment = (name: string, entries: AwsEntries | LocalEntries): Environment => {
  const { applications, deploymentWave, policies, processors, reservedConcurrency, signingKeys, ...others } =
    withPlace(entries);
  const shared = {
    mutualTlsPort: others.mutualTls?.port ?? DEFAULT_MUTUAL_TLS_PORT,
    // On one machine there may be a single task.
    failingTasks: others.egress === 'loopback' ? 1 : BREAKER.tasks,
  };
  return {
    ...others,
    ...completeAccess(others),
    cognitoApplications: cognitoApplicationsOf(applications),
    name,
    registry: Object.fromEntries(
      Object.entries(processors).map(([id, processor]) => [id, completeProcessor(id, processor, shared)]),
    ),
    applications: completeApplications(applications, Object.keys(processors)),
    resumeTargets: resumeTargetsOf(applications),
    invokers: invokersOf(applications),
    ...(policies !== undefined && { policies: typeof policies === 'string' ? readPolicies(policies) : policies.wasm }),
    reservedConcurrency: completeConcurrency(reservedConcurrency),
    signingKeys: signingKeys ?? (others.signing.kind === 'kms' ? FIRST_KEY : {}),
    deploymentWave: deploymentWave ?? (others.protected ? 3 : 1),
  };
};

/** Keys of an environment that signs with KMS and names no key. */
const FIRST_KEY: Environment['signingKeys'] = { [FIRST_SIGNING_KEY]: { use: 'current', algorithm: 'ES256' } };

type Place = 'origin' | 'host' | 'egress' | 'ingress' | 'loadBalancerPublicKeysUrl';
type WithUrls = 'identityProvider' | 'senderAccessToken';
type Placed = Omit<AwsEntries, 'runsOn' | 'domain' | Place | WithUrls | 'tokensInUrls' | 'minimumGrade'> &
  Pick<Environment, Place> & {
    readonly identityProvider?: IdentityProvider;
    readonly senderAccessToken?: SenderAccessToken;
  };

const withPlace = (entries: AwsEntries | LocalEntries): Placed => {
  if (entries.runsOn === 'this-machine') {
    const { ingress, minimumGrade: _grade, runsOn: _kind, ...others } = entries;
    return {
      ...others,
      host: new URL(entries.origin).hostname,
      ingress: completeIngress(ingress, entries.certificateArn),
      egress: 'loopback',
      shield: 'standard',
    };
  }
  const { domain, ingress, minimumGrade: _grade, runsOn: _kind, tokensInUrls: _reason, ...others } = entries;
  return {
    ...others,
    origin: `https://${domain}`,
    host: domain,
    ingress: completeIngress(ingress, undefined),
    egress: 'public',
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    loadBalancerPublicKeysUrl: `https://public-keys.auth.elb.${entries.region}.amazonaws.com`,
  };
};

type Access = 'identityProvider' | 'consoleClient' | 'operatorRoles' | 'accessToken' | 'senderAccessToken' | 'cognito';

/** Without an identity provider, the user pool is one, and the defaults are those of its tokens. */
const completeAccess = ({
  accessToken,
  cognito,
  consoleClient,
  host,
  identityProvider,
  operatorRoles,
  senderAccessToken,
}: Pick<Placed, Access | 'host'>): Pick<Environment, Access> => {
  const usesUserPool = cognito !== undefined && identityProvider === undefined;
  const profile = accessToken.profile ?? (usesUserPool ? undefined : RFC_9068);
  return {
    identityProvider,
    consoleClient,
    operatorRoles: operatorRoles ?? (usesUserPool ? USER_POOL_ROLES : USERINFO_ROLES),
    accessToken: { ...accessToken, profile },
    senderAccessToken:
      senderAccessToken ??
      (identityProvider && profile && fromIdentityProvider(identityProvider, profile, accessToken.audienceForm)),
    cognito: cognito && { domainPrefix: defaultDomainPrefix(host), ...cognito },
  };
};

/** Senders get their tokens from the identity provider, unless the environment names another issuer. */
const fromIdentityProvider = (
  { issuer, jwksUri }: IdentityProvider,
  profile: AccessTokenProfile,
  audienceForm: AudienceForm,
): SenderAccessToken => ({ issuer, jwksUri, profile, audienceForm });

/** The applications whose client is made in the user pool. */
const cognitoApplicationsOf = (applications: AwsEntries['applications'] = {}): readonly string[] =>
  Object.entries(applications).flatMap(([id, { clients }]) => (clients === COGNITO_CLIENT ? [id] : []));

/** @param processors ids of all processors */
const completeApplications = (
  applications: AwsEntries['applications'],
  processors: readonly string[],
): Applications => {
  const everything = { id: DEFAULT_APPLICATION, clients: null, processors, pendingLimit: null } satisfies Application;
  if (applications === undefined) return { [DEFAULT_APPLICATION]: everything };
  return Object.fromEntries(
    Object.entries(applications).map(([id, { clients = [], invokers: _roles, resumes, ...application }]) => [
      id,
      {
        ...everything,
        ...application,
        clients: clients === COGNITO_CLIENT ? [] : clients,
        id,
        ...(resumes !== undefined && { resumes: listed(resumes).map((one) => toTarget(one).arn) }),
      },
    ]),
  );
};

/** The listed roles of each application that has an invocation target. */
const invokersOf = (applications: AwsEntries['applications'] = {}): Environment['invokers'] =>
  Object.fromEntries(
    Object.entries(applications).flatMap(([id, { invokers }]) => (isOpen(invokers) ? [[id, listed(invokers)]] : [])),
  );

/** The listed workflows of each application that may resume one. */
const resumeTargetsOf = (applications: AwsEntries['applications'] = {}): ResumeTargets =>
  Object.fromEntries(
    Object.entries(applications).flatMap(([id, { resumes }]) =>
      isOpen(resumes) ? [[id, listed(resumes).map(toTarget)]] : [],
    ),
  );

const toTarget = (resumed: string | ResumeTarget): ResumeTarget =>
  typeof resumed === 'string' ? { arn: resumed } : resumed;

const completeProcessor = (
  id: string,
  { dispatch, maxExpiresIn, proof, ...others }: AwsEntries['processors'][string],
  { failingTasks, mutualTlsPort }: { readonly failingTasks: number; readonly mutualTlsPort: number },
): Processor => ({
  id,
  ...others,
  proof: completeProof(proof, mutualTlsPort),
  maxExpiresIn: maxExpiresIn.toSeconds(),
  ...(dispatch !== undefined && { dispatch: completeDispatch(dispatch, failingTasks) }),
});

/**
 * The proof in the form that the functions read.
 * @param mutualTlsPort port of the listener that asks for certificates
 */
const completeProof = (proof: Required<ProofInput> | ProofInput, mutualTlsPort: number): Proof => {
  switch (proof.kind) {
    case 'dpop':
      return { kind: 'dpop', jkt: thumbprintOf(proof.publicJwk), nonce: proof.nonce ?? false };
    case 'mtls': {
      const { raw } = new X509Certificate(proof.certificate);
      return { kind: 'mtls', x5tS256: createHash('sha256').update(raw).digest('base64url'), port: mutualTlsPort };
    }
    case 'http_signature':
      return { ...proof, keys: proof.keys as Readonly<Record<string, Readonly<Record<string, unknown>>>> };
    default:
      return proof;
  }
};

/** Members of a key that its thumbprint covers, in the order of their names (RFC 7638 §3.2, RFC 8037 §2). */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** RFC 7638. JOSE libraries compute it asynchronously, and an environment is read synchronously. */
const thumbprintOf = (jwk: PublicJwk): string => {
  const members = (THUMBPRINT_MEMBERS[jwk.kty ?? ''] ?? []).map((name) => [name, jwk[name]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
};

/** Reservations by the present names of functions. */
const completeConcurrency = (reserved: AwsEntries['reservedConcurrency']): Environment['reservedConcurrency'] =>
  Object.fromEntries(
    Object.entries(reserved)
      .filter(([, executions]) => executions !== UNRESERVED)
      .map(([name, executions]) => [
        Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name as keyof typeof FORMER_NAMES] : name,
        executions,
      ]),
  ) as Partial<Record<FunctionName, number>>;
