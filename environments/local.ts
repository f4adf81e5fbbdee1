import { Duration } from 'aws-cdk-lib';
import type { ReadContext } from '../lib/config/load.ts';
import type { LocalEnvironmentInput, LoopbackOrigin, ProcessorInput, PublicJwk } from '../lib/environment.ts';

/**
 * The gateway on one machine. It has the structure of production: `npm start` runs it from the same kind of template.
 * Nothing of it is ever deployed.
 *
 * Ports come from the context, because they are bound before the template is made:
 * - `postern:gatewayPort` (8080): the listener, also the gateway's origin and the `iss` of its tokens;
 * - `postern:idpPort` (8081): the OpenID provider;
 * - `postern:standInPort` (8082): the stand-ins for what AWS serves. The load balancer's public keys are at
 *   `http://127.0.0.1:<standInPort>/load-balancer/public-keys/<kid>`;
 * - `postern:processorKeys`: JSON of the public keys that `dpop-ocr` (`dpop`) and `signed-ocr` (`signed`) have here;
 * - `postern:signing` (`rotating`): the way to sign callback tokens;
 * - `postern:hasKmsSigningKey`: true if a key in KMS signed at an earlier start, so that its callback URLs go on with `rotating`;
 * - `postern:isSeeded`: true if the gateway has the seed data, whose processor `leaky` is no other's;
 * - `postern:webhookOrigin` (`http://127.0.0.1:5000`): where `webhook-ocr` confirms its calls.
 */
export default (context: ReadContext): LocalEnvironmentInput => {
  const origin = (key: string, port: number): LoopbackOrigin =>
    `http://127.0.0.1:${Number(context(`postern:${key}`) ?? port)}`;
  const gateway = origin('gatewayPort', 8080);
  const idp = origin('idpPort', 8081);
  const standIns = origin('standInPort', 8082);
  const keys = readKeys(context('postern:processorKeys'));
  const isRotating = context('postern:signing') !== 'kms';

  return {
    runsOn: 'this-machine',
    account: '000000000000',
    region: 'eu-west-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    origin: gateway,
    // A placeholder: the listener is HTTPS in the template and served in clear on this machine.
    certificateArn: 'arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000',
    loadBalancerPublicKeysUrl: `${standIns}/load-balancer/public-keys`,
    identityProvider: {
      issuer: idp,
      jwksUri: `${idp}/jwks`,
      authorizationEndpoint: `${idp}/auth`,
      tokenEndpoint: `${idp}/token`,
      userInfoEndpoint: `${idp}/me`,
      endSessionEndpoint: `${idp}/session/end`,
    },
    consoleClient: { clientId: 'postern-console', secretName: 'postern/local/console-client' },
    // One key signs for a month: after a pause of many days, a start need not wait until a new key may sign.
    signing: isRotating ? { kind: 'rotating', every: Duration.days(30) } : { kind: 'kms' },
    ...(isRotating && context('postern:hasKmsSigningKey') === true && { signingKeys: { first: { use: 'previous' } } }),
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
    tokenEncryption: { secretName: 'postern/local/token-encryption', publicJwk: keys.encryption },
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
      ...(context('postern:isSeeded') === true && {
        leaky: { ...USES, carriers: ['path'], contentTypes: DOCUMENTS },
      }),
      'hal-ocr': { ...USES, carriers: ['header'], contentTypes: [...DOCUMENTS, 'application/hal+json'] },
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
        proof: { kind: 'standard_webhooks', secretName: 'postern/local/standard-ocr' },
      },
      'sealed-ocr': { ...USES, carriers: ['header'], contentTypes: DOCUMENTS, encrypted: true },
      'webhook-ocr': {
        ...USES,
        carriers: ['header'],
        contentTypes: DOCUMENTS,
        proof: { kind: 'webhook', origins: [String(context('postern:webhookOrigin') ?? 'http://127.0.0.1:5000')] },
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

/** A key for a template that is only inspected. Its private half was deleted. */
const NOBODYS_KEY = {
  kid: 'nobody',
  kty: 'EC',
  crv: 'P-256',
  x: 'iBm_bsxFuGkVimVI6sbrVWRCsWxWFegjEhkL5GcXrdM',
  y: 'ynNP4hGJxWyccXPaVTt-90NVjzwr1MvbLA3kTvL1qg0',
};

type ProcessorKeys = Readonly<Record<'dpop' | 'signed' | 'encryption', PublicJwk & { readonly kid: string }>>;

const readKeys = (keys: unknown): ProcessorKeys =>
  keys === undefined
    ? { dpop: NOBODYS_KEY, signed: NOBODYS_KEY, encryption: NOBODYS_KEY }
    : (JSON.parse(String(keys)) as ProcessorKeys);
