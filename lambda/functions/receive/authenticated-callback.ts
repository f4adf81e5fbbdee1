import type { Capability } from '../../contract/capabilities.ts';
import type { Carrier } from '../../contract/carriers.ts';
import type { CallbackTokenClaims } from '../../contract/claims.ts';
import type { Processor } from '../../contract/registry.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { parseJson } from '../../shared/json.ts';

/** The token or short code of a request, and its carrier. */
export interface PresentedToken {
  readonly value: string;
  readonly carrier: Carrier;
  /** True if the token is the value of `Callback-Token`. */
  readonly fromCallbackTokenHeader: boolean;
  /** Scheme of `Authorization` in lower case, if it is a scheme that carries tokens. */
  readonly scheme?: string;
}

/** The media type of a request. */
export interface MediaType {
  /** Media type as sent. The sender gets the result back with it. */
  readonly sent: string;
  /** `type/subtype` in lower case, for comparison with the accepted types. */
  readonly essence: string;
  /** With its parameters, in lower case and without spaces. A repeat must have the same. */
  readonly normalized: string;
}

/** A callback whose token is verified. */
export interface AuthenticatedCallback {
  readonly request: HttpRequest;
  readonly token: PresentedToken;
  readonly capability: Capability;
  readonly taskId: string;
  readonly claims: CallbackTokenClaims;
  /** The token is past `exp`: only a repeat of its use may still be acknowledged. */
  readonly expired: boolean;
  readonly processor: Processor;
  readonly mediaType: MediaType;
  /** The JSON value of the body, parsed at the first call; `null` if the body is not JSON. */
  json(): JsonBody | null;
  /** Time of receipt: seconds since 1970, and RFC 3339. */
  readonly now: number;
  readonly receivedAt: string;
}

/** Holds any JSON value, so that `null` in the body differs from a body that is not JSON. */
export interface JsonBody {
  readonly value: unknown;
}

/** Creates `AuthenticatedCallback.json`. */
export const createJsonReader = ({ body }: Pick<HttpRequest, 'body'>): (() => JsonBody | null) => {
  let parsed: JsonBody | null | undefined;
  return () => {
    if (parsed === undefined) parsed = tryParse(body());
    return parsed;
  };
};

const tryParse = (bytes: Uint8Array): JsonBody | null => {
  try {
    return { value: parseJson(bytes) };
  } catch {
    return null;
  }
};
