import type { Capability } from '../../../contract/capabilities.ts';
import { IDEMPOTENCY_KEY } from '../../../contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../../contract/registry.ts';
import type { ApiRouteName } from '../../../contract/routes.ts';
import { TASK_STATUSES, type TaskStatus } from '../../../contract/task.ts';
import { CANCELLED_TASK, QUEUED_TASK, TEXT } from './example-values.ts';
import { EXAMPLES } from './examples.ts';
import type { Content, RequestBody, Response } from './model.ts';
import { body, json, OF_BODY, type OperationDetails, PAGE_LIMIT, query, text } from './operation-details.ts';
import { OPERATOR_OPERATIONS } from './operator-operations.ts';
import { aConst, anEnum, anObject, aRequest } from './schema-parts.ts';
import { OWNER, RESOURCE, refTo } from './schemas.ts';

const REPLAYED = { 'Idempotency-Replayed': { $ref: '#/components/headers/Replayed' } } as const;
const header = (description: string) => ({ description, schema: { type: 'string' } });

/**
 * Bytes of any content type. Generators of clients do not know the range of all media types: openapi-python-client omits
 * an operation that has it. So the bytes have the type `application/octet-stream`, and the description says the rest.
 * A second media type without a schema would make the generated type `unknown`, or code that fails.
 */
const BYTES = {
  'application/octet-stream': { schema: { type: 'string', format: 'binary' }, example: TEXT },
} as const satisfies Content;

const delivered = (capability: 'result' | 'failure') =>
  ({
    answers: {
      200: {
        description:
          'The bytes. The answer has the content type that the processor sent, not `application/octet-stream`. A browser saves them as a file and does not show them.',
        headers: {
          'Content-Disposition': header('`attachment`'),
          'Content-Security-Policy': header('`sandbox`'),
        },
        content: BYTES,
      },
      303: {
        description:
          'The bytes are too large for the load balancer. `Location` is a URL that returns them, for one minute.',
        headers: { Location: header('A presigned URL: a secret until it expires.') },
      },
    },
    refusals: ['task_unknown', 'result_unavailable'],
    description: `The bytes that the ${capability} route received.`,
  }) as const satisfies OperationDetails;

const ANY_BYTES: RequestBody = {
  required: false,
  description:
    'Any bytes. Set `Content-Type` to one of the content types that were agreed on; the default is `application/octet-stream`.',
  content: BYTES,
};

const RECORDED =
  'The delivery is recorded. With `Idempotency-Replayed`, it was recorded before, and this repeats the first answer.';

const callback = (capability: Capability): OperationDetails => {
  const answer = (content: Content): OperationDetails['answers'] => ({
    200: { description: RECORDED, headers: REPLAYED, content },
  });
  const receipt = (status: TaskStatus): OperationDetails['answers'] =>
    answer(json('Receipt', { ...EXAMPLES.Receipt, status }));
  switch (capability) {
    case 'result':
      return { requestBody: ANY_BYTES, answers: receipt('succeeded'), refusals: [] };
    case 'failure':
      return { requestBody: ANY_BYTES, answers: receipt('failed'), refusals: [] };
    case 'progress':
      return {
        description: 'Progress is also the heartbeat of the task, if the task has one.',
        requestBody: body('ProgressReport', true),
        answers: receipt('pending'),
        refusals: [],
      };
    case 'upload':
      return {
        description: 'The result is recorded when the object has arrived and matches the offer.',
        requestBody: body('UploadOffer', true),
        answers: answer(json('Upload')),
        refusals: [],
      };
  }
};

const page = (description: string): OperationDetails['answers'] => ({
  200: { description, content: text('text/html', '<!doctype html><title>Postern</title>') },
  302: {
    description: 'The caller is not signed in. The load balancer redirects to the identity provider.',
    headers: { Location: header('The identity provider.') },
  },
});

const ISSUED: Response = {
  description: 'The task with its callbacks.',
  headers: { Location: header('The task.'), ...REPLAYED },
  content: json('OpenedTask'),
};

const verdict = (allowed: boolean, description: string): Response => ({
  description,
  content: {
    'application/json': {
      schema: anObject({ allowed: aConst(allowed) }),
      example: { allowed },
    },
  },
});
const ALLOWED = verdict(true, 'The identity of the caller is confirmed.');
const NOT_ALLOWED = verdict(false, 'The identity of the caller is not confirmed.');

