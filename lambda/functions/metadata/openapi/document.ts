import { shortestNames } from '../../../contract/abbreviations.ts';
import { SHORT_CODE_PATTERN, TASK_ID_PATTERN } from '../../../contract/claims.ts';
import type { DetailType } from '../../../contract/events.ts';
import { MAX_TOKEN_CHARS } from '../../../contract/limits.ts';
import { OUTCOMES, type OutcomeCode, problemType, statusOf } from '../../../contract/outcomes.ts';
import { ROUTE_SUMMARIES } from '../../../contract/route-summaries.ts';
import {
  type Access,
  type ApiRouteName,
  isApiRoute,
  ROUTES,
  type Route,
  type RouteName,
} from '../../../contract/routes.ts';
import { KID_PATTERN } from '../../../contract/signing-keys.ts';
import { DETAIL_TYPE_NAMES, EVENT_DESCRIPTIONS, eventExample, eventName, eventSchema } from './event-schemas.ts';
import { JOB_ID, TASK } from './example-values.ts';
import { EXAMPLES, MORE_EXAMPLES, PARAMETER_EXAMPLES } from './examples.ts';
import { FRONT_RESPONSES, withFrontAnswers } from './front-answers.ts';
import type { JsonSchema, OpenApiDocument, Operation, Parameter, Reference, Response, Webhook } from './model.ts';
import { OPERATIONS } from './operations.ts';
import { refusalsOfAccess } from './refusals.ts';
import { aConst, anEnum } from './schema-parts.ts';
import { refTo, SCHEMAS, type SchemaName } from './schemas.ts';
import { shareResponses } from './shared-responses.ts';

export interface ApiDescriptionOptions {
  readonly origin: string;
  /** True if names in queries and bodies of the sender API may be abbreviated to unambiguous prefixes. */
  readonly abbreviations: boolean;
}

/** The API as OpenAPI 3.1, made from the tables that the functions themselves run on. */
export const describeApi = ({ abbreviations, origin }: ApiDescriptionOptions): OpenApiDocument => {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    if (!isApiRoute(name)) continue;
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: describeRoute(name, route, { abbreviations, origin }),
    };
  }
  const shared = shareResponses(paths);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Postern',
      version: '1',
      description: [INTRODUCTION, ...(abbreviations ? [ABBREVIATIONS] : [])].join('\n\n'),
    },
    servers: [{ url: origin }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: shared.paths,
    webhooks: Object.fromEntries(
      DETAIL_TYPE_NAMES.map((detailType) => [eventName(detailType), describeEvent(detailType)]),
    ),
    components: {
      schemas: { ...withExamples(abbreviations ? withAbbreviations(SCHEMAS) : SCHEMAS), ...EVENT_SCHEMAS },
      headers: HEADERS,
      responses: {
        MethodNotAllowed: refusalResponse(405, ['method_not_allowed'], origin),
        ...FRONT_RESPONSES,
        ...shared.responses,
      },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
};

const INTRODUCTION = `Secure callback URLs: a sender opens a task for a processor and gets URLs that let it call back.

Errors of Postern are problem details (RFC 9457). Their \`code\` has a page that says what to do. A known path with another method is 405 (\`MethodNotAllowed\`).

The load balancer and the firewall are in front of Postern and answer some requests themselves. These answers are HTML, or JSON without a \`code\`, and each operation lists them. On every path the load balancer also answers 400, 405 (\`TRACE\`), 414 and 431 to a request that it cannot read, and 404 to a path or host that does not exist.

The webhooks of this document are events on the EventBridge bus of the environment, not calls to a URL.

Unknown query names and body properties of the sender API are refused and named.`;

const ABBREVIATIONS =
  'Names of query parameters and body properties of the sender API may be shortened to any unambiguous prefix; `x-abbreviation` is the shortest one.';

type Audience = 'sender' | 'processor' | 'operator' | 'handshake' | 'public' | 'events';

const TAGS: Readonly<Record<Audience, string>> = {
  sender: 'Your applications. They open tasks.',
  processor: 'Outside systems. They do the work and call back.',
  operator: 'People and tools that look after tasks.',
  handshake: 'Both directions of the handshake, for processors that prove who they are by their own address.',
  public: 'Documents that anyone may read.',
  events:
    'Changes of tasks, as a target of an EventBridge rule receives them. Events come at least once and in any order.',
};

const AUDIENCES: Readonly<Record<Access['kind'], Audience>> = {
  sender: 'sender',
  callback: 'processor',
  code: 'processor',
  handshake: 'handshake',
  operator: 'operator',
  'operator-api': 'operator',
  public: 'public',
};

const SECURITY_SCHEMES: Readonly<Record<string, JsonSchema>> = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token that the identity provider issued for this gateway to a client with the role `sender`.',
  },
  callbackToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'callback+jwt',
    description: 'The token of this callback. A token in the path is the last segment and needs no header.',
  },
  callbackTokenHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'Callback-Token',
    description: 'The token of this callback, if `Authorization` carries another credential.',
  },
  operatorAccessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token that the identity provider issued for this gateway to a person or client with a role of operators: `operator_read` or `operator`. Actions need `operator`. Payloads need `operator_payload` in addition.',
  },
  operatorSession: {
    type: 'apiKey',
    in: 'cookie',
    name: 'AWSELBAuthSessionCookie',
    description: 'The session of an operator who signed in at the identity provider.',
  },
};

