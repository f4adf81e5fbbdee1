import * as v from 'valibot';
import { DEFAULT_CALLBACKS } from '../../contract/capabilities.ts';
import { isRefusal, type Refusal } from '../../shared/refusal.ts';
import { FIELDS } from './request-fields.ts';
import { invalid, readForm } from './request-form.ts';

const OpenRequestForm = v.object({
  processor: FIELDS.processor,
  resource: FIELDS.resource,
  owner: v.exactOptional(FIELDS.owner),
  expiresIn: FIELDS.expiresIn,
  heartbeat: v.exactOptional(FIELDS.heartbeat),
  callbacks: v.exactOptional(FIELDS.callbacks, [...DEFAULT_CALLBACKS]),
  carrier: v.exactOptional(FIELDS.carrier),
  metadata: v.exactOptional(FIELDS.metadata),
});

/** What a sender asks for when it opens a task. */
export type OpenRequest = v.InferOutput<typeof OpenRequestForm>;

/** Reads the body of `POST /v1/tasks`. */
export const readOpenRequest = (body: unknown, abbreviations = false): OpenRequest | Refusal => {
  const request = readForm(OpenRequestForm, body, abbreviations);
  if (isRefusal(request)) return request;
  return request.heartbeat !== undefined && request.heartbeat > request.expiresIn
    ? invalid([{ pointer: '/heartbeat', detail: 'must not be longer than expiresIn' }])
    : request;
};

const TERMS = {
  callbacks: v.exactOptional(FIELDS.callbacks),
  expiresIn: v.exactOptional(FIELDS.expiresIn),
  carrier: v.exactOptional(FIELDS.carrier),
};

const ReissueRequestForm = v.object(TERMS);

/** What a sender asks for when it has callbacks issued again; what it leaves out stays as it was. */
export type ReissueRequest = v.InferOutput<typeof ReissueRequestForm>;

/** Reads the body of `POST /v1/tasks/{taskId}/callbacks`. */
export const readReissueRequest = (body: unknown, abbreviations = false): ReissueRequest | Refusal =>
  readForm(ReissueRequestForm, body, abbreviations);

const ReopenRequestForm = v.object({ reason: FIELDS.reason, ...TERMS });

/** What a sender asks for when it takes a delivery back; what it leaves out of the callbacks stays as it was. */
export type ReopenRequest = v.InferOutput<typeof ReopenRequestForm>;

/** Reads the body of `POST /v1/tasks/{taskId}/reopen`. */
export const readReopenRequest = (body: unknown, abbreviations = false): ReopenRequest | Refusal =>
  readForm(ReopenRequestForm, body, abbreviations);
