import type { Processor, Registry } from '../../lambda/contract/registry.ts';

const MEDIA_TYPES = ['application/json', 'text/plain', 'application/pdf', 'application/octet-stream'];

/** A complete processor; say what is different. */
export const aProcessor = (overrides: Partial<Processor> & { readonly id: string }): Processor => ({
  carriers: ['header'],
  proof: { kind: 'none' },
  encrypted: false,
  allowEmptyResult: false,
  checkJson: true,
  contentTypes: MEDIA_TYPES,
  maxExpiresIn: 604_800,
  replayMode: 'acknowledge',
  progressUses: 5,
  uploadUses: 3,
  ...overrides,
});

export const registryOf = (...processors: readonly Processor[]): Registry =>
  Object.fromEntries(processors.map((processor) => [processor.id, processor]));

export const TEXT_SCHEMA = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
} as const;

/** One processor of each kind. */
export const REGISTRY = registryOf(
  aProcessor({ id: 'acme-ocr', carriers: ['path'] }),
  aProcessor({ id: 'header-ocr' }),
  aProcessor({ id: 'short-ocr', carriers: ['short'] }),
  aProcessor({ id: 'strict-ocr', replayMode: 'reject' }),
  aProcessor({ id: 'schema-ocr', contentTypes: ['application/json'], schema: TEXT_SCHEMA }),
  aProcessor({ id: 'office-ocr', sourceRanges: ['198.51.100.0/24', '2001:db8::/32'] }),
  aProcessor({ id: 'stamped-ocr', sameBy: { jsonPointers: ['/invoice', '/total'] } }),
  aProcessor({ id: 'keyed-ocr', sameBy: { header: 'Idempotency-Key' } }),
  aProcessor({ id: 'empty-ocr', allowEmptyResult: true, checkJson: false }),
  aProcessor({ id: 'blank-ocr', allowEmptyResult: true }),
  aProcessor({ id: 'hal-ocr', contentTypes: [...MEDIA_TYPES, 'application/hal+json'] }),
  aProcessor({ id: 'brief-ocr', maxExpiresIn: 600 }),
);
