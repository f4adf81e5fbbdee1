import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/**
 * Passes an event to Lambda, which calls the function later. Rejects if Lambda does not take it.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export type InvokeLater = (event: object) => Promise<void>;

/** @param functionArn ARN of an alias */
export const createInvokeLater =
  (client: Pick<LambdaClient, 'send'>, functionArn: string): InvokeLater =>
  async (event) => {
    const input = { FunctionName: functionArn, InvocationType: 'Event', Payload: JSON.stringify(event) } as const;
    await client.send(new InvokeCommand(input));
  };