/** OpenAPI has no scheme for a credential in the path. The description of the parameter names it as a secret. */
const securityOf = ({ access, path }: Route): Operation['security'] => {
  switch (access.kind) {
    case 'sender':
      return [{ accessToken: [access.scope] }];
    case 'operator-api':
      return [{ operatorAccessToken: [access.scope] }];
    case 'callback':
      return path.endsWith('{token}') ? [] : [{ callbackToken: [] }, { callbackTokenHeader: [] }];
    case 'operator':
      return [{ operatorSession: [] }];
    default:
      return [];
  }
};

const HEADERS = {
  RequestId: {
    description: 'Id of the request, made by the gateway. An id from the client is ignored.',
    required: true,
    schema: { type: 'string' },
  },
  Challenge: { description: 'RFC 6750 §3.', required: true, schema: { type: 'string' } },
  Allow: { description: 'The methods of this path.', required: true, schema: { type: 'string' } },
  RetryAfter: { description: 'Seconds.', required: true, schema: { type: 'string', pattern: '^\\d+$' } },
  Replayed: {
    description: '`true` if the same request was answered before; absent otherwise.',
    schema: aConst('true'),
  },
} as const;

const headerRef = (name: keyof typeof HEADERS): Reference => ({ $ref: `#/components/headers/${name}` });
const REQUEST_ID = { 'X-Request-Id': headerRef('RequestId') } as const;

const describeRoute = (
  name: ApiRouteName,
  route: Route,
  { abbreviations, origin }: ApiDescriptionOptions,
): Operation => {
  const { answers, description, parameters = [], refusals, refusedInPath = [], requestBody } = OPERATIONS[name];
  const isAbbreviated = abbreviations && route.access.kind === 'sender';
  const all = [...pathParameters(route.path), ...(isAbbreviated ? abbreviated(parameters) : parameters)];
  return {
    operationId: name,
    summary: ROUTE_SUMMARIES[name],
    ...(description !== undefined && { description }),
    tags: [AUDIENCES[route.access.kind]],
    security: securityOf(route),
    ...(all.length > 0 && { parameters: all.map(withExample) }),
    ...(requestBody && { requestBody }),
    responses: withFrontAnswers(route, {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          // Responses of the load balancer itself do not have it.
          status === '302' ? answer : { ...answer, headers: { ...REQUEST_ID, ...answer.headers } },
        ]),
      ),
      ...refusalResponses([...refusalsOfAccess(route), ...refusals], refusedInPath, origin),
    }),
  };
};

type PathParameter = Omit<Parameter, 'name' | 'in' | 'required'>;

const OPERATOR_ID = { type: 'string', pattern: TASK_ID_PATTERN.source };

/** Parameters of the operator API whose name has another meaning elsewhere, by the segment before them. */
const OPERATOR_PARAMETERS: Readonly<Record<string, PathParameter>> = {
  processors: { description: 'The processor.', schema: OPERATOR_ID, example: TASK.processor },
  jobs: { description: 'The bulk revocation.', schema: OPERATOR_ID, example: JOB_ID },
};

const PATH_PARAMETERS: Readonly<Record<string, PathParameter>> = {
  taskId: { description: 'The task.', schema: { type: 'string', pattern: TASK_ID_PATTERN.source } },
  token: {
    description: 'The token of this callback: a secret until it is used.',
    schema: { type: 'string', maxLength: MAX_TOKEN_CHARS },
  },
  code: {
    description: 'The short code of this callback: a secret until it is used.',
    schema: { type: 'string', pattern: SHORT_CODE_PATTERN.source },
  },
  id: { description: 'The late delivery.', schema: { type: 'string', pattern: TASK_ID_PATTERN.source } },
  kid: { description: 'The signing key.', schema: { type: 'string', pattern: KID_PATTERN.source } },
  queue: { description: 'The function whose dead letters these are.', schema: OPERATOR_ID },
};

const ERROR_CODE: PathParameter = {
  description: 'The error code.',
  schema: anEnum(Object.keys(OUTCOMES)),
  example: EXAMPLES.Problem.code,
};

