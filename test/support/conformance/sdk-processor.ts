import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Callback, CallbackError, dpop } from '@postern/processor';

/**
 * A processor with the package for processors, and DPoP. Its key is the variable `KEY`. Prints its start URL. A task without
 * the callback for results gets a large one by upload.
 */

const LARGE_BYTES = 1_048_577;

type CallbackUrls = ConstructorParameters<typeof Callback>[0];

const work = async (urls: Exclude<CallbackUrls, string>): Promise<void> => {
  const callback = new Callback(urls, { proof: dpop({ privateJwk: JSON.parse(process.env.KEY ?? '') }) });
  if (urls.result === undefined) {
    await callback.upload(new Uint8Array(LARGE_BYTES), { contentType: 'application/pdf' });
    return;
  }
  try {
    await callback.deliver('{"text":"Grüße aus Köln"}', { contentType: 'application/json' });
  } catch (error) {
    const isRefusedPayload = error instanceof CallbackError && (error.status === 415 || error.status === 422);
    if (!isRefusedPayload) throw error;
    await callback.fail({ code: 'refused', message: 'The result was refused.' });
  }
};

const server = createServer(async (request, response) => {
  const { callbacks } = JSON.parse(Buffer.concat(await request.toArray()).toString());
  response.writeHead(202).end();
  // As a careless program does it: everything about the error goes to the log.
  await work(callbacks).catch((error: unknown) => console.error('not delivered', error, callbacks.result?.method));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(JSON.stringify([`http://127.0.0.1:${(server.address() as AddressInfo).port}/start`]));
