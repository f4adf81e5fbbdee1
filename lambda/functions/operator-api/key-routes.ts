import { readQuery } from '../../shared/access-token/query.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { HandlerResult } from '../../shared/http/serve.ts';
import { REASON, readActionBody } from '../../shared/operator/action-body.ts';
import {
  type ActionFrameOptions,
  answerAction,
  auditEntryOf,
  type DoneAction,
} from '../../shared/operator/answer-action.ts';
import type { AskOperatorPolicy } from '../../shared/operator/ask-operator-policy.ts';
import type { SigningKeys } from '../../shared/operator/signing-keys.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';

export interface KeyRoutesOptions extends ActionFrameOptions {
  readonly signingKeys: SigningKeys;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
}

/** Answers a GET about signing keys; undefined for another route. */
export const answerKeyRead = async (
  request: HttpRequest,
  { name }: Match,
  { signingKeys }: Pick<KeyRoutesOptions, 'signingKeys'>,
): Promise<HandlerResult | Refusal | undefined> => {
  if (name !== 'operatorListKeys') return undefined;
  const { errors } = readQuery(request, [], false);
  if (errors.length > 0) return refuse('request_invalid', 'unknown query parameter', { errors });
  return { response: jsonResponse(200, { keys: await signingKeys.list() }, request.requestId) };
};

/** Answers an action on a signing key; undefined for another route. */
export const answerKeyAction = (
  request: HttpRequest,
  match: Match,
  options: KeyRoutesOptions,
): Promise<DoneAction | Refusal> | undefined => {
  const { name, params, route } = match;
  if (name !== 'operatorRetireKey') return undefined;
  const { kid = '' } = params;
  return answerAction(request, match, options, {
    action: 'retire',
    target: kid,
    isOnTask: false,
    access: 'act',
    readBody: () => readActionBody(request, route.bodyLimit ?? 0, { reason: REASON }),
    perform: async (acting) => {
      const decision = options.askPolicy?.(acting) ?? {};
      if (isRefusal(decision)) return decision;
      const retired = await options.signingKeys.retire(kid, auditEntryOf(acting, options, 'done'));
      if (isRefusal(retired)) return retired;
      const { isChanged, key } = retired;
      return {
        response: jsonResponse(200, key, request.requestId),
        fields: { ...decision, kid },
        ...(isChanged && { action: 'retire' as const }),
      };
    },
  });
};
