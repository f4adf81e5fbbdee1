import type { RefusalCode } from '../../lambda/contract/outcomes.ts';
import { OUTCOMES } from '../../lambda/contract/outcomes.ts';
import type { GeneratedPage } from './page.ts';

const RECEIVE = 'lambda/functions/receive';
const TOKEN = 'lambda/shared/callback-token';

/** One check: a file, and the codes that it can refuse a callback with. */
interface Check {
  readonly check: string;
  readonly file: string;
  readonly refusals: readonly RefusalCode[];
}

/** One step of the order of checks. */
export interface Step {
  readonly title: string;
  readonly checks: readonly Check[];
  /** Requests to AWS that the step makes. */
  readonly requests: string;
  /** Files that take part in the step and refuse nothing themselves. */
  readonly also?: readonly string[];
}

/** The steps of a callback, in their order: step 1 is the first. The code and its comments are compared with this list. */
export const STEPS: readonly Step[] = [
  {
    title: 'Request',
    checks: [
      {
        check: 'The path is a route of the receiver, and the method is that of the route.',
        file: 'lambda/shared/http/router.ts',
        refusals: ['not_found', 'method_not_allowed'],
      },
      {
        check:
          'The body has at most 1,048,576 bytes. The content type is one media type. For results and failures, some processor of the environment accepts it; for progress and uploads it is `application/json`. A request without one counts as `application/octet-stream`. There is no `Content-Encoding` except `identity`.',
        file: `${RECEIVE}/checks/request-headers.ts`,
        refusals: ['payload_too_large', 'content_type_refused'],
      },
    ],
    requests: 'none',
  },
  {
    title: 'Token, its form',
    checks: [
      {
        check: 'The token comes once, in one place: a header or the path. Query, cookies and body are not searched.',
        file: `${RECEIVE}/checks/find-token.ts`,
        refusals: ['token_missing', 'token_ambiguous'],
      },
      {
        check: 'A short code has the right form and is in the lookups table. It stands for the claims of a token.',
        file: `${RECEIVE}/checks/resolve-short-code.ts`,
        refusals: ['token_unknown'],
      },
      {
        check: 'An encrypted token decrypts with a key of the environment, and a signed token is inside.',
        file: `${TOKEN}/decrypt.ts`,
        refusals: ['token_malformed', 'token_header_refused', 'token_key_unknown'],
      },
      {
        check:
          'The token has at most 2,048 characters and is a compact JWS in canonical base64url. Header and claims are JSON objects in UTF-8, without repeated members.',
        file: `${TOKEN}/compact.ts`,
        refusals: ['token_malformed'],
      },
    ],
    requests:
      'for a short code, one `GetItem` of the lookups table. For encrypted tokens, `GetSecretValue` once in a process and after the cache ends',
    also: [`${TOKEN}/verify.ts`],
  },
  {
    title: 'Header and key',
    checks: [
      {
        check:
          '`alg` is on the allow-list, `typ` is `callback+jwt`, `kid` is present, and `crit`, `jku`, `x5u`, `x5c`, `jwk` and `b64` are absent. Later, the algorithm of the key is that of the header.',
        file: `${TOKEN}/verify.ts`,
        refusals: ['token_header_refused'],
      },
      {
        check:
          'A live key has this `kid`: it was not retired, and its time to verify has not ended. With a list that is 60 seconds old, an unknown `kid` is `unavailable`.',
        file: 'lambda/shared/signing-keys/verification-keys.ts',
        refusals: ['token_key_unknown'],
      },
    ],
    requests:
      'one `Query` of the table of signing keys when a process starts, and again when the list is 60 seconds old. It begins at the start of a request with a token. With `signing: { kind: "kms" }`, KMS `GetPublicKey` once for each signing key in a process',
    also: ['lambda/shared/signing-keys/refreshed.ts', `${TOKEN}/public-keys.ts`],
  },
  {
    title: 'Signature',
    checks: [
      {
        check: 'The signature fits the key.',
        file: `${TOKEN}/verify.ts`,
        refusals: ['token_signature_invalid'],
      },
    ],
    requests: 'none',
    also: [`${TOKEN}/signature.ts`],
  },
  {
    title: 'Claims',
    checks: [
      {
        check:
          '`exp`, `nbf`, `iat`, `jti` and `max_uses`, and `owner` and `cnf` where present, have the right types. Then these claims, one after the other: `iss`, `aud`, `sub`, `roles`, `scope`, `path` and `res_id`. The carrier of the token is `header`, or one of those of the processor.',
        file: `${TOKEN}/verify.ts`,
        refusals: [
          'token_malformed',
          'token_issuer_invalid',
          'token_audience_invalid',
          'token_subject_invalid',
          'token_role_missing',
          'token_scope_insufficient',
          'token_path_mismatch',
          'token_resource_mismatch',
        ],
      },
    ],
    requests: 'none',
  },
  {
    title: 'Times',
    checks: [
      {
        check:
          '`nbf` and `iat` are not in the future, and `exp` − `iat` is within the maximum of the processor. The tolerance is 5 seconds. A token past `exp` goes on, because a repeat can still be acknowledged.',
        file: `${TOKEN}/verify.ts`,
        refusals: ['token_not_yet_valid', 'token_issued_in_future', 'token_lifetime_exceeded', 'token_expired'],
      },
      {
        check:
          '`iat` is not before the publication of the key, and not after the key signed last, with the same tolerance. A key that was stolen and has ended cannot date its tokens forward.',
        file: `${TOKEN}/verify.ts`,
        refusals: ['token_signature_invalid'],
      },
    ],
    requests: 'none',
  },
  {
    title: 'Proof and source address',
    checks: [
      {
        check:
          'Scheme `DPoP` comes only from a processor with that proof. A second token beside `Callback-Token` comes only with the proof `private_key_jwt`. A token that is bound to a key (`cnf`) comes with the proof of that key.',
        file: `${RECEIVE}/checks/proof/check-proof.ts`,
        refusals: ['token_missing', 'token_ambiguous', 'proof_missing'],
      },
      {
        check: 'Proof `dpop`: RFC 9449 §4.3.',
        file: `${RECEIVE}/checks/proof/dpop.ts`,
        refusals: ['proof_missing', 'proof_invalid'],
      },
      {
        check: 'Proof `mtls`: the client certificate is the one in `cnf`.',
        file: `${RECEIVE}/checks/proof/mtls.ts`,
        refusals: ['proof_missing', 'proof_invalid'],
      },
      {
        check: 'Proof `private_key_jwt`: an access token of the processor’s own client.',
        file: `${RECEIVE}/checks/proof/private-key-jwt.ts`,
        refusals: ['proof_missing', 'proof_invalid'],
      },
      {
        check: 'Proof `http_signature`: RFC 9421, by a key of the processor.',
        file: `${RECEIVE}/checks/proof/http-signature.ts`,
        refusals: ['proof_missing', 'proof_invalid'],
      },
      {
        check: 'Proof `standard_webhooks`: a signature with the secret or a key of the processor.',
        file: `${RECEIVE}/checks/proof/standard-webhooks-signature.ts`,
        refusals: ['proof_missing', 'proof_invalid'],
      },
      {
        check: 'Proof `webhook`: the handshake function asks the registered URL of the processor.',
        file: `${RECEIVE}/checks/proof/webhook.ts`,
        refusals: ['proof_missing', 'proof_invalid'],
      },
      {
        check: 'The source address is in the ranges of the processor, where it has any.',
        file: `${RECEIVE}/checks/source-address.ts`,
        refusals: ['source_refused'],
      },
    ],
    requests:
      'for `dpop`, one conditional write to the jti table, and one more for the nonces of each period where the processor needs them. For an access token that works once, one conditional write to the lookups table. For `webhook`, one Lambda `Invoke` of the handshake function. For `private_key_jwt`, the keys of the identity provider when they are not cached. For secrets of `standard_webhooks`, `GetSecretValue` when they are not cached',
    also: [`${RECEIVE}/checks/proof/proof.ts`],
  },
  {
    title: 'Policy',
    checks: [
      {
        check: 'The policies of the environment, in Cedar or Rego, permit the callback, where it has any.',
        file: `${RECEIVE}/checks/ask-policy.ts`,
        refusals: ['policy_denied'],
      },
    ],
    requests: 'none',
    also: ['lambda/shared/policy/cedar.ts', 'lambda/shared/policy/rego.ts'],
  },
  {
    title: 'Payload',
    checks: [
      {
        check: 'The processor accepts the content type.',
        file: `${RECEIVE}/checks/read-delivery.ts`,
        refusals: ['content_type_refused'],
      },
      {
        check:
          'A result has at least one byte, unless `allowEmptyResult` is on. JSON is valid JSON, unless `checkJson` is off. A result satisfies the JSON Schema of the processor. Progress reports and upload offers have the form of their route. An upload offer is checked by the type and size that it offers.',
        file: `${RECEIVE}/checks/form.ts`,
        refusals: ['payload_invalid'],
      },
    ],
    requests: 'none',
    also: [`${RECEIVE}/checks/json-schema.ts`, `${RECEIVE}/checks/media-type.ts`],
  },
  {
    title: 'Use',
    checks: [
      {
        check:
          'One transaction records the use and changes the task, or does neither. When it is refused, the first reason decides: a signature that came before with another token or payload, the record of the token, the task.',
        file: `${RECEIVE}/store/explain-condition-failure.ts`,
        refusals: [
          'proof_invalid',
          'token_exhausted',
          'task_gone',
          'token_subject_invalid',
          'token_revoked',
          'token_expired',
          'task_closed',
        ],
      },
      {
        check:
          'Before its `exp`, a used single-use token with another delivery is a replay, and with the same delivery too if `replayMode` is `reject`. A token past `exp` is answered only for a repeat. A signature counts only with the token and payload that it first came with.',
        file: `${RECEIVE}/store/record-use.ts`,
        refusals: ['token_replayed', 'token_expired', 'proof_invalid'],
      },
    ],
    requests:
      'one `TransactWriteItems`, retried on conflicts. A payload above the inline limit: before that, one `PutObject`. A replay: one transaction more for its evidence. A payload for quarantine: one `UpdateItem` more. A token past `exp`: one `GetItem` instead of the transaction. A repeat or a late delivery with a new signature: one transaction more',
    also: [
      `${RECEIVE}/store/dynamodb-callback-store.ts`,
      `${RECEIVE}/store/task-update.ts`,
      `${RECEIVE}/store/quarantine-late-delivery.ts`,
    ],
  },
];

