import { PAGE_SIZE } from '../../contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../contract/registry.ts';
import { TASK_STATUSES, type TaskStatus } from '../../contract/task.ts';
import { readQuery } from '../../shared/access-token/query.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';
import { readCursor } from './cursor.ts';

/** Query parameters of `GET /v1/tasks`. */
export const LIST_PARAMETERS = ['status', 'processor', 'limit', 'cursor'] as const;

/** A sender's request for a list of tasks. */
export interface ListRequest {
  readonly status?: TaskStatus;
  readonly processor?: string;
  /** Most tasks of the page. */
  readonly limit: number;
  /** Only tasks before this position in the order of creation. */
  readonly before?: string;
}

/** Checks of the parameters. Each returns a message for the client, or undefined if the value is valid. */
const CHECKS: Readonly<Record<(typeof LIST_PARAMETERS)[number], (value: string) => string | undefined>> = {
  status: (value) => (isStatus(value) ? undefined : `must be one of ${TASK_STATUSES.join(', ')}`),
  processor: (value) => (PROCESSOR_ID_PATTERN.test(value) ? undefined : 'must be the id of a processor'),
  limit: (value) =>
    /^[1-9]\d{0,2}$/.test(value) && Number(value) <= PAGE_SIZE.max
      ? undefined
      : `must be a whole number from ${PAGE_SIZE.min} to ${PAGE_SIZE.max}`,
  cursor: (value) => (readCursor(value) === undefined ? 'must be a cursor that was given with a page' : undefined),
};

const isStatus = (value: string): value is TaskStatus => (TASK_STATUSES as readonly string[]).includes(value);

/** Reads the query of `GET /v1/tasks`. The refusal lists every invalid parameter. */
export const readListRequest = (request: HttpRequest, abbreviations: boolean): ListRequest | Refusal => {
  const { errors, values } = readQuery(request, LIST_PARAMETERS, abbreviations);
  const faults = LIST_PARAMETERS.flatMap((parameter) => {
    const value = values.get(parameter);
    const detail = value === undefined ? undefined : CHECKS[parameter](value);
    return detail === undefined ? [] : [{ parameter, detail }];
  });
  if (errors.length > 0 || faults.length > 0) {
    return refuse('request_invalid', 'query not understood', { errors: [...errors, ...faults] });
  }
  const [status, processor] = [values.get('status'), values.get('processor')];
  const before = readCursor(values.get('cursor') ?? '');
  return {
    ...(status !== undefined && isStatus(status) && { status }),
    ...(processor !== undefined && { processor }),
    limit: Number(values.get('limit') ?? PAGE_SIZE.default),
    ...(before !== undefined && { before }),
  };
};
