/** A request of the AWS SDK, as a function sent it. */
export interface RecordedCall {
  readonly function: string;
  readonly method: string;
  readonly path: string;
  readonly target?: string;
  readonly body?: string;
}

/** Input of an IAM decision. */
export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

const PLACE = 'eu-west-1:000000000000';

/** Ends of names of actions on callbacks of durable functions, by their paths. */
const CALLBACK_ACTIONS = { succeed: 'Success', fail: 'Failure', heartbeat: 'Heartbeat' } as const;

/** Operations in a transaction. Each of them needs its own permission. */
const PARTS = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem' };

type Item = Readonly<Record<string, { readonly S?: string }>>;
interface Projection {
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
}
interface TableRequest extends Projection {
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly TableName: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ReturnValues?: string;
  readonly RequestItems?: Readonly<Record<string, Projection>>;
  readonly TransactItems?: readonly Readonly<Record<string, TableRequest>>[];
}

/**
 * Makes the input of the IAM decision for a recorded call: actions, resources and condition keys, from the service
 * authorization reference.
 * @param partitionKeys names of the partition keys, by table name
 * @throws {Error} for a call that this function does not know
 */
export const iamRequestsOf = (
  call: RecordedCall,
  partitionKeys: ReadonlyMap<string, string>,
): readonly IamRequest[] => {
  const [service = '', operation = ''] = call.target?.split('.') ?? [];
  const body = JSON.parse(call.body ?? '{}') as Readonly<Record<string, unknown>>;
  if (service.startsWith('DynamoDBStreams')) {
    // An iterator does not name its stream.
    if (body.StreamArn === undefined) return [];
    const resource = String(body.StreamArn).replace(/^arn:aws:dynamodb:[^:]*:/, 'arn:aws:dynamodb:eu-west-1:');
    return [{ action: `dynamodb:${operation}`, resource, context: {} }];
  }
  if (service.startsWith('DynamoDB')) {
    return tableRequests(operation, body as unknown as TableRequest, partitionKeys);
  }
  if (service === 'TrentService') {
    return [
      {
        action: `kms:${operation}`,
        resource: String(body.KeyId),
        context: encryptionContextOf(body.EncryptionContext),
      },
    ];
  }
  if (service === 'AWSEvents') {
    const buses = (body.Entries as { EventBusName: string }[]).map(({ EventBusName }) => EventBusName);
    return [...new Set(buses)].map((bus) => ({
      action: `events:${operation}`,
      resource: `arn:aws:events:${PLACE}:event-bus/${bus}`,
      context: {},
    }));
  }
  if (service === 'AmazonSQS') {
    const queue = String(body.QueueUrl).split('/').at(-1);
    // A batch needs the permission of its entries.
    const action = `sqs:${operation.replace(/Batch$/, '')}`;
    return [{ action, resource: `arn:aws:sqs:${PLACE}:${queue}`, context: {} }];
  }
  if (service === 'secretsmanager') {
    // Six characters that stand for those that the service adds to the name.
    const resource = `arn:aws:secretsmanager:${PLACE}:secret:${body.SecretId}-AbCdEf`;
    return [{ action: `secretsmanager:${operation}`, resource, context: {} }];
  }
  if (service === 'AWSStepFunctions') {
    // A token does not show its state machine.
    return [{ action: `states:${operation}`, resource: `arn:aws:states:${PLACE}:stateMachine:Invoices`, context: {} }];
  }
  const [, end] = /^\/2025-12-01\/durable-execution-callbacks\/[^/]+\/(succeed|fail|heartbeat)$/.exec(call.path) ?? [];
  if (end !== undefined) {
    // Nor does the id of a callback show its durable execution: https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
    const resource = `arn:aws:lambda:${PLACE}:function:invoices:1/durable-execution/name/id`;
    const action = `lambda:SendDurableExecutionCallback${CALLBACK_ACTIONS[end as keyof typeof CALLBACK_ACTIONS]}`;
    return [{ action, resource, context: {} }];
  }
  const [, invoked] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(call.path) ?? [];
  if (invoked !== undefined) {
    return [{ action: 'lambda:InvokeFunction', resource: decodeURIComponent(invoked), context: {} }];
  }
  if (service === 'GraniteServiceVersion20100801') {
    return [{ action: `cloudwatch:${operation}`, resource: '*', context: {} }];
  }
  if (call.target === undefined) return objectRequests(call.method, call.path);
  throw new Error(`Nothing says what IAM is asked for ${call.target}.`);
};

