import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { PROCESSOR_ROLE, SENDER_ROLE } from '../../lambda/contract/claims.ts';
import type { OperatorRole } from '../../lambda/contract/operator-roles.ts';

/** Clients that get tokens with their private keys, and the roles in their tokens. */
export const MACHINE_CLIENTS = {
  sender: { clientId: 'local-sender', roles: [SENDER_ROLE] },
  processor: { clientId: 'idp-ocr', roles: [PROCESSOR_ROLE] },
} as const;
export type MachineClient = keyof typeof MACHINE_CLIENTS;

export const CONSOLE_CLIENT_ID = 'postern-console';

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

/** Reads the identities from their file, or makes them and writes it (mode 0600). */
export const loadIdentities = (file: string): Identities => {
  if (!existsSync(file)) {
    const made: Identities = {
      signingKey: makeKey('RS256'),
      cookieKey: randomBytes(32).toString('base64url'),
      consoleClientSecret: randomBytes(32).toString('base64url'),
      clientKeys: { sender: makeKey('ES256'), processor: makeKey('ES256') },
    };
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Identities;
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
