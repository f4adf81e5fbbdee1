import { BULK_SENDINGS, type BulkSending } from '../../contract/operator-api.ts';
import { readJsonBody } from '../http/json-body.ts';
import type { HttpRequest } from '../http/message.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { type Body, type Property, REASON, readActionBody } from './action-body.ts';

const PLAN = {
  plan: { isValid: (value): value is true => value === true, expectation: 'must be true' } satisfies Property<true>,
};

const CONFIRMATION = {
  planId: {
    isValid: (value): value is string => typeof value === 'string',
    expectation: 'must be the `planId` of a plan',
  } satisfies Property<string>,
  confirm: {
    isValid: (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
    expectation: 'must be the `count` of the plan, a whole number from 0',
  } satisfies Property<number>,
  reason: REASON,
};

const SENDING_PLAN = {
  ...PLAN,
  of: {
    isValid: (value): value is BulkSending => BULK_SENDINGS.some((one) => one === value),
    expectation: `must be one of ${BULK_SENDINGS.join(', ')}`,
  } satisfies Property<BulkSending>,
};

/** A request for a plan, or the confirmation of one. */
export type RevokeAllBody =
  | (Body<typeof PLAN> & { readonly reason?: undefined })
  | (Body<typeof CONFIRMATION> & { readonly plan?: undefined });

/** A request for a plan of work that is sent again, or the confirmation of one. */
export type DispatchAllBody =
  | (Body<typeof SENDING_PLAN> & { readonly reason?: undefined })
  | (Body<typeof CONFIRMATION> & { readonly plan?: undefined });

/** Reads the body of a bulk revocation. A body with `plan` asks for a plan; every other body confirms one. */
export const readRevokeAllBody = (request: HttpRequest, limit: number): RevokeAllBody | Refusal => {
  const asksForPlan = hasPlan(request, limit);
  if (isRefusal(asksForPlan)) return asksForPlan;
  return asksForPlan ? readActionBody(request, limit, PLAN) : readActionBody(request, limit, CONFIRMATION);
};

/** Does the same for work that is sent again. */
export const readDispatchAllBody = (request: HttpRequest, limit: number): DispatchAllBody | Refusal => {
  const asksForPlan = hasPlan(request, limit);
  if (isRefusal(asksForPlan)) return asksForPlan;
  return asksForPlan ? readActionBody(request, limit, SENDING_PLAN) : readActionBody(request, limit, CONFIRMATION);
};

const hasPlan = (request: HttpRequest, limit: number): boolean | Refusal => {
  const body = readJsonBody(request, limit);
  if (isRefusal(body)) return body;
  const { value } = body;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'plan');
};
