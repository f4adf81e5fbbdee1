/**
 * Reasons for a refusal that tell something about the keys of the identity provider. Logs have them. An answer does not, so that
 * a caller cannot find out which keys exist.
 */
export const KEY_FAULTS = {
  unknown: 'no key of the identity provider is for it',
  ambiguous: 'several keys of the identity provider may be for it',
  signature: 'the signature does not fit the key',
} as const;
