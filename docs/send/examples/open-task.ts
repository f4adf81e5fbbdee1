import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** A callback, as the processor gets it. Its URL and its token are credentials: do not log them. */
export interface Callback {
  readonly url: string;
  /** Present if the URL does not contain it. */
  readonly token?: string;
}

/** A new task. A repeated request gets the same task, without callbacks if it has ended. */
export interface OpenedTask {
  readonly taskId: string;
  readonly callbacks: Readonly<Partial<Record<'result' | 'failure' | 'progress' | 'upload', Callback>>>;
}

/**
 * Creates a task by invoking the invocation target of the application.
 * @param request the body of `POST /v1/tasks` and `idempotencyKey`
 * @throws {Error} of a refusal. Its name is the code, for example `unavailable`; its message is the problem document
 */
export const openTask = async (lambda: LambdaClient, target: string, request: object): Promise<OpenedTask> => {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: target, Payload: JSON.stringify(request) }),
  );
  const answer: unknown = JSON.parse(Payload?.transformToString() || 'null');
  if (FunctionError === undefined) return answer as OpenedTask;
  const { errorMessage, errorType = FunctionError } = answer as { errorMessage?: string; errorType?: string };
  throw Object.assign(new Error(errorMessage), { name: errorType });
};
