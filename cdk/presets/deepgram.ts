import { secret } from '../../lib/config/secret-header.ts';
import type { ProcessorPreset } from './preset.ts';

/** Options of the preset for Deepgram. */
export interface DeepgramOptions {
  /** Name of the secret in Secrets Manager with an API key of Deepgram. */
  readonly secretName: string;
  /**
   * Parameters of each request, for example `{ model: 'nova-3', smart_format: 'true' }`.
   * @default the defaults of Deepgram
   */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * Transcripts of recorded audio by Deepgram. `input` of a task is the URL of the audio, a text. The result is the transcript.
 *
 * Sources: https://developers.deepgram.com/docs/callback (`Authorization`, `callback`; callbacks go to the ports 80, 443, 8080 and
 * 8443 only), and Deepgram's description of its API, https://github.com/deepgram/deepgram-api-specs (`openapi.yml`: URL, `url` in a
 * JSON body, `request_id`, status 200). The preset was not tried at Deepgram. Neither source mentions `Idempotency-Key`: an
 * attempt whose answer was lost may start, and cost, a second transcript.
 */
export const deepgram = ({ parameters = {}, secretName }: DeepgramOptions): ProcessorPreset => ({
  // The only place for a token is the URL.
  carriers: ['short'],
  contentTypes: ['application/json'],
  dispatch: {
    url: 'https://api.deepgram.com/v1/listen',
    headers: { Authorization: secret(secretName, 'Token {}') },
    query: { ...parameters, callback: '{{callbacks.result.url}}' },
    body: { url: '{{input}}' },
    accept: [200, 201, 202],
    remoteId: '/request_id',
  },
});
