import { CAPABILITY_NAMES, DEFAULT_CALLBACKS } from '../../../contract/capabilities.ts';
import { CARRIERS } from '../../../contract/carriers.ts';
import { CALLBACK_TOKEN_ALGORITHMS, OWNER_PATTERN, TASK_ID_PATTERN } from '../../../contract/claims.ts';
import {
  EXPIRES_IN_SECONDS,
  HEARTBEAT_SECONDS,
  MAX_HANDSHAKE_URL_CHARS,
  MAX_METADATA_BYTES,
  MAX_PROBLEM_ERRORS,
  MAX_PROGRESS_NOTE_CHARS,
  MAX_REASON_CHARS,
  MAX_RESOURCE_CHARS,
  MAX_TOKEN_CHARS,
  MAX_UPLOAD_BYTES,
} from '../../../contract/limits.ts';
import { OUTCOMES } from '../../../contract/outcomes.ts';
import { GRADE_NAMES } from '../../../contract/proofs.ts';
import { PROCESSOR_ID_PATTERN } from '../../../contract/registry.ts';
import { QUARANTINE_REASONS, TASK_STATUSES } from '../../../contract/task.ts';
import type { JsonSchema, Reference } from './model.ts';

type Properties = Readonly<Record<string, JsonSchema>>;

/** An object whose members are all there, but for those named as optional. */
const anObject = (properties: Properties, optional: readonly string[] = [], more: JsonSchema = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  ...more,
});

/** A request's object: a member that is not known is refused. */
const aRequest = (properties: Properties, optional: readonly string[]) =>
  anObject(properties, optional, { additionalProperties: false });

const TIME = { type: 'string', format: 'date-time', description: 'RFC 3339 in UTC with milliseconds.' };
const SHA256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const ID = { type: 'string', pattern: TASK_ID_PATTERN.source };
const MEDIA_TYPE = { type: 'string', description: 'As it was sent.' };
const SIZE = { type: 'integer', minimum: 0, description: 'Bytes.' };

const PROCESSOR = {
  type: 'string',
  pattern: PROCESSOR_ID_PATTERN.source,
  description: 'Id of a processor of the environment.',
};
const RESOURCE = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_RESOURCE_CHARS,
  description: 'The sender’s own name for what the work is about.',
};
const OWNER = {
  type: 'string',
  pattern: OWNER_PATTERN.source,
  description: 'The user or tenant that the work is done for.',
};
const EXPIRES_IN = {
  type: 'integer',
  minimum: EXPIRES_IN_SECONDS.min,
  maximum: EXPIRES_IN_SECONDS.max,
  description: 'Seconds; a processor may allow less.',
};
const HEARTBEAT = {
  type: 'integer',
  minimum: HEARTBEAT_SECONDS.min,
  maximum: EXPIRES_IN_SECONDS.max,
  description: 'Without progress for so many seconds the task expires. Not longer than `expiresIn`.',
};
// A default would make generated types require the member: openapi-typescript takes it for one that is always there.
const CALLBACKS = {
  type: 'array',
  items: { enum: CAPABILITY_NAMES },
  minItems: 1,
  uniqueItems: true,
};
const CARRIER = { enum: CARRIERS, description: 'One of the processor’s carriers, or `header`.' };
const REASON = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_REASON_CHARS,
  description:
    'Why the delivery is taken back. For the log and for the people who look after the task, not for events.',
};
const METADATA = {
  type: 'object',
  additionalProperties: true,
  description: `Given back in events, never shown to the processor. At most ${MAX_METADATA_BYTES} bytes of JSON.`,
};

const WHY = {
  enum: QUARANTINE_REASONS,
  description: '`late`: it came too late. `reopened`: it had closed the task before the sender reopened it.',
};

const PAYLOAD = { contentType: MEDIA_TYPE, size: SIZE, sha256: SHA256, receivedAt: TIME };

export const refTo = (name: SchemaName): Reference => ({ $ref: `#/components/schemas/${name}` });

export type SchemaName =
  | 'OpenTask'
  | 'ReissueCallbacks'
  | 'ReopenTask'
  | 'OpenedTask'
  | 'Callback'
  | 'Task'
  | 'TaskPage'
  | 'Payload'
  | 'Progress'
  | 'Quarantine'
  | 'ProgressReport'
  | 'UploadOffer'
  | 'HandshakeConfirmation'
  | 'Upload'
  | 'Receipt'
  | 'KeySet'
  | 'ProblemDescription'
  | 'Problem';

