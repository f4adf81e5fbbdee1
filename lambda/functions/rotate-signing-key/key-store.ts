import type { SigningKeyItem } from '../../contract/signing-keys.ts';
import type { StoredSigningKey } from '../../shared/signing-keys/read-signing-keys.ts';
import type { KeyTimes } from './plan-keys.ts';

/** A new key. Its number is free, or the store refuses it. */
export type NewKey = Omit<SigningKeyItem, 'purpose' | 'retiredAt'>;

/** The keys of the table, without their private halves. */
export interface KeyStore {
  /** Reads all keys. The read is consistent. */
  read(): Promise<readonly StoredSigningKey[]>;
  /** Adds a key, unless its number is taken. Returns false if another run took the number. */
  add(key: NewKey): Promise<boolean>;
  /** Changes the end of a key. Does nothing if the key is no longer there. */
  changeEnd(
    key: Pick<StoredSigningKey, 'generation'>,
    end: Pick<KeyTimes, 'expiresAt' | 'signUntil' | 'verifyUntil'>,
  ): Promise<void>;
  /** Removes the private half of a key. Does nothing if the key is no longer there. */
  removePrivateKey(key: Pick<StoredSigningKey, 'generation'>): Promise<void>;
}
