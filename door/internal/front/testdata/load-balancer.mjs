// Answers the questions of differential_test.go by the local model of an Application Load Balancer: one line of JSON each.
import { createInterface } from 'node:readline';
import { toLambdaEvent } from '../../../../local/load-balancer/lambda-event.ts';
import { fromLambdaResult } from '../../../../local/load-balancer/lambda-result.ts';
import { readRequest } from '../../../../local/load-balancer/request.ts';
import { matchesPattern } from '../../../../local/load-balancer/rule-matching.ts';

const eventOf = ({ method, target, rawHeaders, address, body }) => {
  const latin1 = rawHeaders.map((text) => Buffer.from(text, 'base64').toString('latin1'));
  const incoming = { method, url: target, rawHeaders: latin1, socket: { remoteAddress: address } };
  const request = readRequest(incoming);
  if (typeof request === 'number') return { status: request };
  const options = { targetGroupArn: 'arn', port: 443, traceId: 'Root=1-a-b', addedHeaders: {} };
  return { host: request.host, event: toLambdaEvent(request, Buffer.from(body, 'base64'), options) };
};

const resultOf = ({ text }) => {
  let result;
  try {
    result = JSON.parse(text);
  } catch {
    return {};
  }
  const answer = fromLambdaResult(result);
  if (answer === undefined) return {};
  const headers = new Map();
  for (const [name, values] of Object.entries(answer.headers)) {
    headers.set(
      name.toLowerCase(),
      values.map((value) => Buffer.from(value, 'latin1').toString('base64')),
    );
  }
  return { status: answer.status, headers: Object.fromEntries(headers), body: answer.body.toString('base64') };
};

const patternOf = ({ pattern, value }) => ({ matches: matchesPattern(pattern, value) });

const answers = { event: eventOf, result: resultOf, pattern: patternOf };
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[question.kind](question))}\n`);
}
