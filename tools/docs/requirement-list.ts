/** A requirement of security that tests show. */
export interface Requirement {
  /** At the start of the titles of the tests that show it. */
  readonly id: string;
  readonly sentence: string;
  /** Standards that ask for it, each with its section. Empty for a requirement of Postern alone. */
  readonly sources: readonly string[];
}

export interface RequirementGroup {
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/** Every requirement, in the order of the page. Add one here, then name its id in the title of a test. */
export const REQUIREMENT_GROUPS: readonly RequirementGroup[] = [
  {
    title: 'Token',
    requirements: [
      {
        id: 'T1',
        sentence: 'A token is refused unless its `alg` is on the allow-list of its issuer. Case matters.',
        sources: ['RFC 8725 §3.1', 'ASVS 9.1.1'],
      },
      {
        id: 'T2',
        sentence:
          'A key has exactly one algorithm. The `alg` of the header is that of the key, and it is never a symmetric one.',
        sources: ['RFC 8725 §3.1'],
      },
      {
        id: 'T3',
        sentence:
          'These are refused: `alg` `none`, an empty signature, an HMAC made with the public key, and a key that comes with the token (`jwk`, `jku`, `x5c`, `x5u`).',
        sources: ['RFC 8725 §3.10', 'ASVS 9.1.3'],
      },
      {
        id: 'T4',
        sentence:
          'A token is accepted in one form only: compact, in the alphabet `A-Z a-z 0-9 - _ .`, as canonical base64url. Padding, unused bits that are set and white space are refused.',
        sources: ['8725bis §3.14'],
      },
      {
        id: 'T5',
        sentence:
          'A weak or invalid key is refused when it is registered: RSA below 2,048 bits or with the exponent 1, or a point that is not on its curve.',
        sources: ['RFC 8725 §3.4', 'RFC 8725 §3.5'],
      },
      {
        id: 'T6',
        sentence: '`kid` is only looked up in a map. An unknown `kid` does not start fetches without a limit.',
        sources: ['RFC 8725 §3.10'],
      },
      {
        id: 'T7',
        sentence:
          'Repeated members, bytes that are not UTF-8, claims of the wrong JSON type and an unknown `crit` are refused.',
        sources: ['RFC 7515', 'RFC 8725 §3.7'],
      },
      {
        id: 'T8',
        sentence:
          '`typ` is explicit, and a token of one kind never passes as another kind: callback token, access token, ID token, DPoP proof. The same holds for the capabilities of callback tokens.',
        sources: ['RFC 8725 §3.11', 'RFC 8725 §3.12'],
      },
    ],
  },
  {
    title: 'Claims',
    requirements: [
      { id: 'C1', sentence: '`iss` is compared exactly, and the key belongs to it.', sources: ['RFC 8725 §3.8'] },
      { id: 'C2', sentence: '`sub` is known.', sources: ['RFC 7523 §3'] },
      {
        id: 'C3',
        sentence: '`aud` is compared exactly, and it is the gateway’s.',
        sources: ['RFC 8725 §3.9', 'ASVS 9.2.3'],
      },
      {
        id: 'C4',
        sentence:
          '`exp` is required, and a lifetime above the limit is refused. `nbf` is honoured. An `iat` in the future, beyond the tolerance, is refused.',
        sources: ['RFC 7523 §3', 'ASVS 9.2.1'],
      },
      {
        id: 'C5',
        sentence: 'Scope and role decide about each action. `path` and `res_id` bind a token to one task.',
        sources: ['RFC 9700 §2.3'],
      },
      {
        id: 'C6',
        sentence:
          '`jti` is required and has a limited length. It is remembered for as long as its token can be used. One atomic check-and-set records it, in a store that all instances share.',
        sources: ['RFC 9449 §11.1', 'ASVS 15.4.2'],
      },
      {
        id: 'C7',
        sentence: 'A store or service that does not answer leads to 503, never to acceptance.',
        sources: ['ASVS 16.5.3'],
      },
    ],
  },
  {
    title: 'Presentation of a token',
    requirements: [
      {
        id: 'P1',
        sentence: 'A request has one `Authorization` and presents its token in one way. Two are answered with 400.',
        sources: ['RFC 6750 §2'],
      },
      {
        id: 'P2',
        sentence: 'A token is never read from a query string or a form.',
        sources: ['RFC 6750 §5.3', 'ASVS 14.2.1'],
      },
      {
        id: 'P3',
        sentence:
          'A DPoP proof passes all checks of RFC 9449 §4.3 and is bound to its token by `ath`. Its `jti` works once. A bound token that is sent as a bearer token is refused.',
        sources: ['RFC 9449 §4.3', 'RFC 9449 §7.2'],
      },
      {
        id: 'P4',
        sentence:
          'A caller cannot forge a header that only the load balancer may set (`x-amzn-oidc-*`, `x-amzn-mtls-*`, `x-forwarded-*`).',
        sources: ['RFC 9700 §4.13'],
      },
    ],
  },
  {
    title: 'HTTP',
    requirements: [
      {
        id: 'H1',
        sentence:
          '401 and 403 have the right `WWW-Authenticate`. There is no error code where the request had no credentials.',
        sources: ['RFC 6750 §3.1'],
      },
      {
        id: 'H2',
        sentence:
          'An error is a problem document: `type` is an absolute URL with a page, `title` is stable, `status` is the real status, and nothing internal is in it.',
        sources: ['RFC 9457 §3', 'RFC 9457 §4', 'RFC 9457 §5'],
      },
      {
        id: 'H3',
        sentence:
          '405 has `Allow`. 413, 415 and 422 are answered where they apply. `TRACE` is off, and the API does not redirect from http to https.',
        sources: ['ASVS 4.1.2', 'ASVS 4.1.4'],
      },
      {
        id: 'H4',
        sentence: '2xx is sent only after the result is durable. 503 has `Retry-After`.',
        sources: [],
      },
    ],
  },
  {
    title: 'Operation',
    requirements: [
      {
        id: 'O1',
        sentence:
          'Every outcome is logged with who, when, where and why. A log line never has a token, a code, an `Authorization` value, a cookie or a payload.',
        sources: ['ASVS 16.2.5'],
      },
      {
        id: 'O2',
        sentence: 'A client cannot inject log lines or fields. Lines are structured and encoded.',
        sources: [],
      },
      {
        id: 'O3',
        sentence: 'Keys rotate with an overlap. After it, the old key is refused.',
        sources: ['ASVS 13.3.4'],
      },
      {
        id: 'O4',
        sentence: 'The role of each function has exactly the rights that its code uses.',
        sources: [],
      },
      {
        id: 'O5',
        sentence: 'Every alarm can fire: namespace, name and dimensions are those that the code emits.',
        sources: [],
      },
    ],
  },
  {
    title: 'Console',
    requirements: [
      {
        id: 'W1',
        sentence:
          'A state change needs a same-origin `Origin` or `Sec-Fetch-Site`, and a token of its form. The session cookie alone changes nothing.',
        sources: [],
      },
      {
        id: 'W2',
        sentence:
          "The content security policy allows no inline code and no other origin, and has `frame-ancestors 'none'`.",
        sources: [],
      },
      {
        id: 'W3',
        sentence:
          'Content from a processor is never rendered on the gateway’s origin. It is escaped text or a sandboxed download.',
        sources: [],
      },
      { id: 'W4', sentence: 'Sign-out ends the session at the load balancer.', sources: [] },
    ],
  },
  {
    title: 'Waiting workflows',
    requirements: [
      {
        id: 'R1',
        sentence:
          'An application resumes only the workflows that its entry names. The role that resumes them has exactly these rights.',
        sources: [],
      },
      {
        id: 'R2',
        sentence:
          'The token of a workflow is readable to the function `resume` alone. No view, event, log line, queue, page or audit item has it, and it is removed when the workflow was told or refused for good.',
        sources: [],
      },
      {
        id: 'R3',
        sentence:
          'An application may also open tasks by invoking a function, with the same answers. IAM says who may, and the invoked target alone decides the application.',
        sources: [],
      },
      {
        id: 'R4',
        sentence:
          'A workflow is told the outcome of its task at least once, and in the order of the task. Nothing of it delays or fails a callback.',
        sources: [],
      },
      {
        id: 'R5',
        sentence: 'A processor cannot make an error that begins with `States.` or `Postern.`.',
        sources: [],
      },
      {
        id: 'R6',
        sentence:
          'A task that supersedes a pending one cancels it in the same transaction. A repeated request cancels nothing.',
        sources: [],
      },
    ],
  },
  {
    title: 'Outgoing calls',
    requirements: [
      {
        id: 'S1',
        sentence:
          'The gateway calls registered https origins only, without redirects, with limits of time and size. It never connects to a private, loopback, link-local or metadata address, and connects to the very address that it checked.',
        sources: [],
      },
    ],
  },
];

export const REQUIREMENTS: readonly Requirement[] = REQUIREMENT_GROUPS.flatMap(({ requirements }) => requirements);
