import { describe, expect, it } from 'vitest';
import { RFC_9068 } from '../../lambda/contract/access-token-profile.ts';
import { loadLocal } from '../support/example-environments.ts';

const local = loadLocal();

describe('the environment local', () => {
  it('has the ports that local/ expects', () => {
    expect(local).toMatchObject({
      region: 'eu-west-1',
      origin: 'http://127.0.0.1:8080',
      host: '127.0.0.1',
      identityProvider: {
        issuer: 'http://127.0.0.1:8081',
        jwksUri: 'http://127.0.0.1:8081/jwks',
        authorizationEndpoint: 'http://127.0.0.1:8081/auth',
        tokenEndpoint: 'http://127.0.0.1:8081/token',
        userInfoEndpoint: 'http://127.0.0.1:8081/me',
      },
      loadBalancerPublicKeysUrl: 'http://127.0.0.1:8082/load-balancer/public-keys',
    });
  });

  it('keeps late deliveries, refuses abbreviations, and signs with rotating keys', () => {
    const { abbreviations, accessToken, inlineLimit, quarantineLimit, signing, signingKeys } = local;
    expect({ abbreviations, accessToken, quarantineLimit, signing: signing.kind, signingKeys }).toEqual({
      abbreviations: false,
      accessToken: { profile: RFC_9068, audienceForm: 'text', uses: 'many' },
      quarantineLimit: 5,
      signing: 'rotating',
      signingKeys: {},
    });
    expect(inlineLimit.toKibibytes()).toBe(4);
  });

  it('has three applications', () => {
    const every = Object.keys(local.registry);
    expect(local.applications).toEqual({
      invoices: {
        id: 'invoices',
        clients: ['local-sender'],
        processors: every,
        pendingLimit: null,
        resumes: [
          'arn:aws:states:eu-west-1:000000000000:stateMachine:Invoices',
          'arn:aws:lambda:eu-west-1:000000000000:function:invoices:*',
        ],
      },
      orders: {
        id: 'orders',
        clients: ['local-orders'],
        processors: ['acme-ocr', 'header-ocr', 'bulk-ocr'],
        pendingLimit: null,
      },
      small: { id: 'small', clients: ['local-small'], processors: every, pendingLimit: 3 },
    });
  });

  it('has invocation targets for two applications, and workflows for one of them', () => {
    expect(Object.keys(local.invokers)).toEqual(['invoices', 'orders']);
    expect(Object.keys(local.resumeTargets)).toEqual(['invoices']);
  });

  it('has a processor of every kind', () => {
    const documents = ['application/json', 'text/plain', 'application/pdf', 'application/octet-stream'];
    const common = {
      proof: { kind: 'none' },
      encrypted: false,
      allowEmptyResult: false,
      checkJson: true,
      maxExpiresIn: 604_800,
      replayMode: 'acknowledge',
      progressUses: 5,
      uploadUses: 3,
    };
    expect(local.registry).toEqual({
      'acme-ocr': { ...common, id: 'acme-ocr', carriers: ['path'], contentTypes: documents },
      'header-ocr': { ...common, id: 'header-ocr', carriers: ['header'], contentTypes: documents },
      'bulk-ocr': { ...common, id: 'bulk-ocr', carriers: ['header'], contentTypes: documents },
      'short-ocr': { ...common, id: 'short-ocr', carriers: ['short'], contentTypes: documents },
      'strict-ocr': {
        ...common,
        id: 'strict-ocr',
        carriers: ['header'],
        contentTypes: documents,
        replayMode: 'reject',
      },
      'schema-ocr': {
        ...common,
        id: 'schema-ocr',
        carriers: ['header'],
        contentTypes: ['application/json'],
        schema: {
          type: 'object',
          properties: { text: { type: 'string' } },
          required: ['text'],
          additionalProperties: false,
        },
      },
      'empty-ocr': {
        ...common,
        id: 'empty-ocr',
        carriers: ['header'],
        contentTypes: documents,
        allowEmptyResult: true,
        checkJson: false,
      },
      'hal-ocr': {
        ...common,
        id: 'hal-ocr',
        carriers: ['header'],
        contentTypes: [...documents, 'application/hal+json'],
      },
      'sent-ocr': {
        ...common,
        id: 'sent-ocr',
        carriers: ['path'],
        contentTypes: documents,
        dispatch: {
          url: 'http://127.0.0.1:5010/jobs',
          method: 'POST',
          timeout: 2,
          headers: { 'X-Api-Key': { secret: 'postern/local/dispatch-api-key', format: '{}' } },
          query: {},
          body: { input: '{{input}}', webhook: '{{callbacks.result.url}}', task: '{{taskId}}' },
          sign: { kind: 'standard_webhooks', secretName: 'postern/local/dispatch-signature' },
          accept: [200, 201, 202],
          remoteId: '/id',
          retry: { delays: [1, 1, 2, 2], leastTime: 5 },
          concurrency: 4,
          breaker: { window: 10, minimum: 5, failureRate: 0.5, pause: 5, tasks: 1 },
          onFailure: 'fail',
        },
      },
      'idp-ocr': {
        ...common,
        id: 'idp-ocr',
        carriers: ['header'],
        contentTypes: documents,
        proof: { kind: 'private_key_jwt', clientId: 'idp-ocr' },
      },
      'dpop-ocr': {
        ...common,
        id: 'dpop-ocr',
        carriers: ['header'],
        contentTypes: documents,
        proof: { kind: 'dpop', jkt: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/), nonce: false },
      },
      'signed-ocr': {
        ...common,
        id: 'signed-ocr',
        carriers: ['header'],
        contentTypes: documents,
        proof: { kind: 'http_signature', keys: { nobody: expect.objectContaining({ kty: 'EC' }) } },
      },
      'standard-ocr': {
        ...common,
        id: 'standard-ocr',
        carriers: ['header'],
        contentTypes: documents,
        proof: { kind: 'standard_webhooks', secretName: 'postern/local/standard-ocr' },
      },
      'sealed-ocr': { ...common, id: 'sealed-ocr', carriers: ['header'], contentTypes: documents, encrypted: true },
      'webhook-ocr': {
        ...common,
        id: 'webhook-ocr',
        carriers: ['header'],
        contentTypes: documents,
        proof: { kind: 'webhook', origins: ['http://127.0.0.1:5000'] },
      },
    });
  });
});
