import { secret } from '../../lib/config/secret-header.ts';
import type { ProcessorPreset } from './preset.ts';

/** Options of the preset for Replicate. */
export interface ReplicateOptions {
  /** Name of the secret in Secrets Manager with an API token of Replicate. */
  readonly secretName: string;
  /** Version of the model: the 64 hex digits that its page shows under "Versions". */
  readonly version: string;
}

/**
 * Predictions of Replicate. `input` of a task is the input of the model, an object. The result is the prediction: look at its
 * `status`, because a failed or cancelled prediction comes to the same URL.
 *
 * Sources: https://replicate.com/docs/topics/webhooks/setup-webhook (`webhook`, and `completed`: the prediction has succeeded,
 * failed or was cancelled), https://replicate.com/docs/topics/webhooks/receive-webhook (`id`, form of the result), and Replicate's client,
 * https://github.com/replicate/replicate-javascript (`index.js`, `lib/predictions.js`: URL, `Authorization`, `version`, `input`,
 * `webhook_events_filter`). The preset was not tried at Replicate. None of these sources mentions `Idempotency-Key`: an attempt
 * whose answer was lost may start, and cost, a second prediction.
 */
export const replicate = ({ secretName, version }: ReplicateOptions): ProcessorPreset => ({
  // The only place for a token is the URL.
  carriers: ['short'],
  contentTypes: ['application/json'],
  dispatch: {
    url: 'https://api.replicate.com/v1/predictions',
    headers: { Authorization: secret(secretName, 'Bearer {}') },
    body: {
      version,
      input: '{{input}}',
      webhook: '{{callbacks.result.url}}',
      // Each further event would use the callback up before the prediction ends.
      webhook_events_filter: ['completed'],
    },
    accept: [200, 201, 202],
    remoteId: '/id',
  },
});
