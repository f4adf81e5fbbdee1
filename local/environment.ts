import { Duration } from 'aws-cdk-lib';
import { localPlaceOf, NOWHERE } from '../lib/config/local-place.ts';
import { LOCAL_PROCESSOR_ORIGIN, LOCAL_SECRETS, type LocalSettings } from '../lib/config/local-settings.ts';
import { type LocalEnvironmentInput, type ProcessorInput, secret } from '../lib/environment.ts';

export interface LocalOptions extends Omit<LocalSettings, 'environment'> {
  /** True if the gateway has the seed data, whose processor `leaky` no other gateway has. */
  readonly isSeeded?: boolean;
}

/**
 * The environment `local`: the gateway on one machine with a processor of every kind. It has the structure of production:
 * `npm start` runs it from the same kind of template. Nothing of it is ever deployed.
 */
export const localEnvironment = (options: LocalOptions): LocalEnvironmentInput => {
  const { hasKmsSigningKey, isSeeded, processorKeys: keys, webhookOrigin } = options;
  const { processorOrigin = LOCAL_PROCESSOR_ORIGIN } = options;
  const isRotating = options.signing !== 'kms';

  return {
    ...localPlaceOf(options, NOWHERE),
    // One key signs for a month: after a pause of many days, a start need not wait until a new key may sign.
    signing: isRotating ? { kind: 'rotating', every: Duration.days(30) } : { kind: 'kms' },
    ...(isRotating && hasKmsSigningKey && { signingKeys: { first: { use: 'previous' } } }),
    // A placeholder: the console links raised alarms to it.
    runbookUrl: 'https://example.com/postern/runbook',
    minimumGrade: 'D',
    protected: false,
    retention: Duration.days(30),
    applications: {
      invoices: { clients: ['local-sender'], invokers: [role('InvoicesWorkflow')], resumes: WORKFLOWS },
      orders: {
        clients: ['local-orders'],
        invokers: [role('OrdersWorkflow')],
        processors: ['acme-ocr', 'header-ocr', 'bulk-ocr'],
      },
      // Few, so that you can see the limit.
      small: { clients: ['local-small'], pendingLimit: 3 },
    },
    tokenEncryption: { secretName: LOCAL_SECRETS.tokenEncryption, publicJwk: keys.encryption },
    processors: {
      'acme-ocr': { ...USES, carriers: ['path'], contentTypes: DOCUMENTS },
      'header-ocr': { ...USES, carriers: ['header'], contentTypes: DOCUMENTS },
      'bulk-ocr': { ...USES, carriers: ['header'], contentTypes: DOCUMENTS },
      'short-ocr': { ...USES, carriers: ['short'], contentTypes: DOCUMENTS },
      'strict-ocr': { ...USES, carriers: ['header'], contentTypes: DOCUMENTS, replayMode: 'reject' },
      'schema-ocr': { ...USES, carriers: ['header'], contentTypes: ['application/json'], schema: RECOGNISED_TEXT },
      'empty-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        allowEmptyResult: true,
        checkJson: false,
      },
      ...(isSeeded === true && {
        leaky: { ...USES, carriers: ['path'], contentTypes: DOCUMENTS },
      }),
      'hal-ocr': { ...USES, carriers: ['header'], contentTypes: [...DOCUMENTS, 'application/hal+json'] },
      // Postern sends it the work. The secrets are in the ready file, `clients.dispatch`.
      'sent-ocr': {
        ...USES,
        carriers: ['path'],
        contentTypes: DOCUMENTS,
        dispatch: {
          url: `${processorOrigin}/jobs`,
          timeout: Duration.seconds(2),
          headers: { 'X-Api-Key': secret(LOCAL_SECRETS.dispatchApiKey) },
          body: { input: '{{input}}', webhook: '{{callbacks.result.url}}', task: '{{taskId}}' },
          sign: { kind: 'standard_webhooks', secretName: LOCAL_SECRETS.dispatchSignature },
          remoteId: '/id',
          retry: { delays: [1, 1, 2, 2], leastTime: Duration.seconds(5) },
          concurrency: 4,
          breaker: { window: 10, minimum: 5, failureRate: 0.5, pause: 5 },
        },
      },
      'idp-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        proof: { kind: 'private_key_jwt', clientId: 'idp-ocr' },
      },
      'dpop-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        proof: { kind: 'dpop', publicJwk: keys.dpop },
      },
      'signed-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        proof: { kind: 'http_signature', keys: { [keys.signed.kid]: keys.signed } },
      },
      'standard-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        proof: { kind: 'standard_webhooks', secretName: LOCAL_SECRETS.standardWebhooks },
      },
      'sealed-ocr': { ...USES, carriers: ['header'], contentTypes: DOCUMENTS, encrypted: true },
      'webhook-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        proof: { kind: 'webhook', origins: [webhookOrigin] },
      },
    },
  };
};

/** A role of the account of this machine. Nobody checks who invokes a function here. */
const role = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;

/** A state machine and a durable function. Neither runs here: stand-ins take every token. */
const WORKFLOWS = [
  'arn:aws:states:eu-west-1:000000000000:stateMachine:Invoices',
  'arn:aws:lambda:eu-west-1:000000000000:function:invoices:*',
];

/** Few uses, so that you can see a token run out. */
const USES = { progressUses: 5, uploadUses: 3 } as const satisfies Partial<ProcessorInput>;

const DOCUMENTS = [
  'application/json',
  'text/plain',
  'application/pdf',
  'application/octet-stream',
] as const satisfies ProcessorInput['contentTypes'];

const RECOGNISED_TEXT = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
};
