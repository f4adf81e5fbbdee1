import type { StandardWebhooksProof } from '../../../../contract/proofs.ts';
import { createSecrets } from '../../../../shared/aws/secrets-cache.ts';
import type { CreateProof } from './proof.ts';
import { createStandardWebhooksProof } from './standard-webhooks-signature.ts';

/** Proof `standard_webhooks`, with the processors' secrets of Secrets Manager. */
export const createProof: CreateProof<StandardWebhooksProof> = ({ now }) =>
  createStandardWebhooksProof(createSecrets(now).find);
