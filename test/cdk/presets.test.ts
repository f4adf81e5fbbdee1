import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Postern, type ProcessorPreset, presets } from '../../cdk/index.ts';
import type { JsonValue } from '../../lambda/contract/dispatch.ts';
import { buildRequest, isTemplateFault } from '../../lambda/shared/dispatch/build-request.ts';
import { checkTemplate } from '../../lambda/shared/dispatch/check-template.ts';
import { namedCapabilities, namedPlaceholders } from '../../lambda/shared/dispatch/placeholders.ts';
import { DESCRIBE_CONTEXT } from '../../lib/context-keys.ts';
import { descriptionFile, type EnvironmentDescription } from '../../lib/describe/description.ts';
import { anAwsEnvironment } from '../support/environments.ts';
import { anApp, NO_ASSETS, NO_CODE, TEST_CONTEXT } from '../support/synthesize.ts';

const secretName = 'postern/prod/processor';
const PRESETS: Readonly<Record<keyof typeof presets, ProcessorPreset>> = {
  assemblyAi: presets.assemblyAi({ secretName, parameters: { speaker_labels: true } }),
  deepgram: presets.deepgram({ secretName, parameters: { model: 'nova-3' } }),
  fal: presets.fal({ secretName, model: 'fal-ai/flux/dev' }),
  generic: presets.generic({ url: 'https://jobs.example.com/v1/jobs' }),
  replicate: presets.replicate({ secretName, version: 'da77bc59ee60' }),
};
const NAMES = Object.keys(PRESETS) as (keyof typeof presets)[];

/** The settings that functions read beside the ones of the preset. */
const templateOf = ({ dispatch: { query = {}, ...dispatch } }: ProcessorPreset) => ({
  ...dispatch,
  method: 'POST' as const,
  query,
});

/** The processors of an environment of an app, as its functions read them. */
const processorsOf = (processors: Readonly<Record<string, ProcessorPreset>>) => {
  const app = anApp(undefined, { context: { ...TEST_CONTEXT, ...NO_ASSETS, [DESCRIBE_CONTEXT]: true } });
  const { account, region, runsOn: _, ...settings } = anAwsEnvironment();
  new Postern(app, 'Test', {
    env: { account, region },
    environment: { ...settings, processors, name: 'test' },
    bundles: NO_CODE,
  });
  const { directory } = app.synth();
  const description = JSON.parse(readFileSync(join(directory, descriptionFile('test')), 'utf8'));
  return (description as EnvironmentDescription).settings.processors;
};

/** The request of a preset, with its body parsed. */
const requestOf = (preset: ProcessorPreset, input: JsonValue) => {
  const url = 'https://callbacks.example.com/c/CODE';
  const callback = preset.carriers[0] === 'header' ? { url, token: 'a.b.c' } : { url };
  const request = buildRequest(templateOf(preset), {
    taskId: 'task-1',
    application: 'shop',
    processor: 'acme',
    input,
    expiresAt: '2026-12-24T12:00:00.000Z',
    callbacks: { result: callback, failure: callback },
    issue: 1,
  });
  if (isTemplateFault(request)) throw new Error(`${request.placeholder} ${request.detail}`);
  const { Authorization } = request.headers;
  return { url: request.url, authorization: Authorization, body: JSON.parse(request.body) as unknown };
};

describe('a preset', () => {
  test.each(NAMES)('%s has a template without mistakes, with the input and the result', (name) => {
    const template = templateOf(PRESETS[name]);
    expect(checkTemplate(template, { egress: 'public' })).toEqual([]);
    expect(namedPlaceholders(template)).toEqual(expect.arrayContaining(['input', 'callbacks.result.url']));
  });

  test.each(NAMES)('%s names tokens only if its callbacks have them', (name) => {
    const { carriers, ...preset } = PRESETS[name];
    const namesTokens = namedPlaceholders(templateOf({ carriers, ...preset })).some((each) => each.endsWith('.token'));
    expect(namesTokens).toBe(carriers[0] === 'header');
  });

  test('is an entry of an environment, whose functions get its request with all defaults', () => {
    const entries = Object.fromEntries(
      Object.entries(PRESETS).map(([name, preset]) => [`a-${name.toLowerCase()}`, preset]),
    );
    const requests = Object.entries(entries).map(([id, { carriers, contentTypes, dispatch }]) => [
      id,
      { id, carriers, contentTypes, dispatch: { method: 'POST', timeout: 30, onFailure: 'fail', ...dispatch } },
    ]);
    expect(processorsOf(entries)).toMatchObject(Object.fromEntries(requests));
  });

  test('for Replicate makes the documented request', () => {
    expect(requestOf(PRESETS.replicate, { prompt: 'a cat' })).toEqual({
      url: 'https://api.replicate.com/v1/predictions',
      authorization: { secret: secretName, format: 'Bearer {}' },
      body: {
        version: 'da77bc59ee60',
        input: { prompt: 'a cat' },
        webhook: 'https://callbacks.example.com/c/CODE',
        webhook_events_filter: ['completed'],
      },
    });
  });

  test('for fal makes the documented request', () => {
    expect(requestOf(PRESETS.fal, { prompt: 'a cat' })).toEqual({
      url: 'https://queue.fal.run/fal-ai/flux/dev?fal_webhook=https%3A%2F%2Fcallbacks.example.com%2Fc%2FCODE',
      authorization: { secret: secretName, format: 'Key {}' },
      body: { prompt: 'a cat' },
    });
  });

  test('for AssemblyAI makes the documented request', () => {
    expect(requestOf(PRESETS.assemblyAi, 'https://media.example.com/a.mp3')).toEqual({
      url: 'https://api.assemblyai.com/v2/transcript',
      authorization: { secret: secretName, format: '{}' },
      body: {
        speaker_labels: true,
        audio_url: 'https://media.example.com/a.mp3',
        webhook_url: 'https://callbacks.example.com/c/CODE',
        webhook_auth_header_name: 'Callback-Token',
        webhook_auth_header_value: 'a.b.c',
      },
    });
  });

  test('for Deepgram makes the documented request', () => {
    expect(requestOf(PRESETS.deepgram, 'https://media.example.com/a.mp3')).toEqual({
      url: 'https://api.deepgram.com/v1/listen?model=nova-3&callback=https%3A%2F%2Fcallbacks.example.com%2Fc%2FCODE',
      authorization: { secret: secretName, format: 'Token {}' },
      body: { url: 'https://media.example.com/a.mp3' },
    });
  });

  test('for your own processor has what `Callback` of the SDK takes', () => {
    const callback = { url: 'https://callbacks.example.com/c/CODE', token: 'a.b.c' };
    expect(requestOf(PRESETS.generic, [1]).body).toEqual({
      taskId: 'task-1',
      input: [1],
      expiresAt: '2026-12-24T12:00:00.000Z',
      callbacks: { result: callback, failure: callback },
    });
    expect(namedCapabilities(templateOf(PRESETS.generic))).toEqual(['result', 'failure']);
    expect(PRESETS.generic.dispatch.sign).toEqual({ kind: 'http_signature' });
    const sign = { kind: 'standard_webhooks', secretName } as const;
    expect(presets.generic({ url: 'https://jobs.example.com/', sign }).dispatch.sign).toBe(sign);
  });
});
