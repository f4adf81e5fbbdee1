import { CALLBACK_ROUTES } from '../../contract/callback-routes.ts';
import {
  CAPABILITIES,
  CAPABILITY_NAMES,
  type Capability,
  callbackAudience,
  callbackPath,
} from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import { type CallbackTokenClaims, PROCESSOR_ROLE } from '../../contract/claims.ts';
import { JTI_RETENTION_AFTER_EXP_SECONDS } from '../../contract/limits.ts';
import { callbackPortOf, confirmationOf, type Grade, gradeOf } from '../../contract/proofs.ts';
import type { Processor } from '../../contract/registry.ts';
import type { Callback, Callbacks } from '../../contract/sender-api.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { EncryptToken } from '../callback-token/encrypt.ts';
import { mintCallbackToken } from '../callback-token/mint.ts';
import type { GetTokenSigner } from '../callback-token/signer.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { shortCodeLookupKey } from '../tables/hashed-keys.ts';
import { nameCallbacks } from './name-callbacks.ts';
import type { DeriveCode } from './short-code.ts';

/** Input of issuing callbacks. The same parameters give the same tokens and short codes. */
export interface CallbackParameters {
  readonly taskId: string;
  readonly processor: Processor;
  readonly carrier: Carrier;
  readonly owner?: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiry: number;
  readonly tokens: TaskItem['callbacks'];
}

/** The record of a short code. It has neither the code nor a token. */
export interface ShortCodeRecord {
  readonly lookupKey: string;
  /** Claims of the token that the code stands for, as JSON text. */
  readonly claims: string;
  readonly taskId: string;
  /** TTL, seconds since 1970. */
  readonly expiresAt: number;
}

export interface IssuedCallbacks {
  readonly callbacks: Callbacks;
  /** Records that must be stored before the callbacks are returned. */
  readonly codes: readonly ShortCodeRecord[];
}

export interface CallbackIssuerOptions {
  readonly origin: string;
  /** True if callback tokens have the claim `owner`. */
  readonly ownerClaim: boolean;
  readonly signer: GetTokenSigner;
  /** Encrypts tokens of processors with `encrypted`. */
  readonly encrypt: EncryptToken;
  readonly deriveCode: DeriveCode;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

export interface CallbackIssuer {
  /** Chooses the jtis of new tokens, one for each capability. */
  name(capabilities: readonly Capability[], processor: Processor): TaskItem['callbacks'];
  /**
   * Signs tokens, or derives short codes.
   * @throws {RefusalError} with `unavailable` if no key can sign, or KMS is unavailable
   */
  issue(parameters: CallbackParameters): Promise<IssuedCallbacks>;
}

export const createCallbackIssuer = (options: CallbackIssuerOptions): CallbackIssuer => {
  const issueOne = async (parameters: CallbackParameters, capability: Capability) => {
    const token = parameters.tokens[capability];
    if (token === undefined) return undefined;
    const claims = claimsOf(parameters, capability, token, options);
    const { code, ...location } = await locate(claims, parameters, options);
    const callback: Callback = {
      method: 'POST',
      ...location,
      expiresAt: new Date(parameters.expiry * 1000).toISOString(),
      maxUses: token.maxUses,
      grade: gradeFor(parameters),
    };
    return { capability, callback, record: code === undefined ? [] : [codeRecord(code, claims)] };
  };

  return {
    name: (capabilities, processor) => nameCallbacks(capabilities, processor, options.randomId),

    issue: async (parameters) => {
      const all = await Promise.all(CAPABILITY_NAMES.map((capability) => issueOne(parameters, capability)));
      const issued = all.filter((one) => one !== undefined);
      return {
        callbacks: Object.fromEntries(issued.map(({ callback, capability }) => [capability, callback])),
        codes: issued.flatMap(({ record }) => record),
      };
    },
  };
};

/** Returns the URL of a callback, with the token or short code in the place of its carrier. */
const locate = async (
  claims: CallbackTokenClaims,
  { carrier, processor }: Pick<CallbackParameters, 'carrier' | 'processor'>,
  { deriveCode, encrypt, origin, signer }: CallbackIssuerOptions,
): Promise<Pick<Callback, 'url' | 'token'> & { readonly code?: string }> => {
  const port = callbackPortOf(processor.proof);
  const base = port === undefined ? origin : `${origin}:${port}`;
  if (carrier === 'short') {
    const code = await orUnavailable('key of short codes', deriveCode(claims.iss, claims.jti));
    return { url: `${base}${shortPath(code)}`, code };
  }
  const signed = await orUnavailable('signing key', sign(claims, signer));
  const token = processor.encrypted ? await encrypt(signed) : signed;
  const url = `${base}${claims.path}`;
  return carrier === 'header' ? { url, token } : { url: `${url}/${token}` };
};

const sign = async (claims: CallbackTokenClaims, signer: GetTokenSigner) => mintCallbackToken(claims, await signer());

/** @throws {TypeError} if the proof does not allow the carrier, which `findDestination` refuses */
const gradeFor = ({ carrier, processor }: CallbackParameters): Grade => {
  const grade = gradeOf(carrier, processor.proof.kind);
  if (grade === null) throw new TypeError(`Carrier ${carrier} does not go with proof ${processor.proof.kind}.`);
  return grade;
};

const shortPath = (code: string): string => CALLBACK_ROUTES.callbackByCode.path.replace('{code}', code);

const claimsOf = (
  { expiry, issuedAt, owner, processor, taskId }: CallbackParameters,
  capability: Capability,
  { jti, maxUses }: { readonly jti: string; readonly maxUses: number },
  { origin, ownerClaim }: CallbackIssuerOptions,
): CallbackTokenClaims => {
  const cnf = confirmationOf(processor.proof);
  return {
    iss: origin,
    aud: callbackAudience(origin, capability),
    sub: processor.id,
    path: callbackPath(capability, taskId),
    res_id: taskId,
    scope: CAPABILITIES[capability].scope,
    roles: [PROCESSOR_ROLE],
    jti,
    iat: issuedAt,
    nbf: issuedAt,
    exp: expiry,
    max_uses: maxUses,
    ...(ownerClaim && owner !== undefined && { owner }),
    ...(cnf !== undefined && { cnf }),
  };
};

const codeRecord = (code: string, claims: CallbackTokenClaims): ShortCodeRecord => ({
  lookupKey: shortCodeLookupKey(code),
  claims: JSON.stringify(claims),
  taskId: claims.res_id,
  expiresAt: claims.exp + JTI_RETENTION_AFTER_EXP_SECONDS,
});
