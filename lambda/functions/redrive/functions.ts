import { type InvocationType, InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Result of a function: what it returned, or the type of its error. */
export type InvocationResult = { readonly value: unknown } | { readonly error: string };

/** Functions by the names of their queues. Methods reject if Lambda is unavailable. */
export interface Functions {
  /** Calls a function and waits for its result. */
  invoke(name: string, event: unknown): Promise<InvocationResult>;
  /** Passes an event to Lambda, which calls the function. If the function fails, its event becomes a dead letter again. */
  enqueue(name: string, event: unknown): Promise<void>;
}

/**
 * Functions in AWS Lambda.
 * @param arns ARN of each function by its name
 */
export const createLambdaFunctions = (
  client: Pick<LambdaClient, 'send'>,
  arns: Readonly<Record<string, string>>,
): Functions => {
  const call = (name: string, event: unknown, InvocationType: InvocationType) =>
    client.send(new InvokeCommand({ FunctionName: arns[name], InvocationType, Payload: JSON.stringify(event) }));
  return {
    invoke: async (name, event) => {
      const { FunctionError, Payload } = await call(name, event, 'RequestResponse');
      const text = Buffer.from(Payload ?? []).toString('utf8');
      const value: unknown = text === '' ? undefined : JSON.parse(text);
      if (FunctionError === undefined) return { value };
      const { errorType } = (value ?? {}) as { readonly errorType?: unknown };
      return { error: typeof errorType === 'string' ? errorType : FunctionError };
    },
    enqueue: async (name, event) => {
      await call(name, event, 'Event');
    },
  };
};
