import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { PROCESSOR_ROLE, SENDER_ROLE } from '../../lambda/contract/claims.ts';
import type { OperatorRole } from '../../lambda/contract/operator-roles.ts';

/** Clients that get tokens with their private keys, and the roles in their tokens. */
export const MACHINE_CLIENTS = {
  /** Of the application `invoices`. */
  sender: { clientId: 'local-sender', roles: [SENDER_ROLE] },
  /** Of the applications `orders` and `small`. */
  orders: { clientId: 'local-orders', roles: [SENDER_ROLE] },
  small: { clientId: 'local-small', roles: [SENDER_ROLE] },
  /** A sender that belongs to no application. */
  stranger: { clientId: 'local-stranger', roles: [SENDER_ROLE] },
  /** Operators that are machines: with every role, one that acts without seeing payloads, one that only looks. */
  operator: { clientId: 'local-operator', roles: ['operator', 'operator_payload'] },
  acting: { clientId: 'local-acting', roles: ['operator'] },
  viewer: { clientId: 'local-viewer', roles: ['operator_read'] },
  processor: { clientId: 'idp-ocr', roles: [PROCESSOR_ROLE] },
} as const satisfies Record<string, { readonly clientId: string; readonly roles: readonly string[] }>;
export type MachineClient = keyof typeof MACHINE_CLIENTS;
export const MACHINE_CLIENT_NAMES = Object.keys(MACHINE_CLIENTS) as readonly MachineClient[];

export const CONSOLE_CLIENT_ID = 'postern-console';

/** The command line, for people. It has no secret (RFC 8252 §8.5). */
export const CLI_CLIENT_ID = 'postern-cli';

/** People that the sign-in page offers; any other name works, and has no role. */
export const USERS: Readonly<Record<string, readonly OperatorRole[]>> = {
  operator: ['operator', 'operator_payload'],
  operator2: ['operator', 'operator_payload'],
  viewer: ['operator_read'],
  guest: [],
};

/** Everything secret at the provider. Kept over restarts, so that keys and what they signed go on. */
export interface Identities {
  /** Signs access and ID tokens: RS256, because that is what the load balancer checks. */
  readonly signingKey: JWK;
  readonly cookieKey: string;
  readonly consoleClientSecret: string;
  /** Private keys of the machine clients, ES256. */
  readonly clientKeys: Readonly<Record<MachineClient, JWK>>;
}

/** Reads the identities from their file, makes those that are missing, and writes them (mode 0600). */
export const loadIdentities = (file: string): Identities => {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Identities>) : {};
  const keptKeys: Partial<Identities['clientKeys']> = kept.clientKeys ?? {};
  const identities: Identities = {
    signingKey: kept.signingKey ?? makeKey('RS256'),
    cookieKey: kept.cookieKey ?? randomBytes(32).toString('base64url'),
    consoleClientSecret: kept.consoleClientSecret ?? randomBytes(32).toString('base64url'),
    // A folder of an earlier version lacks the keys of newer clients.
    clientKeys: Object.fromEntries(
      MACHINE_CLIENT_NAMES.map((name) => [name, keptKeys[name] ?? makeKey('ES256')]),
    ) as Identities['clientKeys'],
  };
  writeFileSync(file, JSON.stringify(identities), { mode: 0o600 });
  return identities;
};

const makeKey = (alg: 'RS256' | 'ES256'): JWK => {
  const { privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: randomUUID(), alg, use: 'sig' };
};

/** The members of a key that may be known to anyone (RFC 7518 §6). */
export const publicJwk = (key: JWK): JWK => {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = key;
  return rest;
};
