import { secret } from '../../lib/config/secret-header.ts';
import type { ProcessorPreset } from './preset.ts';

/** Options of the preset for fal. */
export interface FalOptions {
  /** Name of the secret in Secrets Manager with an API key of fal. */
  readonly secretName: string;
  /** Id of the model, for example `fal-ai/flux/dev`. */
  readonly model: string;
}

/**
 * The queue of fal. `input` of a task is the input of the model, an object. The result has `request_id`, `status` and `payload`:
 * look at `status`, because a failed request comes to the same URL with `ERROR`.
 *
 * Sources: https://docs.fal.ai/model-endpoints/webhooks (URL, `Authorization`, `fal_webhook`, `request_id`, form of the result),
 * and fal's client, https://github.com/fal-ai/fal-js (`libs/client/src/queue.ts`: the same names). Neither names the status of the
 * answer, so 200, 201 and 202 are accepted. The preset was not tried at fal. Neither source mentions `Idempotency-Key`: an
 * attempt whose answer was lost may start, and cost, a second request.
 */
export const fal = ({ model, secretName }: FalOptions): ProcessorPreset => ({
  // The only place for a token is the URL.
  carriers: ['short'],
  contentTypes: ['application/json'],
  dispatch: {
    url: `https://queue.fal.run/${model}`,
    headers: { Authorization: secret(secretName, 'Key {}') },
    query: { fal_webhook: '{{callbacks.result.url}}' },
    body: '{{input}}',
    accept: [200, 201, 202],
    remoteId: '/request_id',
  },
});
