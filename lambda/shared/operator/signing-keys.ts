import type { AuditEntry } from '../../contract/audit.ts';
import type { SigningKeyView } from '../../contract/operator-api.ts';
import {
  isAccepted,
  type PublicSigningKey,
  type SigningKeyState,
  signingKeyState,
} from '../../contract/signing-keys.ts';
import { inSeconds } from '../../contract/task.ts';
import { orUnavailable } from '../or-unavailable.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { AuditLog } from './audit-log.ts';
import type { SigningKeyStore } from './signing-key-store.ts';

/** A key in KMS. Its settings decide its state. */
export type KmsKeyView = Pick<SigningKeyView, 'kid' | 'alg' | 'state'>;

export interface SigningKeysOptions {
  readonly store: SigningKeyStore;
  readonly audit: Pick<AuditLog, 'put' | 'append'>;
  /** True if keys of the table sign. False: a key of KMS signs, and keys of the table only verify. */
  readonly isRotating: boolean;
  /** Returns the keys of KMS that sign or verify by the settings, the current one first. Rejects if KMS is unavailable. */
  readonly readKmsKeys: () => Promise<readonly KmsKeyView[]>;
  /** Invokes the function that makes the next key, and does not wait for it. */
  readonly startRotation: () => Promise<void>;
  /** Called if that function could not be invoked. Its schedule invokes it within 10 minutes. */
  readonly onNotStarted: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A key after a request to retire it. */
export interface Retirement {
  readonly key: SigningKeyView;
  /** False if the key was retired before. */
  readonly isChanged: boolean;
}

/** Keys that sign callback tokens, for operators. */
export interface SigningKeys {
  /** Returns the accepted keys and the retired ones, the newest first. */
  list(): Promise<readonly SigningKeyView[]>;
  /** @param audit the entry of the action; its `at` is the time of the retirement */
  retire(kid: string, audit: AuditEntry): Promise<Retirement | Refusal>;
}

export const createSigningKeys = (options: SigningKeysOptions): SigningKeys => {
  const { audit, isRotating, now, onNotStarted, startRotation, store } = options;
  const readTable = () => orUnavailable('table of signing keys', store.list());
  const readKmsKeys = () => orUnavailable('key service', options.readKmsKeys());
  const show = (key: PublicSigningKey, keys: readonly PublicSigningKey[]): SigningKeyView =>
    showKey(key, stateOf(key, keys, isRotating, inSeconds(now())));

  /** Retires a key of the table, or finds that another request was first. */
  const write = async (key: PublicSigningKey, entry: AuditEntry): Promise<Retirement | undefined> => {
    const retiredAt = inSeconds(Date.parse(entry.at));
    const isChanged =
      key.retiredAt === undefined && (await orUnavailable('tables', store.retire(key, retiredAt, audit.put(entry))));
    if (isChanged) return { key: showKey({ ...key, retiredAt }, 'retired'), isChanged };
    const keys = await readTable();
    const found = keys.find(({ generation, kid }) => generation === key.generation && kid === key.kid);
    if (found?.retiredAt === undefined) return undefined;
    // The action of this operator counts as done too.
    await orUnavailable('audit table', audit.append({ ...entry, isRepeated: true }));
    return { key: show(found, keys), isChanged: false };
  };

  return {
    list: async () => {
      const [kmsKeys, keys] = await Promise.all([readKmsKeys(), readTable()]);
      const shown = keys
        .filter((key) => key.retiredAt !== undefined || isAccepted(key, inSeconds(now())))
        .map((key) => show(key, keys));
      // A key of the table may be a copy of one in KMS. Its retirement counts: receivers refuse its tokens.
      const isShown = ({ kid }: KmsKeyView) => shown.some((one) => one.kid === kid && one.state === 'retired');
      const ofKms = kmsKeys.filter((key) => !isShown(key));
      return [...ofKms, ...shown.filter(({ kid }) => !ofKms.some((one) => one.kid === kid)).reverse()];
    },

    retire: async (kid, entry) => {
      const [kmsKeys, keys] = await Promise.all([readKmsKeys(), readTable()]);
      const key = keys.find((one) => one.kid === kid);
      // A retirement would not keep KMS from signing with it: its use is a setting.
      const isOfKms = key?.retiredAt === undefined && kmsKeys.some((one) => one.kid === kid);
      if (isOfKms) return refuse('key_not_rotating', 'a key of KMS');
      const retirement = key && (await write(key, entry));
      if (retirement === undefined) return refuse('key_unknown', 'no such key');
      await startRotation().catch(onNotStarted);
      return retirement;
    },
  };
};

const stateOf = (
  key: PublicSigningKey,
  keys: readonly PublicSigningKey[],
  isRotating: boolean,
  now: number,
): SigningKeyState => {
  if (isRotating) return signingKeyState(key, keys, now);
  return key.retiredAt === undefined ? 'verifying' : 'retired';
};

const timeOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();

const showKey = (
  { alg, kid, retiredAt, signFrom, signUntil, verifyUntil }: PublicSigningKey,
  state: SigningKeyState,
): SigningKeyView => ({
  kid,
  alg,
  state,
  signFrom: timeOf(signFrom),
  signUntil: timeOf(signUntil),
  verifyUntil: timeOf(verifyUntil),
  ...(retiredAt !== undefined && { retiredAt: timeOf(retiredAt) }),
});
