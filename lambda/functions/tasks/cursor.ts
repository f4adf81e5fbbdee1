import { TASK_ID_PATTERN } from '../../contract/claims.ts';

/**
 * Returns a cursor: an encoded position in the order of creation. It contains nothing secret and gives no access. It is
 * encoded so that clients do not depend on its form, and `readCursor` checks it because it comes from a client.
 */
export const writeCursor = (createdKey: string): string => Buffer.from(createdKey).toString('base64url');

const CREATED_KEY = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)#(.+)$/;

/** @returns undefined for a text that `writeCursor` cannot have written */
export const readCursor = (cursor: string): string | undefined => {
  const createdKey = Buffer.from(cursor, 'base64url').toString('latin1');
  if (Buffer.from(createdKey, 'latin1').toString('base64url') !== cursor) return undefined;
  const [, at = '', taskId = ''] = CREATED_KEY.exec(createdKey) ?? [];
  return Number.isNaN(Date.parse(at)) || !TASK_ID_PATTERN.test(taskId) ? undefined : createdKey;
};
