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
import { maxUsesOf, type Processor } from '../../contract/registry.ts';
import { ROUTES } from '../../contract/routes.ts';
import type { TaskItem } from '../../contract/task.ts';
import type { EncryptToken } from '../../shared/callback-token/encrypt.ts';
import { mintCallbackToken } from '../../shared/callback-token/mint.ts';
import type { TokenSigner } from '../../shared/callback-token/signer.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { codeKey } from '../../shared/tables/hashed-keys.ts';
import type { DeriveCode } from './short-code.ts';

/** One way to call back, as the sender hands it on. */
export interface Callback {
  readonly method: 'POST';
  readonly url: string;
  /** Only where the URL does not carry it. */
  readonly token?: string;
  readonly expiresAt: string;
  readonly maxUses: number;
  readonly grade: Grade;
}

export type Callbacks = Readonly<Partial<Record<Capability, Callback>>>;

/** What the current callbacks of a task are made from: the same terms give the same tokens and codes. */
export interface CallbackTerms {
  readonly taskId: string;
  readonly processor: Processor;
  readonly carrier: Carrier;
  readonly owner?: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiry: number;
  readonly tokens: TaskItem['callbacks'];
}

/** What a short code leads to. Neither the code nor a token is in it. */
export interface CodeRecord {
  readonly lookupKey: string;
  /** JSON text of the claims it stands for. */
  readonly claims: string;
  readonly taskId: string;
  /** TTL, seconds since 1970. */
  readonly expiresAt: number;
}

export interface IssuedCallbacks {
  readonly callbacks: Callbacks;
  /** To be stored before the callbacks are given out. */
  readonly codes: readonly CodeRecord[];
}

export interface CallbackIssuerOptions {
  readonly origin: string;
  /** Whether callback tokens name the owner. */
  readonly ownerClaim: boolean;
  /** Rejects when the key service does not answer. */
  readonly signer: () => Promise<TokenSigner>;
  /** For processors whose tokens nobody else may read. */
  readonly encrypt: EncryptToken;
  readonly deriveCode: DeriveCode;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

export interface CallbackIssuer {
  /** Names new tokens, one for each capability. */
  name(capabilities: readonly Capability[], processor: Processor): TaskItem['callbacks'];
  /**
   * Signs tokens, or derives short codes.
   * @throws {RefusalError} with `unavailable` where the key service does not answer
   */
  issue(terms: CallbackTerms): Promise<IssuedCallbacks>;
}

export const createCallbackIssuer = (options: CallbackIssuerOptions): CallbackIssuer => {
  const issueOne = async (terms: CallbackTerms, capability: Capability) => {
    const token = terms.tokens[capability];
    if (token === undefined) return undefined;
    const claims = claimsOf(terms, capability, token, options);
    const { code, ...carried } = await orUnavailable('key service', carry(claims, terms, options));
    const callback: Callback = {
      method: 'POST',
      ...carried,
      expiresAt: new Date(terms.expiry * 1000).toISOString(),
      maxUses: token.maxUses,
      grade: gradeFor(terms),
    };
    return { capability, callback, record: code === undefined ? [] : [codeRecord(code, claims)] };
  };

  return {
    name: (capabilities, processor) =>
      Object.fromEntries(
        capabilities.map((capability) => [
          capability,
          { jti: options.randomId(), maxUses: maxUsesOf(processor, capability) },
        ]),
      ),

    issue: async (terms) => {
      const all = await Promise.all(CAPABILITY_NAMES.map((capability) => issueOne(terms, capability)));
      const issued = all.filter((one) => one !== undefined);
      return {
        callbacks: Object.fromEntries(issued.map(({ callback, capability }) => [capability, callback])),
        codes: issued.flatMap(({ record }) => record),
      };
    },
  };
};

/** How the token, or the code that stands for it, goes with the callback. */
const carry = async (
  claims: CallbackTokenClaims,
  { carrier, processor }: Pick<CallbackTerms, 'carrier' | 'processor'>,
  { deriveCode, encrypt, origin, signer }: CallbackIssuerOptions,
): Promise<Pick<Callback, 'url' | 'token'> & { readonly code?: string }> => {
  const port = callbackPortOf(processor.proof);
  const base = port === undefined ? origin : `${origin}:${port}`;
  if (carrier === 'short') {
    const code = await deriveCode(claims.iss, claims.jti);
    return { url: `${base}${shortPath(code)}`, code };
  }
  const signed = await mintCallbackToken(claims, await signer());
  const token = processor.encrypted ? await encrypt(signed) : signed;
  const url = `${base}${claims.path}`;
  return carrier === 'header' ? { url, token } : { url: `${url}/${token}` };
};

/** @throws {TypeError} where the carrier does not go with the proof, which `chooseCarrier` refuses */
const gradeFor = ({ carrier, processor }: CallbackTerms): Grade => {
  const grade = gradeOf(carrier, processor.proof.kind);
  if (grade === null) throw new TypeError(`Carrier ${carrier} does not go with proof ${processor.proof.kind}.`);
  return grade;
};

const shortPath = (code: string): string => ROUTES.callbackByCode.path.replace('{code}', code);

const claimsOf = (
  { expiry, issuedAt, owner, processor, taskId }: CallbackTerms,
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

const codeRecord = (code: string, claims: CallbackTokenClaims): CodeRecord => ({
  lookupKey: codeKey(code),
  claims: JSON.stringify(claims),
  taskId: claims.res_id,
  expiresAt: claims.exp + JTI_RETENTION_AFTER_EXP_SECONDS,
});