/** https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context */
const encryptionContextOf = (context: unknown): IamRequest['context'] => {
  if (typeof context !== 'object' || context === null) return {};
  const pairs = Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, String(value)]);
  return { ...Object.fromEntries(pairs), 'kms:EncryptionContextKeys': Object.keys(context) };
};

const tableRequests = (
  operation: string,
  request: TableRequest,
  partitionKeys: ReadonlyMap<string, string>,
  enclosing?: string,
): readonly IamRequest[] => {
  if (operation === 'TransactWriteItems') {
    return (request.TransactItems ?? []).flatMap((item) =>
      Object.entries(item).flatMap(([part, one]) =>
        tableRequests(PARTS[part as keyof typeof PARTS], one, partitionKeys, operation),
      ),
    );
  }
  if (operation === 'BatchGetItem') {
    return Object.entries(request.RequestItems ?? {}).map(([name, projection]) => ({
      action: `dynamodb:${operation}`,
      resource: `arn:aws:dynamodb:${PLACE}:table/${name}`,
      context: selectionOf(projection),
    }));
  }
  const table = `arn:aws:dynamodb:${PLACE}:table/${request.TableName}`;
  const key = (request.Key ?? request.Item)?.[partitionKeys.get(request.TableName) ?? '']?.S;
  return [
    {
      action: `dynamodb:${operation}`,
      resource: request.IndexName === undefined ? table : `${table}/index/${request.IndexName}`,
      // The partition key of an index is a number; no policy uses it.
      context: {
        ...(key !== undefined && { 'dynamodb:LeadingKeys': [key] }),
        ...((operation === 'GetItem' || operation === 'Query') && selectionOf(request)),
        ...(operation === 'UpdateItem' && { 'dynamodb:Attributes': namesIn(request) }),
        ...(request.ReturnValues !== undefined && { 'dynamodb:ReturnValues': request.ReturnValues }),
        ...(enclosing !== undefined && { 'dynamodb:EnclosingOperation': enclosing }),
      },
    },
  ];
};

/** We assume that the name of a nested attribute is the name of the attribute that it is in. */
const selectionOf = (request: TableRequest | Projection): IamRequest['context'] =>
  request.ProjectionExpression === undefined
    ? { 'dynamodb:Select': 'ALL_ATTRIBUTES' }
    : { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES', 'dynamodb:Attributes': namesIn(request) };

/** Words of expressions that are no names of attributes. */
const WORDS =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|BETWEEN|IN|attribute_\w+|begins_with|contains|size|if_not_exists|list_append)$/i;

/** Names of all attributes in the key and the expressions of a request. */
const namesIn = (request: Partial<TableRequest>): string[] => {
  const { ExpressionAttributeNames: aliases = {}, Key: key = {} } = request;
  const expressions = [
    request.ProjectionExpression,
    request.KeyConditionExpression,
    request.FilterExpression,
    request.UpdateExpression,
    request.ConditionExpression,
  ].join(' , ');
  const words = expressions.match(/(?<![\w.:#])#?[A-Za-z_]\w*/g) ?? [];
  const names = words.filter((word) => !WORDS.test(word)).map((word) => aliases[word] ?? word);
  return [...new Set([...Object.keys(key), ...names])];
};

/** A request to S3, by a function or with a presigned URL. A presigned URL has the permissions of its signer. */
export const objectRequests = (method: string, path: string): readonly IamRequest[] => {
  const [, bucket = '', ...rest] = (path.split('?')[0] ?? '').split('/').map(decodeURIComponent);
  const object = `arn:aws:s3:::${bucket}/${rest.join('/')}`;
  const context = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };
  if (method === 'PUT') return [{ action: 's3:PutObject', resource: object, context }];
  if (method === 'GET') return [{ action: 's3:GetObject', resource: object, context }];
  if (method === 'DELETE' && path.includes('versionId=')) {
    return [{ action: 's3:DeleteObjectVersion', resource: object, context }];
  }
  if (method !== 'HEAD') throw new Error(`Nothing says what IAM is asked for ${method} of an object.`);
  return [
    { action: 's3:GetObject', resource: object, context },
    // This permission is needed for the answer 404. We assume that S3 then uses the key as the prefix.
    {
      action: 's3:ListBucket',
      resource: `arn:aws:s3:::${bucket}`,
      context: { ...context, 's3:prefix': rest.join('/') },
    },
  ];
};
