import type { FormFault } from '../../contract/console-session.ts';
import { MAX_FORM_BYTES } from '../../contract/operator-limits.ts';
import type { HttpRequest } from '../http/message.ts';
import type { HandlerOutcome } from '../http/serve.ts';
import type { Measurement } from '../log/logger.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { ConsoleKey } from './console-key.ts';

/** Purpose of a form. The form's token is valid only for it. */
export interface FormPurpose {
  /** `sub` of the operator who got the form. */
  readonly operator: string;
  readonly action: string;
  /** Object of the action. */
  readonly target: string;
  /** Revision of the target that the form shows, or the plan; 0 if the target has neither. */
  readonly revision: number | string;
}

/** Name of the field with the form's token. */
export const FORM_TOKEN_FIELD = 'token';

const KIND = 'form';

/** Returns the token of a form (W1). @param goodUntil seconds since 1970 */
export const makeFormToken = (key: ConsoleKey, purpose: FormPurpose, goodUntil: number): string =>
  `${goodUntil}.${key.sign(partsOf(purpose, goodUntil))}`;

const partsOf = ({ operator, action, target, revision }: FormPurpose, goodUntil: number) =>
  [KIND, operator, action, target, `${revision}`, goodUntil] as const;

/** Returns the fields of a form by name. It drops a field that comes twice. */
export const readForm = (request: HttpRequest): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(Buffer.from(request.body()).toString('utf8'))) {
    if (seen.has(name)) fields.delete(name);
    else fields.set(name, value);
    seen.add(name);
  }
  return fields;
};

/**
 * Refuses a POST that does not come from a form of ours for this operator and purpose. The session cookie is no evidence:
 * the load balancer's cookie is `SameSite=None`, so a browser sends it from any site.
 * @param now seconds since 1970
 */
export const checkForm = (
  request: HttpRequest,
  key: ConsoleKey,
  { origin, purpose, now }: { readonly origin: string; readonly purpose: FormPurpose; readonly now: number },
): Refusal | undefined => {
  const fault = findFault(request, origin) ?? findTokenFault(request, key, purpose, now);
  return fault === undefined ? undefined : { ...refuse('form_refused', `form: ${fault}`), fields: { fault } };
};

/** Counts a form that was refused, also if a page explains the refusal. */
export const countFormRefusals = (outcome: HandlerOutcome): readonly Measurement[] => {
  const code = isRefusal(outcome) ? outcome.code : outcome.fields?.code;
  return code === 'form_refused' ? [{ metric: 'FormRefused', value: 1, by: String(outcome.fields?.fault) }] : [];
};

const findFault = (request: HttpRequest, origin: string): FormFault | undefined => {
  const isExactly = (name: string, value: string) => {
    const values = request.header(name);
    return values.length === 1 && values[0] === value;
  };
  if (!isExactly('sec-fetch-site', 'same-origin')) return 'site';
  if (!isExactly('origin', origin)) return 'origin';
  if (!isExactly('content-type', 'application/x-www-form-urlencoded')) return 'type';
  return request.bodySize > MAX_FORM_BYTES ? 'body' : undefined;
};

const findTokenFault = (
  request: HttpRequest,
  key: ConsoleKey,
  purpose: FormPurpose,
  now: number,
): FormFault | undefined => {
  const token = readForm(request).get(FORM_TOKEN_FIELD) ?? '';
  const [, time = '', mac = ''] = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  const goodUntil = Number(time);
  if (!key.verify(partsOf(purpose, goodUntil), mac)) return 'token';
  return goodUntil < now ? 'time' : undefined;
};
