import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { CALLBACK_ROUTES } from '../../lambda/contract/callback-routes.ts';
import { type Capability, callbackPath, capabilityOfScope } from '../../lambda/contract/capabilities.ts';
import { CARRIERS } from '../../lambda/contract/carriers.ts';
import { CALLBACK_TOKEN_ALGORITHMS, SHORT_CODE_PATTERN } from '../../lambda/contract/claims.ts';
import { EXPIRES_IN_SECONDS } from '../../lambda/contract/limits.ts';
import type { OutcomeCode } from '../../lambda/contract/outcomes.ts';
import type { Processor, Registry } from '../../lambda/contract/registry.ts';
import { readCompactToken, readEncryptedHeader } from '../../lambda/shared/callback-token/compact.ts';
import { isEncrypted } from '../../lambda/shared/callback-token/token-decrypter.ts';
import { createTokenVerifier, type ExpectedBinding } from '../../lambda/shared/callback-token/verify.ts';
import { createRouter } from '../../lambda/shared/http/router.ts';
import { isRefusal, refuse } from '../../lambda/shared/refusal.ts';
import type { VerificationKeys } from '../../lambda/shared/signing-keys/verification-keys.ts';
import { pathOf } from './decode-token.ts';
import { STEP_NAMES, STEP_OF_CODE } from './steps.ts';

/** One of the ten steps in which the gateway checks a callback. */
export interface Check {
  readonly step: number;
  readonly name: (typeof STEP_NAMES)[number];
  readonly state: 'passed' | 'failed' | 'not checked';
  /** Only of a failed step: the code with which the gateway refuses. */
  readonly code?: OutcomeCode;
}

/** The verdict of every step, and what a person should know about it. */
export interface Explanation {
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
}

/** The callback to explain: a URL, a token, or both. */
export interface Presented {
  readonly url?: string;
  readonly token?: string;
}

/** Public facts about a gateway. */
export interface PublicGateway {
  /** `iss` of its tokens. */
  readonly origin: string;
  /** Its public key set. */
  readonly keys: readonly JsonWebKey[];
  /** Ids of its processors, where they are known. @default any processor */
  readonly processors?: readonly string[];
}

/** The first step that has not passed. All before it have. */
interface Progress {
  readonly step: number;
  /** Absent: the step and those after it were not checked. */
  readonly code?: OutcomeCode;
  readonly notes?: readonly string[];
}

const findRoute = createRouter(CALLBACK_ROUTES);

/** The last step that a program without access to the gateway can check is that of the times. */
const FIRST_OF_GATEWAY = 7;

/**
 * Judges a callback by the checks that need no secret and no table, with the gateway's own code. It sends nothing, so it does
 * not use the token up.
 * @param now seconds since 1970
 */
export const explainToken = async (presented: Presented, gateway: PublicGateway, now: number): Promise<Explanation> => {
  const { code, notes = [], step } = await judge(presented, gateway, now);
  const checks = STEP_NAMES.map((name, i): Check => {
    if (i + 1 < step) return { step: i + 1, name, state: 'passed' };
    if (i + 1 > step || code === undefined) return { step: i + 1, name, state: 'not checked' };
    return { step: i + 1, name, state: 'failed', code };
  });
  return { checks, notes };
};

const judge = async ({ token, url }: Presented, gateway: PublicGateway, now: number): Promise<Progress> => {
  if (url === undefined) return judgeToken(token ?? '', undefined, gateway, now);
  const { origin } = new URL(url);
  if (origin !== gateway.origin) {
    const notes = [`The URL belongs to ${origin}, and the keys to ${gateway.origin}.`];
    return { step: 1, code: 'not_found', notes };
  }
  const match = findRoute('receive', 'POST', pathOf(url));
  if (isRefusal(match)) return { step: 1, code: 'not_found', notes: ['No route of a callback has this path.'] };
  const { params, route } = match;
  if (route.access.kind !== 'callback') return judgeShortCode(params.code ?? '');
  const { capability } = route.access;
  const { taskId = '' } = params;
  const value = params.token ?? token;
  if (value === undefined) {
    const notes = ['The URL has no token: its callbacks carry the token in a header. Give @FILE or the token.'];
    return { step: 2, code: 'token_missing', notes };
  }
  const carrier = params.token === undefined ? 'header' : 'path';
  return judgeToken(value, { capability, taskId, carrier, path: callbackPath(capability, taskId) }, gateway, now);
};

