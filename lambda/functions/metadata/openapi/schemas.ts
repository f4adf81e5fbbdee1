import { APPLICATION_ID_PATTERN } from '../../../contract/applications.ts';
import { CAPABILITY_NAMES, DEFAULT_CALLBACKS } from '../../../contract/capabilities.ts';
import { CARRIERS } from '../../../contract/carriers.ts';
import { CALLBACK_TOKEN_ALGORITHMS, OWNER_PATTERN } from '../../../contract/claims.ts';
import {
  EXPIRES_IN_SECONDS,
  HEARTBEAT_SECONDS,
  MAX_METADATA_BYTES,
  MAX_PROBLEM_ERRORS,
  MAX_PROGRESS_NOTE_CHARS,
  MAX_REASON_CHARS,
  MAX_RESOURCE_CHARS,
  MAX_TOKEN_CHARS,
  MAX_UPLOAD_BYTES,
} from '../../../contract/limits.ts';
import { OUTCOMES } from '../../../contract/outcomes.ts';
import { MAX_HANDSHAKE_URL_CHARS } from '../../../contract/proof-limits.ts';
import { GRADE_NAMES } from '../../../contract/proofs.ts';
import { TASK_STATUSES } from '../../../contract/task.ts';
import { DISPATCH, DISPATCH_WANTED, INPUT, INPUT_AGAIN, QUEUED } from './dispatch-schemas.ts';
import type { JsonSchema, Reference } from './model.ts';
import { OPERATOR_SCHEMAS, OPERATOR_TASK_MEMBERS, type OperatorSchemaName } from './operator-schemas.ts';
import { RESUME, RESUME_REQUEST, SUPERSEDES } from './resume-schemas.ts';
import { aConst, anEnum, anObject, aRequest, ID, PAYLOAD, PROCESSOR, SHA256, TIME, WHY } from './schema-parts.ts';

export const RESOURCE = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_RESOURCE_CHARS,
  description: 'The sender’s own name of the subject of the work.',
};
export const OWNER = {
  type: 'string',
  pattern: OWNER_PATTERN.source,
  description: 'The user or tenant for whom the work is done.',
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
  description: 'Seconds without progress after which the task expires. At most `expiresIn`.',
};
// A default would make generated types require the member: openapi-typescript treats it as always present.
const CALLBACKS = {
  type: 'array',
  items: anEnum(CAPABILITY_NAMES),
  minItems: 1,
  uniqueItems: true,
};
const CARRIER = { ...anEnum(CARRIERS), description: 'One of the processor’s carriers, or `header`.' };
const REASON = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_REASON_CHARS,
  description: 'Why the task is reopened. The log and the operators get the reason; events do not have it.',
};
const METADATA = {
  type: 'object',
  additionalProperties: true,
  description: `Events return it to the sender. The processor never gets it. At most ${MAX_METADATA_BYTES} bytes of JSON.`,
};

const APPLICATION = {
  type: 'string',
  pattern: APPLICATION_ID_PATTERN.source,
  description: 'The application that owns the task: that of the client which created it.',
};

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
  | 'Problem'
  | OperatorSchemaName;

const TASK = anObject(
  {
    taskId: ID,
    application: APPLICATION,
    status: anEnum(TASK_STATUSES),
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
    resume: RESUME,
    dispatch: DISPATCH,
    history: { type: 'array', items: anObject({ at: TIME, status: anEnum(TASK_STATUSES) }) },
  },
  ['owner', 'metadata', 'heartbeat', 'closedAt', 'result', 'failure', 'progress', 'resume', 'dispatch'],
);

