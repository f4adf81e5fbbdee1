import type { Fetch } from '../../shared/platform.ts';
import type { ProcessorPlatform } from '../platform.ts';

/** One attempt to deliver, for which a proof is made. */
export interface ProofRequest {
  readonly method: 'POST';
  readonly url: string;
  /** The callback token. Absent if the URL has it. */
  readonly token?: string;
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The same for each attempt of one delivery: printable characters without a full stop. */
  readonly messageId: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** Another text for each attempt. */
  readonly unique: string;
}

/** Surroundings of an attempt. */
export interface ProofContext {
  readonly platform: ProcessorPlatform;
  readonly signal?: AbortSignal | undefined;
}

/** The answer to an attempt that was refused. */
export interface RefusedAttempt {
  readonly url: string;
  readonly status: number;
  readonly code: string;
  readonly headers: Headers;
  /** The headers that the proof made for it. */
  readonly sent: Readonly<Record<string, string>>;
}

/** Evidence beside the callback token. You can write one of your own. */
export interface Proof {
  /** True if the token must come in a header. A callback whose URL has the token cannot have this proof. */
  readonly needsToken: boolean;
  /** Makes the headers of one attempt: those of the token, and those of the proof. */
  readonly headers: (request: ProofRequest, context: ProofContext) => Promise<Readonly<Record<string, string>>>;
  /** Reads the headers of each answer. */
  readonly observe?: (url: string, headers: Headers) => void;
  /** True if the refusal asks for another proof, and the next call of `headers` makes that one. */
  readonly isChallenge?: (attempt: RefusedAttempt) => boolean;
  /** Sends callbacks instead of `fetch`. */
  readonly fetch?: Fetch;
}

/** `Authorization` with the callback token (RFC 6750 §2.1); nothing if the URL has the token. */
export const bearer = ({ token }: Pick<ProofRequest, 'token'>): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** The token alone. */
export const NO_PROOF: Proof = { needsToken: false, headers: async (request) => bearer(request) };
