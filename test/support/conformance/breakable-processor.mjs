import { createHash, createHmac, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/**
 * A processor that keeps every rule, and can be told to break one. A stand-in for the processors of other companies: it speaks
 * HTTP by itself, byte by byte where a library would correct it.
 *
 * `node breakable-processor.mjs OPTIONS…` starts one server for each option: JSON `{"defect"?, "proof"?, "key"?}`. It prints
 * a line of JSON with their start URLs, in the same order, and writes what the processors say to stderr.
 */

const ATTEMPTS = 6;
const FIRST_WAIT_MILLISECONDS = 50;
const RESULT = '{"text":"Grüße aus Köln: 3 Seiten, 120 €"}';
const LARGE_BYTES = 1_048_577;

const base64url = (data) => Buffer.from(data).toString('base64url');

/** Sends one request. Resolves to undefined without an answer. */
const send = (
  url,
  { body = Buffer.alloc(0), chunked = false, headers, length = body.length, method = 'POST', path, port },
) =>
  new Promise((resolve) => {
    const target = new URL(url);
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: port ?? target.port,
        method,
        path: path ?? `${target.pathname}${target.search}`,
        agent: false,
        timeout: 10_000,
        headers: {
          host: target.host,
          ...headers,
          ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': length }),
        },
      },
      (incoming) => {
        const chunks = [];
        incoming
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () =>
            resolve({ status: incoming.statusCode, headers: incoming.headers, text: Buffer.concat(chunks).toString() }),
          )
          .on('error', () => resolve(undefined));
      },
    );
    outgoing.on('error', () => resolve(undefined));
    outgoing.on('timeout', () => outgoing.destroy());
    if (method === 'HEAD') outgoing.end();
    else outgoing.end(body);
  });

