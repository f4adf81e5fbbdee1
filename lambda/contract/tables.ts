/** Keys and attribute names of the two tables. */

export const TASKS_TABLE = {
  partitionKey: 'taskId',
  /** Seconds since 1970; `expiresAt` of the task plus the environment's retention. Deletion is never a check. */
  timeToLive: 'purgeAt',
} as const;

export const JTI_TABLE = {
  partitionKey: 'jti',
  /** Seconds since 1970; 24 h after the token's `exp`. Deletion is garbage collection, never a check. */
  timeToLive: 'expiresAt',
} as const;

/**
 * The replay key: made from *verified* claims, never from the token's text, so that a rewriting of the same token,
 * or a second valid signature over the same claims, is the same token.
 */
export const jtiKey = (iss: string, jti: string): string => `${iss}#${jti}`;
