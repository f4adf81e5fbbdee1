import { TASK_ID_PATTERN } from '../../contract/claims.ts';

/**
 * A cursor is a place in the order of opening. It holds nothing that its reader may not see and gives no access to
 * anything: it is encoded so that nobody builds on its form, and checked because it comes from outside.
 */
export const writeCursor = (createdKey: string): string => Buffer.from(createdKey).toString('base64url');

const CREATED_KEY = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)#(.+)$/;

/** @returns undefined for what `writeCursor` never wrote */
export const readCursor = (cursor: string): string | undefined => {
  const createdKey = Buffer.from(cursor, 'base64url').toString('latin1');
  if (Buffer.from(createdKey, 'latin1').toString('base64url') !== cursor) return undefined;
  const [, at = '', taskId = ''] = CREATED_KEY.exec(createdKey) ?? [];
  return Number.isNaN(Date.parse(at)) || !TASK_ID_PATTERN.test(taskId) ? undefined : createdKey;
};
