import type { Application } from '../../contract/applications.ts';
import { OWNER_PATTERN } from '../../contract/claims.ts';
import { MAX_RESOURCE_CHARS, PAGE_SIZE } from '../../contract/limits.ts';
import type { ProblemError } from '../../contract/problem.ts';
import { PROCESSOR_ID_PATTERN } from '../../contract/registry.ts';
import { TASK_STATUSES, type TaskStatus } from '../../contract/task.ts';
import { readQuery } from '../../shared/access-token/query.ts';
import { readCursor } from '../../shared/http/cursor.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { type Refusal, refuse } from '../../shared/refusal.ts';
import { positionAfter, positionBefore, readTime } from '../../shared/tables/time-range.ts';

/** Query parameters that decide which tasks a list has. A cursor is bound to them. */
const LIST_FILTERS = ['status', 'processor', 'resource', 'owner', 'createdAfter', 'createdBefore'] as const;

/** Query parameters of `GET /v1/tasks`. */
export const LIST_PARAMETERS = [...LIST_FILTERS, 'limit', 'cursor'] as const;

/** A sender's request for a list of tasks. */
export interface ListRequest {
  readonly status?: TaskStatus;
  readonly processor?: string;
  readonly resource?: string;
  readonly owner?: string;
  /** Only tasks after this position in the order of creation. */
  readonly after?: string;
  /** Most tasks of the page. */
  readonly limit: number;
  /** Only tasks before this position in the order of creation: that of the cursor or of `createdBefore`. */
  readonly before?: string;
  /** The list that its cursors are bound to: route, application and filters. */
  readonly binding: readonly string[];
}

const isStatus = (value: string): value is TaskStatus => (TASK_STATUSES as readonly string[]).includes(value);

/** The same characters as `resource` of a task. */
const isResource = (value: string): boolean => {
  const { length } = [...value];
  return length >= 1 && length <= MAX_RESOURCE_CHARS && value.isWellFormed();
};

const CURSOR = 'must be a cursor that was given with a page of this list';
const TIME = 'must be a time in UTC, as 2026-11-30T08:00:00Z';

/** Checks of the parameters. Each returns a message for the client, or undefined if the value is valid. */
const CHECKS: Readonly<
  Record<Exclude<(typeof LIST_PARAMETERS)[number], 'cursor'>, (value: string) => string | undefined>
> = {
  status: (value) => (isStatus(value) ? undefined : `must be one of ${TASK_STATUSES.join(', ')}`),
  processor: (value) => (PROCESSOR_ID_PATTERN.test(value) ? undefined : 'must be the id of a processor'),
  resource: (value) => (isResource(value) ? undefined : `must be a text of 1 to ${MAX_RESOURCE_CHARS} characters`),
  owner: (value) => (OWNER_PATTERN.test(value) ? undefined : 'must be 1 to 64 of A-Z, a-z, 0-9, ., _, :, @ and -'),
  createdAfter: (value) => (readTime(value) === undefined ? TIME : undefined),
  createdBefore: (value) => (readTime(value) === undefined ? TIME : undefined),
  limit: (value) =>
    /^[1-9]\d{0,2}$/.test(value) && Number(value) <= PAGE_SIZE.max
      ? undefined
      : `must be a whole number from ${PAGE_SIZE.min} to ${PAGE_SIZE.max}`,
};

/**
 * Reads the query of `GET /v1/tasks`. The refusal lists every invalid parameter. A cursor of another application, or of a list
 * with other filters, is refused like one that nobody has issued.
 */
export const readListRequest = (
  request: HttpRequest,
  { id: application, processors }: Application,
  abbreviations: boolean,
): ListRequest | Refusal => {
  const { errors, values } = readQuery(request, LIST_PARAMETERS, abbreviations);
  const filters = Object.fromEntries(LIST_FILTERS.map((name) => [name, values.get(name)]));
  const binding = ['listTasks', application, ...LIST_FILTERS.map((name) => values.get(name) ?? '')];
  const cursor = values.get('cursor');
  const position = cursor === undefined ? undefined : readCursor(cursor, binding);
  const isOtherCursor = cursor !== undefined && position === undefined;
  const faults = LIST_PARAMETERS.flatMap((parameter): readonly ProblemError[] => {
    const value = values.get(parameter);
    if (value === undefined) return [];
    const detail = parameter === 'cursor' ? (isOtherCursor ? CURSOR : undefined) : CHECKS[parameter](value);
    return detail === undefined ? [] : [{ parameter, detail }];
  });
  if (errors.length > 0 || faults.length > 0) {
    return refuse('request_invalid', 'query not understood', { errors: [...errors, ...faults] });
  }
  const { createdAfter, createdBefore, owner, processor, resource, status } = filters;
  if (processor !== undefined && !processors.includes(processor)) {
    return refuse('processor_unknown', 'the processor is not one of the application', {
      errors: [{ parameter: 'processor', detail: 'is not a processor of this environment' }],
    });
  }
  const before = position ?? positionBefore(createdBefore);
  const after = positionAfter(createdAfter);
  return {
    ...(status !== undefined && isStatus(status) && { status }),
    ...(processor !== undefined && { processor }),
    ...(resource !== undefined && { resource }),
    ...(owner !== undefined && { owner }),
    ...(after !== undefined && { after }),
    limit: Number(values.get('limit') ?? PAGE_SIZE.default),
    ...(before !== undefined && { before }),
    binding,
  };
};
