import { applicationOf } from '../../contract/applications.ts';
import type { DispatchSettings, JsonValue } from '../../contract/dispatch.ts';
import type { Processor } from '../../contract/registry.ts';
import type { Callback, Callbacks } from '../../contract/sender-api.ts';
import { inSeconds } from '../../contract/task.ts';
import type { GetTokenSigner } from '../../shared/callback-token/signer.ts';
import type { CallbackIssuer, ShortCodeRecord } from '../../shared/callbacks/callback-issuer.ts';
import { repeatedParameters } from '../../shared/callbacks/repeated-parameters.ts';
import { buildRequest, isTemplateFault, type TemplateFault } from '../../shared/dispatch/build-request.ts';
import { secretTexts } from '../../shared/dispatch/remote-id.ts';
import { fillSecrets } from '../../shared/dispatch/secrets.ts';
import {
  type CompleteRequest,
  signByHttpSignature,
  signByStandardWebhooks,
} from '../../shared/dispatch/sign-request.ts';
import type { SentTask } from './dispatch-store.ts';
import type { RequestCredentials } from './ports.ts';

/** A request with its callbacks. It exists in memory only. */
export interface ProcessorRequest {
  readonly request: CompleteRequest;
  /** Texts that must not be kept: parts of tokens, jtis, secrets. */
  readonly secrets: readonly string[];
}

/** The callbacks of a task, signed for one attempt or several. */
export interface SignedCallbacks {
  readonly callbacks: Callbacks;
  /** Records that must be stored before the request is sent. */
  readonly codes: readonly ShortCodeRecord[];
  /** The key that signs now. Undefined if no token was signed. */
  readonly kid: string | undefined;
}

/** Signs the present callbacks of a task again: the same jtis and `exp`. @throws if no key can sign */
export type SignCallbacks = (task: SentTask, processor: Processor) => Promise<SignedCallbacks>;

export const createSignCallbacks =
  (issuer: Pick<CallbackIssuer, 'issue'>, getSigner: GetTokenSigner, now: () => number): SignCallbacks =>
  async (task, processor) => {
    // Before the signatures: if the key changes in between, the older one is named, and it signed no token of this issue.
    const signer = task.carrier === 'short' ? undefined : await getSigner();
    const issued = await issuer.issue(repeatedParameters(task, processor, inSeconds(now())));
    return { ...issued, kid: signer?.kid };
  };

export interface RequestParts {
  readonly task: SentTask;
  readonly settings: DispatchSettings;
  readonly input: { readonly value: JsonValue } | undefined;
  readonly callbacks: Callbacks;
  readonly credentials: RequestCredentials;
  readonly getSigner: GetTokenSigner;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Builds and signs the request to a processor.
 * @throws {Error} if a secret has a wrong form, or no key can sign; the message has no secret
 */
export const makeProcessorRequest = async (parts: RequestParts): Promise<ProcessorRequest | TemplateFault> => {
  const { callbacks, credentials, input, settings, task } = parts;
  const { accessToken, secrets } = credentials;
  const unsigned = buildRequest(settings, {
    taskId: task.taskId,
    application: applicationOf(task),
    processor: task.processor,
    resource: task.resource,
    ...(task.owner !== undefined && { owner: task.owner }),
    ...(input !== undefined && { input: input.value }),
    expiresAt: task.expiresAt,
    callbacks,
    issue: task.dispatch.issue,
  });
  if (isTemplateFault(unsigned)) return unsigned;
  const complete: CompleteRequest = {
    ...unsigned,
    headers: {
      ...fillSecrets(unsigned.headers, secrets),
      ...(accessToken !== undefined && { Authorization: `Bearer ${accessToken}` }),
    },
  };
  return {
    request: await sign(complete, parts),
    secrets: secretTexts(Object.values(callbacks) as readonly Callback[], [
      ...Object.values(task.callbacks).map(({ jti }) => jti),
      ...secrets.values(),
      ...(accessToken === undefined ? [] : [accessToken]),
    ]),
  };
};

const sign = async (
  request: CompleteRequest,
  { credentials, getSigner, now, settings }: RequestParts,
): Promise<CompleteRequest> => {
  switch (settings.sign?.kind) {
    case undefined:
      return request;
    case 'http_signature':
      return signByHttpSignature(request, await getSigner(), inSeconds(now));
    case 'standard_webhooks':
      return signByStandardWebhooks(request, credentials.secrets.get(settings.sign.secretName) ?? '', inSeconds(now));
  }
};
