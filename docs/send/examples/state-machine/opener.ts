import { LambdaClient } from '@aws-sdk/client-lambda';
import { openTask } from '../open-task.ts';
import { orderRecognition } from '../order-recognition.ts';

const { INVOCATION_TARGET = '', PROCESSOR_URL = '' } = process.env;
const lambda = new LambdaClient();

/** The event of `OpenPosternTask`: the request of the task, and `input`. */
interface OpenerEvent {
  readonly input: { readonly document: string };
  readonly [property: string]: unknown;
}

/** Creates the task and gives it to the processor. It returns nothing, because the history of the execution shows what it returns. */
export const handler = async ({ input, ...request }: OpenerEvent): Promise<void> => {
  await orderRecognition(PROCESSOR_URL, input.document, await openTask(lambda, INVOCATION_TARGET, request));
};