const judgeShortCode = (code: string): Progress =>
  SHORT_CODE_PATTERN.test(code)
    ? { step: 2, notes: ['A short URL has no token. Only the gateway knows the claims that it stands for.'] }
    : { step: 2, code: 'token_unknown' };

/** @param bound the use that the URL asks for. @default the use that the token itself names */
const judgeToken = async (
  token: string,
  bound: ExpectedBinding | undefined,
  gateway: PublicGateway,
  now: number,
): Promise<Progress> => {
  if (isEncrypted(token)) return judgeEncrypted(token);
  const parts = readCompactToken(token);
  if (isRefusal(parts)) return { step: 2, code: parts.code };
  const { claims } = parts;
  const verifier = createTokenVerifier({
    origin: gateway.origin,
    registry: registryFor(claims.sub, gateway.processors),
    keys: toVerificationKeys(gateway.keys),
  });
  const verdict = await verifier.verify(token, bound ?? ownBinding(claims), now);
  if (isRefusal(verdict)) return { step: STEP_OF_CODE[verdict.code] ?? FIRST_OF_GATEWAY, code: verdict.code };
  if (verdict.expired) {
    return {
      step: 6,
      code: 'token_expired',
      notes: ['The gateway still acknowledges a repeat of the delivery that used the token.'],
    };
  }
  return { step: FIRST_OF_GATEWAY, notes: notesOf(claims, gateway) };
};

const judgeEncrypted = (token: string): Progress => {
  const header = readEncryptedHeader(token);
  if (isRefusal(header)) return { step: 2, code: header.code };
  return { step: 2, notes: ['The token is encrypted. Only the gateway can read its claims.'] };
};

const notesOf = (claims: Readonly<Record<string, unknown>>, { processors }: PublicGateway): readonly string[] => [
  ...(processors === undefined
    ? [
        'The registry of the gateway is not public, so the processor, its carriers and its longest time are not checked.',
      ]
    : []),
  ...(claims.cnf === undefined ? [] : ['The token is bound to a key: a callback must prove it (step 7).']),
];

/** The use that a token names: by its `path`, otherwise by its scope and task. */
const ownBinding = ({ path, res_id, scope }: Readonly<Record<string, unknown>>): ExpectedBinding => {
  const match = typeof path === 'string' ? findRoute('receive', 'POST', path) : refuse('not_found', 'no path');
  if (!isRefusal(match) && match.route.access.kind === 'callback' && match.params.token === undefined) {
    const { capability } = match.route.access;
    const { taskId = '' } = match.params;
    return { capability, taskId, carrier: 'header', path: callbackPath(capability, taskId) };
  }
  const capability: Capability = capabilityOfScope(String(scope)) ?? 'result';
  const taskId = String(res_id);
  return { capability, taskId, carrier: 'header', path: callbackPath(capability, taskId) };
};

/** Keys of a public key set. It has only keys whose tokens are accepted now, without the times in which each signed. */
const toVerificationKeys = (keys: readonly JsonWebKey[]): VerificationKeys => ({
  refresh: () => undefined,
  find: async (kid) => {
    const jwk = keys.find((key) => key.kid === kid);
    const alg = CALLBACK_TOKEN_ALGORITHMS.find((name) => name === jwk?.alg);
    if (jwk === undefined || alg === undefined) return refuse('token_key_unknown', 'no key of the set has this kid');
    return { alg, key: createPublicKey({ key: jwk, format: 'jwk' }), maySignAt: () => true };
  },
});

/**
 * A registry with the token's own processor. Only the gateway knows the real entry, so this one allows what any entry may.
 * @param processors undefined: any id is one
 */
const registryFor = (sub: unknown, processors: readonly string[] | undefined): Registry => {
  if (typeof sub !== 'string' || processors?.includes(sub) === false) return {};
  return { [sub]: permissiveProcessor(sub) };
};

const permissiveProcessor = (id: string): Processor => ({
  id,
  carriers: [...CARRIERS],
  proof: { kind: 'none' },
  contentTypes: [],
  allowEmptyResult: true,
  checkJson: false,
  maxExpiresIn: EXPIRES_IN_SECONDS.max,
  replayMode: 'acknowledge',
  progressUses: 1,
  uploadUses: 1,
  encrypted: false,
});
