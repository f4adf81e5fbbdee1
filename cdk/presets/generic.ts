import type { DispatchSettings } from '../settings.ts';
import type { ProcessorPreset } from './preset.ts';

/** Options of the preset for a processor of your own. */
export interface GenericOptions {
  /** URL that takes the work. */
  readonly url: string;
  /**
   * Signature by which the processor knows that the request comes from Postern.
   * @default { kind: 'http_signature' }, with the key in the JWKS of the gateway and no secret
   */
  readonly sign?: NonNullable<DispatchSettings['sign']>;
}

/**
 * A processor of your own. `callbacks` of the body has the form that `Callback` of `@postern/processor` takes, with the token
 * beside its URL. The processor should treat two requests with the same `Idempotency-Key` as one job.
 */
export const generic = ({ sign = { kind: 'http_signature' }, url }: GenericOptions): ProcessorPreset => ({
  carriers: ['header'],
  contentTypes: ['application/json'],
  dispatch: {
    url,
    headers: {},
    body: {
      taskId: '{{taskId}}',
      input: '{{input}}',
      expiresAt: '{{expiresAt}}',
      callbacks: {
        result: { url: '{{callbacks.result.url}}', token: '{{callbacks.result.token}}' },
        failure: { url: '{{callbacks.failure.url}}', token: '{{callbacks.failure.token}}' },
      },
    },
    sign,
    accept: [200, 201, 202],
    remoteId: '/id',
  },
});
