import type { Carrier } from '../../../lambda/contract/carriers.ts';
import { DEFAULT_USES, EXPIRES_IN_SECONDS } from '../../../lambda/contract/limits.ts';
import type { Processor, Registry } from '../../../lambda/contract/registry.ts';
import type { KitProof } from '../read-proof.ts';

/**
 * Entries of the processor under test. `nonce` asks for a nonce in each DPoP proof. `elsewhere` accepts callbacks from
 * addresses that nobody has (RFC 5737).
 */
export const KIT_PROCESSORS = {
  plain: 'conformance',
  nonce: 'conformance-nonce',
  elsewhere: 'conformance-elsewhere',
} as const;
export type KitProcessor = keyof typeof KIT_PROCESSORS;

const NOBODYS_ADDRESSES = ['192.0.2.0/24'];

export interface KitRegistryOptions extends Pick<KitProof, 'proof'> {
  readonly carrier: Carrier;
  readonly contentTypes: readonly string[];
}

/** The registry of the kit: one processor, with what was agreed on, in the variants that cases need. */
export const createKitRegistry = ({ carrier, contentTypes, proof }: KitRegistryOptions): Registry => {
  const plain: Processor = {
    id: KIT_PROCESSORS.plain,
    carriers: [carrier],
    proof,
    contentTypes,
    allowEmptyResult: false,
    checkJson: true,
    maxExpiresIn: EXPIRES_IN_SECONDS.max,
    replayMode: 'acknowledge',
    progressUses: DEFAULT_USES.progress,
    uploadUses: DEFAULT_USES.upload,
    encrypted: false,
  };
  const nonce: Processor = {
    ...plain,
    id: KIT_PROCESSORS.nonce,
    proof: proof.kind === 'dpop' ? { ...proof, nonce: true } : proof,
  };
  const elsewhere: Processor = { ...plain, id: KIT_PROCESSORS.elsewhere, sourceRanges: NOBODYS_ADDRESSES };
  return Object.fromEntries([plain, nonce, elsewhere].map((processor) => [processor.id, processor]));
};