/** Refusals that any step can give when a service does not answer. */
export const ANY_STEP: readonly RefusalCode[] = ['unavailable'];

const link = (file: string): string => `[\`${file.split('/').slice(2).join('/')}\`](../../${file})`;

const codes = (refusals: readonly RefusalCode[]): string =>
  refusals.map((code) => `${OUTCOMES[code].status} \`${code}\``).join(', ');

const section = (
  { also = [], checks, requests, title }: Step,
  index: number,
): string => `## Step ${index + 1}: ${title.toLowerCase()}

| check | file | refusals |
|---|---|---|
${checks.map(({ check, file, refusals }) => `| ${check} | ${link(file)} | ${codes(refusals)} |`).join('\n')}

Requests: ${requests}.${also.length === 0 ? '' : `\n\nAlso: ${also.map(link).join(', ')}.`}
`;

const render = (): string => `# Callback checks

The receiver checks a callback in ten steps, the cheapest first. The first check that fails decides the answer.
[\`receive-callback.ts\`](../../${RECEIVE}/receive-callback.ts) has the steps in this order, and
[\`authenticate.ts\`](../../${RECEIVE}/checks/authenticate.ts) steps 1 to 6. Comments in the code name the steps by their numbers. \`npm run docs\` writes this page. A test compares it with the code.

- **Nothing is used up by a refusal before step 10**, except a proof that works once (\`dpop\`, an access token that works once, a
  handshake).
- **An accepted callback is one request to DynamoDB**, a callback that is refused before step 10 none. The steps name the
  exceptions. A process reads the signing keys once in a minute.
- **A token past \`exp\`** passes steps 7 to 9 before its answer is known. If one of them refuses it, the answer is
  \`token_expired\` and nothing is read or kept.
- **503 \`unavailable\`** is the answer at any step when a service does not answer. The token is not used up.
- [Errors](errors.md) explains each code.

${STEPS.map(section).join('\n')}
## Short codes

A request to \`/c/CODE\` takes the same steps with these differences. Step 1 accepts every content type that some route accepts, and
checks again after the capability is known. Step 2 reads the claims from the lookups table. Steps 3 and 4 have nothing to check,
because the gateway wrote the claims itself.
`;

/** The page of the order of checks. */
export const CALLBACK_CHECKS: GeneratedPage = { path: 'docs/reference/callback-checks.md', render };
