import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { StartRedrive } from './redrive-letters.ts';

/**
 * The function `redrive` in AWS Lambda.
 * @param arn ARN of its alias
 */
export const createLambdaRedrive =
  (client: Pick<LambdaClient, 'send'>, arn: string): StartRedrive =>
  async (request) => {
    await client.send(
      new InvokeCommand({ FunctionName: arn, InvocationType: 'Event', Payload: JSON.stringify(request) }),
    );
  };