const pathParameters = (path: string): readonly Parameter[] =>
  [...path.matchAll(/(?<=([^/]*)\/)\{(\w+)\}/g)].map(([, before = '', name = '']) => {
    const other = (name === 'id' ? OPERATOR_PARAMETERS[before] : undefined) ?? PATH_PARAMETERS[name];
    const facts = path.startsWith(ROUTES.problem.path.replace('{code}', '')) ? ERROR_CODE : other;
    if (facts === undefined) throw new Error(`The path parameter ${name} is not described.`);
    return { name, in: 'path', required: true, ...facts };
  });

const refusalResponses = (
  codes: readonly OutcomeCode[],
  inPath: readonly OutcomeCode[],
  origin: string,
): Record<string, Response> => {
  const byStatus = new Map<number, OutcomeCode[]>();
  for (const code of new Set([...codes, ...inPath])) {
    const status = statusOf(code, inPath.includes(code));
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, same]) => [status, refusalResponse(status, same, origin)]));
};

/** @param codes of one status */
const refusalResponse = (status: number, codes: readonly OutcomeCode[], origin: string): Response => {
  const outcomes = codes.map((code) => OUTCOMES[code]);
  const challenged = status === 401 || status === 403 || outcomes.every(({ oauthError }) => oauthError !== null);
  return {
    description: codes.map((code) => `\`${code}\`: ${OUTCOMES[code].title}`).join('\n\n'),
    headers: {
      ...REQUEST_ID,
      ...(challenged && { 'WWW-Authenticate': headerRef('Challenge') }),
      ...(status === 405 && { Allow: headerRef('Allow') }),
      ...((status === 429 || status === 503) && { 'Retry-After': headerRef('RetryAfter') }),
    },
    content: {
      'application/problem+json': {
        schema: {
          ...refTo('Problem'),
          properties: { status: aConst(status), code: anEnum(codes) },
        },
        ...(codes[0] !== undefined && { example: exampleProblem(status, codes[0], origin) }),
      },
    },
  };
};

const exampleProblem = (status: number, code: OutcomeCode, origin: string) => {
  const { title } = OUTCOMES[code];
  return { type: problemType(origin, code), title, status, code, requestId: EXAMPLES.Problem.requestId };
};

const EVENT_SCHEMAS = Object.fromEntries(
  DETAIL_TYPE_NAMES.map((detailType) => [`${eventName(detailType)}Event`, eventSchema(detailType)]),
);

const describeEvent = (detailType: DetailType): { readonly post: Webhook } => ({
  post: {
    operationId: `on${eventName(detailType)}`,
    summary: detailType,
    tags: ['events'],
    requestBody: {
      required: true,
      description: EVENT_DESCRIPTIONS[detailType].when,
      content: {
        'application/json': {
          schema: { $ref: `#/components/schemas/${eventName(detailType)}Event` },
          example: eventExample(detailType),
        },
      },
    },
    responses: {
      200: { description: 'The target of the rule accepted the event. Otherwise EventBridge sends it again.' },
    },
  },
});

const withExample = (parameter: Parameter): Parameter => ({
  example: PARAMETER_EXAMPLES[parameter.name],
  ...parameter,
});

const examplesOf = (name: SchemaName): readonly unknown[] =>
  [EXAMPLES[name], MORE_EXAMPLES[name]].filter((example) => example !== undefined);

const withExamples = (schemas: Readonly<Record<SchemaName, JsonSchema>>): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, { ...schema, examples: examplesOf(name as SchemaName) }]),
  );

const abbreviated = (parameters: readonly Parameter[]): readonly Parameter[] => {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const shortest = shortestNames(inQuery);
  return parameters.map((parameter) => {
    const short = parameter.in === 'query' ? shortest[parameter.name] : undefined;
    return short === undefined ? parameter : { ...parameter, 'x-abbreviation': short };
  });
};

/** Bodies of requests of the sender API. */
const ABBREVIATED_SCHEMAS: ReadonlySet<string> = new Set(['OpenTask', 'ReissueCallbacks', 'ReopenTask']);

const withAbbreviations = (schemas: Readonly<Record<SchemaName, JsonSchema>>) =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      ABBREVIATED_SCHEMAS.has(name) ? { ...schema, properties: withShortest(schema.properties as Properties) } : schema,
    ]),
  ) as Readonly<Record<SchemaName, JsonSchema>>;

type Properties = Readonly<Record<string, JsonSchema>>;

const withShortest = (properties: Properties): Properties => {
  const shortest = shortestNames(Object.keys(properties));
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, { ...schema, 'x-abbreviation': shortest[name] }]),
  );
};
