import { CALLBACK_TOKEN_ALGORITHMS } from '../../../contract/claims.ts';
import { KID_PATTERN, SIGNING_KEY_STATES } from '../../../contract/signing-keys.ts';
import type { JsonSchema } from './model.ts';
import { anEnum, anObject, aRequest, REASON, TIME } from './schema-parts.ts';

/** Bodies of the routes of signing keys. */
export type KeySchemaName = 'SigningKey' | 'SigningKeys' | 'KeyRetirement';

const SIGNING_KEY = anObject(
  {
    kid: {
      type: 'string',
      pattern: KID_PATTERN.source,
      description: 'RFC 7638 thumbprint, as in the header of tokens.',
    },
    alg: anEnum(CALLBACK_TOKEN_ALGORITHMS),
    state: {
      ...anEnum(SIGNING_KEY_STATES),
      description:
        '`next`: signs later. `signing`: signs now. `verifying`: signs no more, its tokens are accepted. ' +
        '`retired`: its tokens are refused.',
    },
    signFrom: { ...TIME, description: 'Planned start of signing. Absent for a key of KMS.' },
    signUntil: { ...TIME, description: 'Planned end of signing. Absent for a key of KMS.' },
    verifyUntil: { ...TIME, description: 'From then on its tokens are refused. Absent for a key of KMS.' },
    retiredAt: { ...TIME, description: 'An operator retired it then.' },
  },
  ['signFrom', 'signUntil', 'verifyUntil', 'retiredAt'],
);

export const KEY_SCHEMAS: Readonly<Record<KeySchemaName, JsonSchema>> = {
  SigningKey: SIGNING_KEY,
  SigningKeys: anObject({ keys: { type: 'array', items: SIGNING_KEY } }),
  KeyRetirement: aRequest({ reason: REASON }, []),
};
