import type { JWK } from 'jose';
import { CAPABILITIES } from '../../lambda/contract/capabilities.ts';
import type { Proof } from '../../lambda/contract/proofs.ts';
import type { SameBy } from '../../lambda/contract/registry.ts';
import type {
  CreateProof,
  ProofContext,
  ProofResult,
  ProvenCallback,
} from '../../lambda/functions/receive/checks/proof/proof.ts';
import { fromAlbEvent } from '../../lambda/shared/http/alb.ts';
import type { Refusal } from '../../lambda/shared/refusal.ts';
import { anAlbEvent } from './alb-event.ts';
import { aProcessor } from './registry.ts';
import { readVectors } from './signature-checks.ts';
import { ORIGIN } from './tokens.ts';

export type VectorHeaders = Readonly<Record<string, string>>;

/** A request that a proof was made for. */
export interface VectorRequest {
  readonly url: string;
  readonly token: string;
  readonly contentType: string;
  /** Base64. */
  readonly body: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Proofs that other libraries made. Both the gateway's checks and the processor's package are tested with them. */
export interface CallbackProofVectors {
  readonly dpop: readonly {
    readonly comment: string;
    readonly privateJwk: JWK;
    readonly jkt: string;
    readonly request: Pick<VectorRequest, 'url' | 'token' | 'now'> & {
      readonly unique: string;
      readonly nonce?: string;
    };
    readonly header: Readonly<Record<string, unknown>>;
    readonly claims: Readonly<Record<string, unknown>>;
    readonly headers: VectorHeaders;
  }[];
  readonly httpSignature: readonly {
    readonly comment: string;
    readonly privateJwk: JWK;
    readonly publicJwk: JWK;
    readonly keyId: string;
    readonly request: VectorRequest & { readonly unique: string };
    readonly headers: VectorHeaders;
  }[];
  readonly standardWebhooks: readonly {
    readonly comment: string;
    readonly secret: string;
    readonly request: Pick<VectorRequest, 'token' | 'body' | 'now'> & { readonly messageId: string };
    readonly headers: VectorHeaders;
  }[];
  /** Two deliveries each, by the calls of the package and by the parts of the requests that decide. */
  readonly sameBy: readonly {
    readonly comment: string;
    readonly sameBy: SameBy | null;
    /** Secret of Standard Webhooks, if the deliveries have that proof. */
    readonly secret?: string;
    readonly url: string;
    readonly token: string;
    readonly deliveries: readonly [VectorDelivery, VectorDelivery];
    /** True if the second delivery repeats the first. */
    readonly same: boolean;
  }[];
}

export interface VectorDelivery {
  readonly call: { readonly result: object; readonly idempotencyKey?: string };
  readonly request: { readonly headers: VectorHeaders; readonly body: string };
}

export const readCallbackProofVectors = (): CallbackProofVectors =>
  readVectors<CallbackProofVectors>('callback-proofs.json');

export interface CheckedRequest {
  readonly proof: Proof;
  /** `cnf` of the token. */
  readonly cnf?: Readonly<Record<string, string>>;
  readonly request: Partial<VectorRequest>;
  readonly headers: VectorHeaders;
}

const DEFAULTS: VectorRequest = {
  url: `${ORIGIN}${CAPABILITIES.result.basePath}/task-1`,
  token: 'token',
  contentType: 'application/json',
  body: '',
  now: 0,
};

/** Checks the proof of a request with the gateway's own code, which remembers no proof. */
export const checkWithGateway = (
  createProof: CreateProof<never>,
  { cnf, headers, proof, request }: CheckedRequest,
): Promise<ProofResult | Refusal> => {
  const { body, contentType, now, token, url } = { ...DEFAULTS, ...request };
  const event = anAlbEvent({
    path: new URL(url).pathname,
    headers: { 'content-type': contentType, ...headers },
    body: Buffer.from(body, 'base64'),
  });
  const verifier = (createProof as CreateProof)({
    variables: { POSTERN_ORIGIN: ORIGIN },
    records: { recordOnce: async () => true },
    now: () => now * 1_000,
  } as unknown as ProofContext);
  const [scheme = ''] = (headers.authorization ?? '').toLowerCase().split(' ');
  return verifier.verify({
    request: fromAlbEvent(event, 'request-1'),
    token: { value: token, carrier: 'header', fromCallbackTokenHeader: false, scheme },
    claims: { exp: now + 600, cnf },
    now,
    processor: aProcessor({ id: 'acme-ocr', proof }),
  } as unknown as ProvenCallback);
};
