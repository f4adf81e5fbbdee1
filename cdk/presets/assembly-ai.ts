import type { JsonValue } from '../../lambda/contract/dispatch.ts';
import { secret } from '../../lib/config/secret-header.ts';
import type { ProcessorPreset } from './preset.ts';

/** Options of the preset for AssemblyAI. */
export interface AssemblyAiOptions {
  /** Name of the secret in Secrets Manager with an API key of AssemblyAI. */
  readonly secretName: string;
  /**
   * Further parameters of each transcript, for example `{ speaker_labels: true }`. With `redact_pii_audio`, AssemblyAI calls the
   * same URL a second time, and that call is refused.
   * @default none
   */
  readonly parameters?: Readonly<Record<string, JsonValue>>;
}

/**
 * Transcripts of recorded audio by AssemblyAI. `input` of a task is the URL of the audio, a text. The result has `transcript_id`
 * and `status` only: the application fetches the transcript, or the error, with that id. A failed transcript comes to the same
 * URL with the status `error`.
 *
 * Sources: https://www.assemblyai.com/docs/pre-recorded-audio/webhooks (`webhook_url`, form of the result, a header of the caller's
 * choice), and AssemblyAI's client, https://github.com/AssemblyAI/assemblyai-node-sdk (`src/types/openapi.generated.ts`,
 * `src/services`: URL, `Authorization` without a scheme, `audio_url`, `webhook_auth_header_name`, `webhook_auth_header_value`,
 * `id`). The preset was not tried at AssemblyAI. Neither source mentions `Idempotency-Key`: an attempt whose answer was lost may
 * start, and cost, a second transcript.
 */
export const assemblyAi = ({ parameters = {}, secretName }: AssemblyAiOptions): ProcessorPreset => ({
  carriers: ['header'],
  contentTypes: ['application/json'],
  dispatch: {
    url: 'https://api.assemblyai.com/v2/transcript',
    headers: { Authorization: secret(secretName) },
    body: {
      ...parameters,
      audio_url: '{{input}}',
      webhook_url: '{{callbacks.result.url}}',
      webhook_auth_header_name: 'Callback-Token',
      webhook_auth_header_value: '{{callbacks.result.token}}',
    },
    accept: [200, 201, 202],
    remoteId: '/id',
  },
});