const createProcessor = ({ defect, key, proof = 'none' }) => {
  const has = (name) => defect === name;

  const dpopProof = ({ nonce, token, url }) => {
    const privateKey = createPrivateKey({ key, format: 'jwk' });
    const { crv, kty, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
    const header = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }));
    const claims = base64url(
      JSON.stringify({
        jti: randomUUID(),
        htm: 'POST',
        htu: url,
        iat: Math.floor(Date.now() / 1000),
        ath: createHash('sha256').update(token).digest('base64url'),
        ...(nonce && { nonce }),
      }),
    );
    const signature = sign('sha256', Buffer.from(`${header}.${claims}`), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${header}.${claims}.${base64url(signature)}`;
  };

  const httpSignature = ({ body, url }) => {
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    const created = Math.floor(Date.now() / 1000);
    const parameters = `("@method" "@target-uri" "content-digest");created=${created};keyid="${key.kid}";nonce="${randomUUID()}"`;
    const base = `"@method": POST\n"@target-uri": ${url}\n"content-digest": ${digest}\n"@signature-params": ${parameters}`;
    const signature = sign('sha256', Buffer.from(base), {
      key: createPrivateKey({ key, format: 'jwk' }),
      dsaEncoding: 'ieee-p1363',
    });
    return {
      'content-digest': digest,
      'signature-input': `sig=${parameters}`,
      signature: `sig=:${signature.toString('base64')}:`,
    };
  };

  const webhookSignature = ({ body, id, time }) => {
    const secret = Buffer.from(key.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', secret).update(`${id}.${time}.`).update(body).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': `${time}`, 'webhook-signature': `v1,${mac}` };
  };

  /** Headers of the proof for one attempt. `memory` lives as long as the delivery. */
  const proofHeaders = ({ body, memory, nonce, token, url }) => {
    switch (proof) {
      case 'dpop': {
        if (has('keeps-dpop-proof')) memory.dpop ??= dpopProof({ token, url });
        return { authorization: `DPoP ${token}`, dpop: memory.dpop ?? dpopProof({ nonce, token, url }) };
      }
      case 'http-signature': {
        if (has('keeps-signature')) memory.signature ??= httpSignature({ body, url });
        return { authorization: `Bearer ${token}`, ...(memory.signature ?? httpSignature({ body, url })) };
      }
      case 'standard-webhooks': {
        memory.id ??= `msg_${randomUUID()}`;
        memory.time ??= Math.floor(Date.now() / 1000);
        const id = has('renews-webhook-id') ? `msg_${randomUUID()}` : memory.id;
        const time = has('keeps-webhook-time') ? memory.time : Math.floor(Date.now() / 1000);
        return { authorization: `Bearer ${token}`, ...webhookSignature({ body, id, time }) };
      }
      default:
        return token === undefined ? {} : { authorization: `Bearer ${token}` };
    }
  };

  const resultBody = (attempt) => {
    if (has('stamps-each-attempt')) return Buffer.from(JSON.stringify({ text: 'Grüße', attempt }));
    if (has('says-json-of-text')) return Buffer.from('Grüße aus Köln');
    if (has('begins-with-byte-order-mark')) return Buffer.from(`\ufeff${RESULT}`);
    if (has('sends-nothing')) return Buffer.alloc(0);
    if (has('sends-too-much')) return Buffer.from(JSON.stringify({ text: 'x'.repeat(LARGE_BYTES) }));
    return Buffer.from(RESULT);
  };

  /** One attempt, with the defects of its form. */
  const attemptOnce = async ({ attempt, body, callback, contentType, memory, nonce }) => {
    const { token, url } = callback;
    const type = attempt > 1 && has('changes-type-of-repeat') ? 'text/plain' : contentType;
    const request = {
      body: has('compresses') ? gzipSync(body) : body,
      headers: {
        ...proofHeaders({ body, memory, nonce, token, url }),
        ...(!has('names-no-type') && {
          'content-type': has('sends-as-form') ? 'application/x-www-form-urlencoded' : type,
        }),
        ...(has('compresses') && { 'content-encoding': 'gzip' }),
      },
    };
    const target = new URL(url);
    if (has('adds-query')) request.path = `${target.pathname}?source=acme`;
    if (has('adds-slash')) request.path = `${target.pathname}/`;
    if (has('lowers-case-of-url')) request.path = target.pathname.toLowerCase();
    if (has('names-localhost')) request.headers.host = `localhost:${target.port}`;
    if (has('drops-token')) delete request.headers.authorization;
    if (has('cuts-token')) request.headers.authorization = request.headers.authorization.slice(0, -1);
    if (has('renames-scheme')) request.headers.authorization = `Token ${token}`;
    if (has('puts-token-into-query')) {
      delete request.headers.authorization;
      request.path = `${target.pathname}?access_token=${token}`;
    }
    if (has('uses-put')) request.method = 'PUT';
    if (has('probes-with-head')) await send(url, { ...request, method: 'HEAD', body: undefined });
    if (has('probes-with-get')) await send(url, { ...request, method: 'GET', body: undefined });
    if (has('counts-characters')) request.length = body.toString().length;
    if (has('announces-too-much')) request.length = body.length + 10;
    const answer = await send(url, request);
    if (has('logs-headers-of-failed-attempts') && answer?.status !== 200) {
      console.error('attempt failed', answer?.status, request.headers);
    }
    if (answer?.status === 307 && has('follows-redirect')) return send(answer.headers.location, request);
    if (answer?.status === 307 && has('follows-redirect-without-token')) {
      return send(answer.headers.location, { ...request, headers: { 'content-type': type } });
    }
    return answer;
  };

  /** True if the same must be sent again. */
  const mustRepeat = (answer) => {
    if (answer === undefined) return !has('stops-without-answer');
    const { status } = answer;
    if (status >= 300 && status < 400) return true;
    if (status === 429) return !has('stops-at-429');
    if (status === 503 && (has('stops-at-503') || has('reports-failure-at-503'))) return false;
    return status >= 500 || has(`repeats-${status}`);
  };

  const waitFor = (answer, attempt) => {
    const seconds = Number(answer?.headers['retry-after']);
    return wait(seconds > 0 && !has('tries-again-at-once') ? seconds * 1000 : FIRST_WAIT_MILLISECONDS * attempt);
  };

  /** Sends the same until an answer decides. */
  const deliver = async (callback, makeBody, contentType) => {
    const memory = {};
    let nonce;
    let answer;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      answer = await attemptOnce({ attempt, callback, contentType, memory, nonce, body: makeBody(attempt) });
      const challenge = answer?.headers['dpop-nonce'];
      if (answer?.status === 401 && challenge !== undefined && nonce === undefined && !has('ignores-nonce')) {
        nonce = has('invents-nonce') ? '1.invented' : challenge;
        continue;
      }
      if (has('repeats-after-repeat') && answer?.headers['idempotency-replayed'] === 'true') continue;
      if (has('never-tries-again') || !mustRepeat(answer)) break;
      await waitFor(answer, attempt);
    }
    return answer;
  };

  const reportFailure = (callbacks, text) =>
    deliver(callbacks.failure, () => Buffer.from(JSON.stringify({ text })), 'application/json');

  /** What a processor does when its payload is refused. */
  const correct = async (callbacks, { status, text }) => {
    if (has(`is-silent-after-${status}`) || has(`repeats-${status}`)) return;
    const accepted = status === 415 ? (JSON.parse(text).errors?.[0]?.accepted ?? []) : [];
    if (accepted.includes('text/plain')) await deliver(callbacks.result, () => Buffer.from(RESULT), 'text/plain');
    else await reportFailure(callbacks, 'the result was refused');
  };

  const put = (offer, bytes, callback) => {
    const headers = { ...offer.headers };
    if (has('drops-headers-of-put')) delete headers['x-amz-checksum-sha256'];
    if (has('sends-token-to-bucket')) headers.authorization = `Bearer ${callback.token}`;
    if (has('describes-object')) headers['content-disposition'] = 'attachment; filename="scan.pdf"';
    for (const name of Object.keys(headers)) if (name.toLowerCase() === 'content-length') delete headers[name];
    return send(offer.url, { method: 'PUT', headers, body: bytes, chunked: has('sends-put-in-chunks') });
  };

  const upload = async (callbacks) => {
    if (has('never-announces')) return reportFailure(callbacks, 'too large');
    const bytes = Buffer.alloc(LARGE_BYTES, 'pdf');
    const hashed = has('hashes-other-bytes') ? Buffer.from('others') : bytes;
    const announcement = {
      contentType: 'application/pdf',
      size: bytes.length,
      sha256: createHash('sha256').update(hashed).digest('hex'),
    };
    const answer = await deliver(callbacks.upload, () => Buffer.from(JSON.stringify(announcement)), 'application/json');
    if (answer?.status !== 200) return reportFailure(callbacks, 'not announced');
    if (has('announces-only')) return undefined;
    const offer = JSON.parse(answer.text);
    let stored = await put(offer, bytes, callbacks.upload);
    if (stored === undefined && !has('stops-after-lost-put')) {
      await wait(FIRST_WAIT_MILLISECONDS);
      stored = await put(offer, bytes, callbacks.upload);
    }
    if (stored?.status === 412 && has('repeats-put-after-412')) await put(offer, bytes, callbacks.upload);
    if (stored?.status === 412 && has('reports-failure-after-412')) await reportFailure(callbacks, 'not stored');
    return undefined;
  };

  return async (callbacks) => {
    if (has('logs-callbacks')) console.error('new work', JSON.stringify(callbacks));
    else console.error('new work');
    if (callbacks.result === undefined) return upload(callbacks);
    const answer = await deliver(callbacks.result, resultBody, 'application/json');
    if (answer?.status === 415 || answer?.status === 422) await correct(callbacks, answer);
    const isRepeat = answer?.headers['idempotency-replayed'] === 'true';
    if (has('reports-failure-at-503') && answer?.status === 503) await reportFailure(callbacks, 'not available');
    if (has('reports-failure-after-repeat') && isRepeat) await reportFailure(callbacks, 'it had been delivered before');
    console.error('work ends', answer?.status);
    return undefined;
  };
};

const listen = (options) =>
  new Promise((resolve) => {
    const work = createProcessor(options);
    const server = createServer((incoming, outgoing) => {
      const chunks = [];
      incoming
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => {
          outgoing.writeHead(202).end();
          const { callbacks } = JSON.parse(Buffer.concat(chunks).toString());
          work(callbacks).catch((error) => console.error('work failed', error.name));
        });
    });
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}/start`));
  });

const starts = await Promise.all(process.argv.slice(2).map((option) => listen(JSON.parse(option))));
console.log(JSON.stringify(starts));