/** Every body of the API that is JSON. */
export const SCHEMAS: Readonly<Record<SchemaName, JsonSchema>> = {
  OpenTask: aRequest(
    {
      processor: PROCESSOR,
      resource: RESOURCE,
      owner: OWNER,
      expiresIn: EXPIRES_IN,
      heartbeat: HEARTBEAT,
      callbacks: { ...CALLBACKS, description: `Default: ${DEFAULT_CALLBACKS.join(' and ')}.` },
      carrier: CARRIER,
      metadata: METADATA,
      resume: RESUME_REQUEST,
      supersedes: SUPERSEDES,
      input: INPUT,
      dispatch: DISPATCH_WANTED,
    },
    ['owner', 'heartbeat', 'callbacks', 'carrier', 'metadata', 'resume', 'supersedes', 'input', 'dispatch'],
  ),
  ReissueCallbacks: {
    ...aRequest({ callbacks: CALLBACKS, expiresIn: EXPIRES_IN, carrier: CARRIER }, [
      'callbacks',
      'expiresIn',
      'carrier',
    ]),
    description: 'Omitted members stay as they were.',
  },
  ReopenTask: {
    ...aRequest({ reason: REASON, callbacks: CALLBACKS, expiresIn: EXPIRES_IN, carrier: CARRIER, input: INPUT_AGAIN }, [
      'callbacks',
      'expiresIn',
      'carrier',
      'input',
    ]),
    description: 'Omitted members stay as they were.',
  },
  OpenedTask: anObject(
    {
      taskId: ID,
      application: APPLICATION,
      status: anEnum(TASK_STATUSES),
      createdAt: TIME,
      expiresAt: TIME,
      callbacks: {
        type: 'object',
        description:
          'One callback for each requested capability. Empty when the task is closed, or Postern sends the work.',
        properties: Object.fromEntries(CAPABILITY_NAMES.map((name) => [name, refTo('Callback')])),
        additionalProperties: false,
      },
      dispatch: QUEUED,
    },
    ['dispatch'],
  ),
  Callback: anObject(
    {
      method: aConst('POST'),
      url: { type: 'string', format: 'uri', description: 'A secret, unless it comes with a `token`.' },
      token: {
        type: 'string',
        maxLength: MAX_TOKEN_CHARS,
        description: 'Only with the carrier `header`. Send it as `Authorization: Bearer TOKEN`.',
      },
      expiresAt: TIME,
      maxUses: { type: 'integer', minimum: 1 },
      grade: {
        ...anEnum(GRADE_NAMES),
        description: 'Protection of the credential: A is the strongest, D is a secret in a URL.',
      },
    },
    ['token'],
  ),
  Task: TASK,
  OperatorTask: {
    ...TASK,
    properties: { ...TASK.properties, ...OPERATOR_TASK_MEMBERS },
    required: [...TASK.required, ...Object.keys(OPERATOR_TASK_MEMBERS)],
  },
  TaskPage: anObject(
    {
      tasks: { type: 'array', items: refTo('Task') },
      cursor: {
        type: 'string',
        description: 'Cursor of the next page; absent on the last page. A short or empty page can have one.',
      },
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
      items: anObject({ id: ID, capability: anEnum(['result', 'failure']), ...PAYLOAD, why: WHY }),
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
      contentType: {
        type: 'string',
        pattern: '^[\\x20-\\x7e]+$',
        description: 'A content type that the processor may deliver.',
      },
      size: { type: 'integer', minimum: 1, maximum: MAX_UPLOAD_BYTES, description: 'Bytes.' },
      sha256: SHA256,
    },
    [],
  ),
  HandshakeConfirmation: {
    type: 'object',
    properties: {
      hash: { type: 'string', description: 'The hash that came with the call.' },
      url: { type: 'string', maxLength: MAX_HANDSHAKE_URL_CHARS, description: 'The URL that was called.' },
    },
    required: ['hash', 'url'],
  },
  Upload: anObject({
    method: aConst('PUT'),
    url: { type: 'string', format: 'uri', description: 'A secret until it is used.' },
    headers: {
      type: 'object',
      description:
        'Send all of them unchanged, because they are signed. A second PUT of an upload gets 412, because the object exists.',
      additionalProperties: { type: 'string' },
    },
    expiresAt: TIME,
  }),
  Receipt: anObject({ taskId: ID, status: anEnum(TASK_STATUSES), receivedAt: TIME }),
  KeySet: anObject({
    keys: {
      type: 'array',
      items: anObject(
        {
          kty: { type: 'string' },
          kid: { type: 'string', description: 'RFC 7638 thumbprint.' },
          alg: anEnum(CALLBACK_TOKEN_ALGORITHMS),
          use: aConst('sig'),
        },
        [],
        { description: 'A public key (RFC 7517), with the members of its type.', additionalProperties: true },
      ),
    },
  }),
  ProblemDescription: anObject({
    type: { type: 'string', format: 'uri' },
    code: anEnum(Object.keys(OUTCOMES)),
    status: { type: 'integer' },
    title: { type: 'string' },
    remedy: { type: 'string', description: 'What the caller can do about it.' },
  }),
  Problem: anObject(
    {
      type: { type: 'string', format: 'uri', description: 'URL of the page that explains the code.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: anEnum(Object.keys(OUTCOMES)),
      requestId: { type: 'string', description: 'Include this id when you ask for support.' },
      detail: { type: 'string', description: 'What to correct, as text for people. It may change at any time.' },
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
            message: { type: 'string', description: 'Comes with `accepted`, in place of `detail`.' },
            accepted: {
              type: 'array',
              items: { type: 'string' },
              description:
                'Content types that the processor may send. Present if the content type of the request was refused.',
            },
          },
          anyOf: [{ required: ['detail'] }, { required: ['message', 'accepted'] }],
          oneOf: [{ required: ['pointer'] }, { required: ['parameter'] }, { required: ['header'] }],
        },
      },
      revision: { type: 'integer', minimum: 0, description: 'With `task_changed`: the current revision of the task.' },
    },
    ['detail', 'errors', 'revision'],
    { description: 'Problem details (RFC 9457).' },
  ),
  ...OPERATOR_SCHEMAS,
};
