/**
 * TCP proxy on this machine that delays responses and counts requests. It is a separate process, so that its CPU time is
 * not measured. Parameters: port of the server, delay in milliseconds.
 */
import { connect, createServer } from 'node:net';

const [port, milliseconds] = process.argv.slice(2).map(Number);
let requests = 0;

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
  client.on('data', (bytes) => {
    if (bytes.subarray(0, 5).toString('latin1') === 'POST ') requests += 1;
    upstream.write(bytes);
  });
  upstream.on('data', (bytes) => {
    setTimeout(() => client.write(bytes), milliseconds);
  });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.end());
  }
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  process.send({ requests });
  requests = 0;
});
process.on('disconnect', () => process.exit());
