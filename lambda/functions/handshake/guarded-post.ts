import { HANDSHAKE } from '../../contract/proof-limits.ts';
import { type GuardOptions, guardedRequest } from '../../shared/egress/guarded-request.ts';

export interface PostResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * POSTs JSON to a URL of another party, with the limits of `guardedRequest`, at most three seconds and 4 KB.
 * @throws {Error} if there is no such response; the message is a code
 */
export const guardedPost = async (url: URL, body: object, options: GuardOptions): Promise<PostResponse> => {
  const answer = await guardedRequest(
    {
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      timeoutMilliseconds: HANDSHAKE.timeoutMilliseconds,
      maxAnswerBytes: HANDSHAKE.maxAnswerBytes,
    },
    options,
  );
  if (!answer.isAnswered) throw new Error(answer.code);
  if (answer.body === undefined) throw new Error('The response is too large, or was cut off.');
  return { status: answer.status, body: answer.body };
};
