import type { Finding } from './finding.ts';
import type { EnvironmentRecord, StackRecord } from './record.ts';

/** Logical id of the table of signing keys. */
const TABLE = /SigningKeysTable[0-9A-F]{8}/;

/** True if keys of the table sign: only their rotation has a trigger. */
const rotates = ({ resources }: StackRecord): boolean =>
  Object.values(resources).some(({ type }) => type === 'Custom::Trigger');

/**
 * Finds an update after which keys of the table sign, although the deployed receivers do not read the table. New code replaces
 * old code step by step, so receivers of the old code would refuse tokens that new code signs.
 */
export const signingKeysUnread = (before: EnvironmentRecord, after: EnvironmentRecord): readonly Finding[] => {
  const isRead = before.gateway.imports.some((name) => TABLE.test(name));
  if (isRead || !rotates(after.state)) return [];
  const [resource = 'SigningKeysTable'] = Object.keys(after.state.resources).filter((id) => TABLE.test(id));
  return [
    {
      code: 'signing-keys-unread',
      stack: 'State',
      resource,
      problem: 'its keys would sign, and the deployed receivers do not read it: they would refuse new callback URLs',
      remedy:
        "Deploy this version once with `signing: { kind: 'kms' }`. Its receivers read the table. Then deploy rotating keys: " +
        'docs/operate/upgrading.md has the steps.',
    },
  ];
};
