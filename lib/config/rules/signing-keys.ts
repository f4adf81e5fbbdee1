import { forEachProcessor, type Rule, type ValidEntries } from './rule.ts';

/** With `kms`, exactly one key signs. */
export const oneKeySigns: Rule = ({ signing, signingKeys = {} }, errors) => {
  if (signing?.kind !== 'kms') return;
  const uses = Object.entries(signingKeys).map(([id, key]) => [id, key?.use] as const);
  // A key without a valid use is reported already.
  if (uses.length === 0 || uses.some(([, use]) => use === undefined)) return;
  errors.expect(
    uses.filter(([, use]) => use === 'current').length === 1,
    'signingKeys',
    Object.fromEntries(uses),
    "exactly one key with the use 'current'",
    "Give 'current' to the key that signs and 'previous' to the key before it.",
  );
};

const signsWithRs256 = ({ signing, signingKeys = {} }: ValidEntries): boolean =>
  signing?.kind === 'rotating'
    ? signing.algorithm === 'RS256'
    : Object.values(signingKeys).some((key) => key?.use === 'current' && key.algorithm === 'RS256');

/** The carrier `short` is allowed, because no token is signed for a short code. */
export const rs256OutsideUrls = forEachProcessor(({ carriers }, at, entries, errors) => {
  errors.expect(
    !carriers?.includes('path') || !signsWithRs256(entries),
    `${at}.carriers`,
    carriers,
    'no carrier `path`, because the current signing key is RS256, whose tokens are too long for a URL',
    'Use the carrier `header` or `short`, or sign with an ES256 key.',
  );
});