/** Every body of the API that is JSON. */
export const SCHEMAS: Readonly<Record<SchemaName, JsonSchema>> = {
  OpenTask: aRequest(
    {
      processor: PROCESSOR,
      resource: RESOURCE,
      owner: OWNER,
      expiresIn: EXPIRES_IN,
      heartbeat: HEARTBEAT,
      callbacks: { ...CALLBACKS, description: `Without it: ${DEFAULT_CALLBACKS.join(' and ')}.` },
      carrier: CARRIER,
      metadata: METADATA,
    },
    ['owner', 'heartbeat', 'callbacks', 'carrier', 'metadata'],
  ),
  ReissueCallbacks: {
    ...aRequest({ callbacks: CALLBACKS, expiresIn: EXPIRES_IN, carrier: CARRIER }, [
      'callbacks',
      'expiresIn',
      'carrier',
    ]),
    description: 'What is left out stays as it was.',
  },
  ReopenTask: {
    ...aRequest({ reason: REASON, callbacks: CALLBACKS, expiresIn: EXPIRES_IN, carrier: CARRIER }, [
      'callbacks',
      'expiresIn',
      'carrier',
    ]),
    description: 'What is left out of the callbacks stays as it was.',
  },
  OpenedTask: anObject({
    taskId: ID,
    status: { enum: TASK_STATUSES },
    createdAt: TIME,
    expiresAt: TIME,
    callbacks: {
      type: 'object',
      description: 'One for each capability that was asked for; none once the task is closed.',
      properties: Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, refTo('Callback')])),
      additionalProperties: false,
    },
  }),
  Callback: anObject(
    {
      method: { const: 'POST' },
      url: { type: 'string', format: 'uri', description: 'A secret, unless it comes with a `token`.' },
      token: {
        type: 'string',
        maxLength: MAX_TOKEN_CHARS,
        description: 'Carrier `header` only: to be sent as `Authorization: Bearer`.',
      },
      expiresAt: TIME,
      maxUses: { type: 'integer', minimum: 1 },
      grade: { enum: GRADE_NAMES, description: 'How well the credential is protected: A best, D a secret in a URL.' },
    },
    ['token'],
  ),
  Task: anObject(
    {
      taskId: ID,
      status: { enum: TASK_STATUSES },
      processor: PROCESSOR,
      resource: RESOURCE,
      owner: OWNER,
      metadata: METADATA,
      createdAt: TIME,
      expiresAt: TIME,
      heartbeat: HEARTBEAT,
      closedAt: TIME,
      result: refTo('Payload'),
      failure: refTo('Payload'),
      progress: refTo('Progress'),
      history: { type: 'array', items: anObject({ at: TIME, status: { enum: TASK_STATUSES } }) },
    },
    ['owner', 'metadata', 'heartbeat', 'closedAt', 'result', 'failure', 'progress'],
  ),
  TaskPage: anObject(
    {
      tasks: { type: 'array', items: refTo('Task') },
      cursor: { type: 'string', description: 'For the next page; absent on the last.' },
    },
    ['cursor'],
  ),
  Payload: anObject(PAYLOAD),
  Progress: anObject(
    {
      percent: { type: 'number', minimum: 0, maximum: 100 },
      note: { type: 'string', maxLength: MAX_PROGRESS_NOTE_CHARS },
      at: TIME,
    },
    ['percent', 'note'],
  ),
  Quarantine: anObject({
    quarantine: {
      type: 'array',
      items: anObject({ id: ID, capability: { enum: ['result', 'failure'] }, ...PAYLOAD, why: WHY }),
    },
  }),
  ProgressReport: aRequest(
    {
      percent: { type: 'number', minimum: 0, maximum: 100 },
      note: { type: 'string', maxLength: MAX_PROGRESS_NOTE_CHARS },
    },
    ['percent', 'note'],
  ),
  UploadOffer: aRequest(
    {
      contentType: { type: 'string', pattern: '^[\\x20-\\x7e]+$', description: 'One that the processor may deliver.' },
      size: { type: 'integer', minimum: 1, maximum: MAX_UPLOAD_BYTES, description: 'Bytes.' },
      sha256: SHA256,
    },
    [],
  ),
  HandshakeConfirmation: {
    type: 'object',
    properties: {
      hash: { type: 'string', description: 'As it came with the call.' },
      url: { type: 'string', maxLength: MAX_HANDSHAKE_URL_CHARS, description: 'Where the call came to.' },
    },
    required: ['hash', 'url'],
  },
  Upload: anObject({
    method: { const: 'PUT' },
    url: { type: 'string', format: 'uri', description: 'A secret until it is used.' },
    headers: {
      type: 'object',
      description:
        'Send all of them, exactly so: they are signed. The second PUT of an upload is answered with 412: the object is there.',
      additionalProperties: { type: 'string' },
    },
    expiresAt: TIME,
  }),
  Receipt: anObject({ taskId: ID, status: { enum: TASK_STATUSES }, receivedAt: TIME }),
  KeySet: anObject({
    keys: {
      type: 'array',
      items: anObject(
        {
          kty: { type: 'string' },
          kid: { type: 'string', description: 'RFC 7638 thumbprint.' },
          alg: { enum: CALLBACK_TOKEN_ALGORITHMS },
          use: { const: 'sig' },
        },
        [],
        { description: 'A public key (RFC 7517), with the members of its type.', additionalProperties: true },
      ),
    },
  }),
  ProblemDescription: anObject({
    type: { type: 'string', format: 'uri' },
    code: { enum: Object.keys(OUTCOMES) },
    status: { type: 'integer' },
    title: { type: 'string' },
    remedy: { type: 'string', description: 'What the caller can do about it.' },
  }),
  Problem: anObject(
    {
      type: { type: 'string', format: 'uri', description: 'Where the code is explained.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { enum: Object.keys(OUTCOMES) },
      requestId: { type: 'string', description: 'Include this id when you ask for support.' },
      detail: { type: 'string', description: 'What to correct, in words for people: it may change at any time.' },
      errors: {
        type: 'array',
        maxItems: MAX_PROBLEM_ERRORS,
        items: {
          type: 'object',
          properties: {
            detail: { type: 'string' },
            pointer: { type: 'string', description: 'JSON pointer into the body.' },
            parameter: { type: 'string', description: 'Name of a query parameter.' },
            header: { type: 'string', description: 'Name of a header.' },
            message: { type: 'string', description: 'In place of `detail` beside `accepted`.' },
            accepted: {
              type: 'array',
              items: { type: 'string' },
              description: 'The content types that the processor may send, where the one that was sent is refused.',
            },
          },
          anyOf: [{ required: ['detail'] }, { required: ['message', 'accepted'] }],
          oneOf: [{ required: ['pointer'] }, { required: ['parameter'] }, { required: ['header'] }],
        },
      },
    },
    ['detail', 'errors'],
    { description: 'Problem details (RFC 9457).' },
  ),
};