const UTC_TIME = { type: 'string', format: 'date-time', pattern: 'Z$' };

/** Every route. A route that is missing here does not compile. */
export const OPERATIONS: Readonly<Record<ApiRouteName, OperationDetails>> = {
  openTask: {
    description:
      'With an `Idempotency-Key`, the same request again within a day opens no second task: the answer is the current state of the task and its current callbacks. If Postern sends the work to the processor, `callbacks` is empty, and `dispatch` says so.',
    parameters: [
      {
        name: 'Idempotency-Key',
        in: 'header',
        description: `Printable ASCII; remembered for ${IDEMPOTENCY_KEY.seconds} seconds.`,
        schema: { type: 'string', minLength: 1, maxLength: IDEMPOTENCY_KEY.maxChars, pattern: '^[\\x20-\\x7e]+$' },
      },
    ],
    requestBody: body('OpenTask', true),
    answers: { 201: ISSUED },
    refusals: [
      ...OF_BODY,
      'processor_unknown',
      'resume_not_allowed',
      'idempotency_conflict',
      'task_unknown',
      'too_many_pending',
    ],
  },
  listTasks: {
    parameters: [
      query('status', 'Only tasks with this status.', anEnum(TASK_STATUSES)),
      query('processor', 'Only tasks of this processor.', { type: 'string', pattern: PROCESSOR_ID_PATTERN.source }),
      query('resource', 'Only tasks with exactly this `resource`.', RESOURCE),
      query('owner', 'Only tasks with exactly this `owner`.', OWNER),
      query('createdAfter', 'Only tasks that were created later, in UTC.', UTC_TIME),
      query('createdBefore', 'Only tasks that were created earlier, in UTC.', UTC_TIME),
      PAGE_LIMIT,
      query('cursor', 'The cursor of the page before. The other parameters, except `limit`, must be the same again.', {
        type: 'string',
      }),
    ],
    description:
      'The tasks of the application of the client, newest first. Filters can be combined. Values are percent-encoded, and `+` stands for a space.',
    answers: { 200: { description: 'A page of tasks.', content: json('TaskPage') } },
    refusals: ['processor_unknown'],
  },
  getTask: {
    answers: { 200: { description: 'The task.', content: json('Task') } },
    refusals: ['task_unknown'],
  },
  getTaskResult: delivered('result'),
  getTaskFailure: delivered('failure'),
  cancelTask: {
    answers: {
      200: {
        description: 'The cancelled task, even if it was cancelled before.',
        content: json('Task', CANCELLED_TASK),
      },
    },
    refusals: ['task_unknown', 'task_closed'],
  },
  reissueCallbacks: {
    description:
      'Not for a task whose work Postern sends: `POST /v1/tasks/{taskId}/dispatch` sends it with new callbacks.',
    requestBody: body('ReissueCallbacks', false, 'Without a body, everything except the credentials stays as it was.'),
    answers: { 201: ISSUED },
    refusals: [...OF_BODY, 'processor_unknown', 'task_unknown', 'task_closed', 'task_dispatched'],
  },
  reopenTask: {
    description:
      'Possible from `succeeded` or `failed` only, and for a task that an operator has reopened and that Postern sends. The delivery goes to the quarantine of the task, and callbacks of earlier issues stop working.',
    requestBody: body('ReopenTask', true),
    answers: { 201: ISSUED },
    refusals: [
      ...OF_BODY,
      'processor_unknown',
      'task_unknown',
      'task_pending',
      'task_closed',
      'task_resumed',
      'reopen_limit',
      'not_dispatched',
      'dispatch_limit',
    ],
  },
  dispatchTask: {
    description:
      'The status of the task decides. A pending task that waits for its next attempt is sent now. One that was accepted, or could not be sent, gets new callbacks. A task that failed because it could not be sent is reopened.',
    answers: { 202: { description: 'The task.', content: json('Task', QUEUED_TASK) } },
    refusals: [
      'processor_unknown',
      'task_unknown',
      'task_closed',
      'task_resumed',
      'reopen_limit',
      'not_dispatched',
      'dispatch_running',
      'dispatch_limit',
    ],
  },
  listQuarantine: {
    answers: {
      200: { description: 'Deliveries that came too late, or whose task was reopened.', content: json('Quarantine') },
    },
    refusals: ['task_unknown'],
  },
  acceptQuarantined: {
    answers: { 200: { description: 'The task. The delivery is now its result or failure.', content: json('Task') } },
    refusals: ['task_unknown', 'quarantine_unknown', 'task_pending', 'task_closed'],
  },
  discardQuarantined: {
    answers: { 204: { description: 'The delivery is deleted.' } },
    refusals: ['task_unknown', 'quarantine_unknown'],
  },
  deliverResult: callback('result'),
  deliverResultByPath: callback('result'),
  deliverFailure: callback('failure'),
  deliverFailureByPath: callback('failure'),
  reportProgress: callback('progress'),
  reportProgressByPath: callback('progress'),
  offerUpload: callback('upload'),
  offerUploadByPath: callback('upload'),
  callbackByCode: {
    description: 'Same as the route of the code’s capability: same effect, request body and answers.',
    requestBody: ANY_BYTES,
    answers: {
      200: {
        description: RECORDED,
        headers: REPLAYED,
        content: {
          'application/json': { schema: { oneOf: [refTo('Receipt'), refTo('Upload')] }, example: EXAMPLES.Receipt },
        },
      },
    },
    refusals: [],
  },
  handshake: {
    description:
      '`Authorization: Webhook CONFIRM_URL HASH`. The gateway asks the URL for the secret of the hash. The origin of the URL must be registered.',
    parameters: [
      {
        name: 'Authorization',
        in: 'header',
        description: '`Webhook`, a URL, and the bcrypt hash (cost 4 to 12) of a secret that works once.',
        schema: { type: 'string' },
      },
    ],
    answers: { 200: ALLOWED, 401: { ...NOT_ALLOWED, headers: { 'WWW-Authenticate': header('`Webhook`') } } },
    refusals: ['request_invalid', 'unavailable'],
  },
  confirmHandshake: {
    description: 'For a caller that received our call: it asks whether the call came from this gateway.',
    requestBody: body('HandshakeConfirmation', true),
    answers: {
      200: {
        description: 'The secret of the hash as plain text.',
        content: text('text/plain', 'a secret that works once'),
      },
      401: NOT_ALLOWED,
    },
    refusals: [...OF_BODY, 'request_invalid', 'unavailable'],
  },
  jwks: {
    answers: {
      200: {
        description: 'Public keys of callback tokens: current, next and previous.',
        content: { 'application/jwk-set+json': { schema: refTo('KeySet'), example: EXAMPLES.KeySet } },
      },
    },
    refusals: ['unavailable'],
  },
  apiDescription: {
    answers: {
      200: {
        description: 'This document.',
        content: {
          'application/json': {
            schema: { type: 'object', required: ['openapi', 'info', 'paths'] },
            example: { openapi: '3.1.1', info: { title: 'Postern', version: '1' }, paths: {} },
          },
        },
      },
    },
    refusals: [],
  },
  problem: {
    answers: {
      200: {
        description: 'A page for people, or JSON for programs that prefer it to HTML.',
        content: {
          ...text('text/html', '<!doctype html><title>The task is already closed.</title>'),
          ...json('ProblemDescription'),
        },
      },
    },
    refusals: ['not_found'],
  },
  health: {
    answers: {
      200: {
        description: 'The gateway answers.',
        content: {
          'application/json': {
            schema: anObject({ status: aConst('ok') }),
            example: { status: 'ok' },
          },
        },
      },
    },
    refusals: [],
  },
  console: { answers: page('The console.'), refusals: [] },
  consoleSignOut: {
    description:
      'Ends the session of the operator: expires the load balancer’s cookie and sends the browser to the page ' +
      'where the identity provider ends its own session. Only a form from a page of the console is accepted: it has the ' +
      'token `token`, and the browser says that it comes from this origin (`Sec-Fetch-Site`, `Origin`).',
    requestBody: {
      required: true,
      content: {
        'application/x-www-form-urlencoded': {
          schema: aRequest({ token: { type: 'string' } }, []),
          example: { token: '1795946400.c2lnbmF0dXJl' },
        },
      },
    },
    answers: page('The session has ended.'),
    refusals: ['form_refused'],
  },
  ...OPERATOR_OPERATIONS,
};
