import { forEachProcessor } from './rule.ts';

/** Encrypted tokens need a key, and are too long for a URL. */
export const encryptedTokens = forEachProcessor((processor, at, { tokenEncryption }, errors) => {
  const { carriers, encrypted } = processor;
  if (encrypted !== true) return;
  errors.expect(
    tokenEncryption !== undefined,
    `${at}.encrypted`,
    encrypted,
    '`tokenEncryption` in this environment, because tokens are encrypted with its key',
    'Set `tokenEncryption`; `postern encryption-key` makes its keys.',
  );
  errors.expect(
    !carriers?.includes('path'),
    `${at}.encrypted`,
    encrypted,
    'no carrier `path`, because an encrypted token is too long for a URL',
    'Use the carrier `header`, or `short`, whose code holds no information.',
  );
});
