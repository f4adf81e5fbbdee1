import { CALLBACK_ROUTES } from '../../../lambda/contract/callback-routes.ts';
import { INLINE_LIMIT_BYTES } from '../../../lambda/contract/limits.ts';
import type { Registry } from '../../../lambda/contract/registry.ts';
import type { Variables } from '../../../lambda/contract/variables.ts';
import type { LoadProofVerifier } from '../../../lambda/functions/receive/checks/proof/check-proof.ts';
import type { ProofContext, ProofVerifier } from '../../../lambda/functions/receive/checks/proof/proof.ts';
import { createReceiver } from '../../../lambda/functions/receive/receive-callback.ts';
import type { PayloadStore } from '../../../lambda/functions/receive/store/payload-store.ts';
import { createTokenVerifier } from '../../../lambda/shared/callback-token/verify.ts';
import { type Handler, serveRoutes } from '../../../lambda/shared/http/serve-routes.ts';
import type { Logger } from '../../../lambda/shared/log/logger.ts';
import type { VerificationKeys } from '../../../lambda/shared/signing-keys/verification-keys.ts';
import { createMemoryProofRecords } from './memory-proof-records.ts';
import type { MemoryStore } from './memory-store.ts';

export interface KitReceiverOptions {
  readonly origin: string;
  readonly registry: Registry;
  readonly keys: VerificationKeys;
  readonly store: MemoryStore;
  readonly payloads: PayloadStore;
  /** The secret of Standard Webhooks. */
  readonly webhookSecret: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The receiver has nothing to say that a processor does not learn from the answers. */
const SILENT: Logger = { info: () => undefined, error: () => undefined };

/** The receiver of a gateway: its own checks and answers, with a store in memory. */
export const createKitReceiver = (options: KitReceiverOptions): Handler => {
  const { keys, now, origin, payloads, registry, store } = options;
  const receive = createReceiver({
    registry,
    verifier: createTokenVerifier({ origin, registry, keys }),
    decrypter: null,
    store,
    policy: null,
    loadProofVerifier: createProofLoader(options),
    payloads: () => payloads,
    inlineLimit: INLINE_LIMIT_BYTES.default,
    quarantineLimit: 0,
    schemas: () => ({}),
    logger: SILENT,
    now,
  });
  return serveRoutes(CALLBACK_ROUTES, { owner: 'receive', origin, logger: SILENT, handle: receive });
};

/** Loads the code of a proof at the first callback that needs it. */
const createProofLoader = ({ now, origin, webhookSecret }: KitReceiverOptions): LoadProofVerifier => {
  const context: ProofContext = {
    // The proofs of the kit read no other variable.
    variables: { POSTERN_ORIGIN: origin } as Variables<'receive'>,
    records: createMemoryProofRecords(),
    now,
  };
  const load = async (name: string): Promise<ProofVerifier> => {
    switch (name) {
      case 'dpop':
        return (await import('../../../lambda/functions/receive/checks/proof/dpop.ts')).createProof(
          context,
        ) as ProofVerifier;
      case 'http_signature':
        return (await import('../../../lambda/functions/receive/checks/proof/http-signature.ts')).createProof(
          context,
        ) as ProofVerifier;
      case 'standard_webhooks': {
        const { createStandardWebhooksProof } = await import(
          '../../../lambda/functions/receive/checks/proof/standard-webhooks-signature.ts'
        );
        return createStandardWebhooksProof(async () => webhookSecret ?? '') as ProofVerifier;
      }
      default:
        throw new TypeError(`The kit has no code for the proof "${name}".`);
    }
  };
  const loaded = new Map<string, Promise<ProofVerifier>>();
  return (name) => {
    const verifier = loaded.get(name) ?? load(name);
    loaded.set(name, verifier);
    return verifier;
  };
};
