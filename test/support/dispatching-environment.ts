import type { DispatchInput } from '../../lib/config/dispatch.ts';
import { anAwsEnvironment } from './environments.ts';

/** A body for a processor whose callbacks have their token in the URL. */
export const BODY_WITHOUT_TOKEN = { document: '{{input}}', webhook: '{{callbacks.result.url}}' } as const;

/** How work is sent to a processor, as the file of an environment has it; say what is different. */
export const aDispatch = (overrides: Partial<DispatchInput> = {}): DispatchInput => ({
  url: 'https://api.acme.example/v1/jobs',
  headers: { Authorization: { secret: 'postern/test/acme', format: 'Bearer {}' } },
  body: { ...BODY_WITHOUT_TOKEN, token: '{{callbacks.result.token}}' },
  ...overrides,
});

/** A processor that Postern sends work to; say what is different. */
export const aDispatchedProcessor = (overrides: Readonly<Record<string, unknown>> = {}) => ({
  carriers: ['header'],
  contentTypes: ['application/json'],
  dispatch: aDispatch(),
  ...overrides,
});

/** An environment on AWS that sends work to its processor; say what is different. */
export const aDispatchingEnvironment = (overrides: Parameters<typeof anAwsEnvironment>[0] = {}) =>
  anAwsEnvironment({ processors: { 'acme-ocr': aDispatchedProcessor() }, ...overrides });
