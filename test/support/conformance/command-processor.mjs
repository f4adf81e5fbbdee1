import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * `node command-processor.mjs COMMAND…` runs a command for each piece of work, with the variables of `npm run open`
 * (`RESULT_URL`, `RESULT_TOKEN` …). Prints its start URL. What the commands say goes to stderr.
 */

const [command, ...parameters] = process.argv.slice(2);

const variablesOf = (callbacks) =>
  Object.fromEntries(
    Object.entries(callbacks).flatMap(([capability, { token, url }]) => [
      [`${capability.toUpperCase()}_URL`, url],
      ...(token === undefined ? [] : [[`${capability.toUpperCase()}_TOKEN`, token]]),
    ]),
  );

const server = createServer(async (request, response) => {
  const { callbacks } = JSON.parse(Buffer.concat(await request.toArray()).toString());
  spawn(command, parameters, {
    env: { ...process.env, ...variablesOf(callbacks) },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  response.writeHead(202).end();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(JSON.stringify([`http://127.0.0.1:${server.address().port}/start`]));
