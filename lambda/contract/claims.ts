import { MAX_JTI_CHARS, MAX_OWNER_CHARS, SHORT_CODE_CHARS } from './limits.ts';

/** `typ` of a callback token (RFC 8725 §3.11: with explicit types, one kind of token cannot be used as another). */
export const CALLBACK_TOKEN_TYPE = 'callback+jwt';

/** Signature algorithms of callback tokens. The signing keys of an environment decide which of them it accepts. */
export const CALLBACK_TOKEN_ALGORITHMS = ['ES256', 'RS256'] as const;
export type CallbackTokenAlgorithm = (typeof CALLBACK_TOKEN_ALGORITHMS)[number];

/** The role a callback token must carry. */
export const PROCESSOR_ROLE = 'processor';

/** Header parameters with which a token could supply its own key or its own rules (RFC 8725 §3.10, RFC 7515 §4.1). */
export const REFUSED_HEADER_PARAMETERS = ['crit', 'jku', 'x5u', 'x5c', 'jwk', 'b64'] as const;

/** RFC 7519 and Postern claims of a callback token. `iat`, `nbf`, `exp` are seconds since 1970. */
export interface CallbackTokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  /** The only path that the token may be used on, without a token segment. */
  readonly path: string;
  /** The task id. */
  readonly res_id: string;
  readonly scope: string;
  readonly roles: readonly string[];
  readonly jti: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly max_uses: number;
  readonly owner?: string;
  /** RFC 7800 confirmation: the key that the bearer must prove to hold. */
  readonly cnf?: Readonly<Record<string, unknown>>;
}

export interface CallbackTokenHeader {
  readonly alg: CallbackTokenAlgorithm;
  readonly typ: typeof CALLBACK_TOKEN_TYPE;
  readonly kid: string;
}

export const JTI_PATTERN = new RegExp(`^[A-Za-z0-9_-]{1,${MAX_JTI_CHARS}}$`);

/** Task ids in paths. */
export const TASK_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

export const OWNER_PATTERN = new RegExp(`^[A-Za-z0-9._:@-]{1,${MAX_OWNER_CHARS}}$`);

/** Short codes in paths. */
export const SHORT_CODE_PATTERN = new RegExp(`^[A-Za-z0-9_-]{${SHORT_CODE_CHARS}}$`);

/** The role that an access token needs for the sender API. */
export const SENDER_ROLE = 'sender';
export type SenderScope = 'task_read' | 'task_write';

/** Scopes of access tokens for the operator API. The roles are in `operator-roles.ts`. */
export type OperatorScope = 'operator_read' | 'operator_write';
