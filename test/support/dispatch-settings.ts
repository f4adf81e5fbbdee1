import type { DispatchSettings } from '../../lambda/contract/dispatch.ts';

/** Complete settings of a processor that work is sent to, with the defaults; say what is different. */
export const aDispatch = (overrides: Partial<DispatchSettings> = {}): DispatchSettings => ({
  url: 'https://api.acme.example/v1/jobs',
  method: 'POST',
  timeout: 30,
  headers: {},
  query: {},
  body: { webhook: '{{callbacks.result.url}}' },
  accept: [200, 201, 202],
  retry: { delays: [5, 30, 120, 600, 1_800, 7_200], leastTime: 300 },
  concurrency: 20,
  breaker: { window: 60, minimum: 20, failureRate: 0.5, pause: 120, tasks: 3 },
  onFailure: 'fail',
  ...overrides,
});
