import { createServer, type RequestListener } from 'node:http';

export interface DocumentServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Paths asked for since the start, in order. */
  readonly asked: readonly string[];
  /** Sets the response from now on. */
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/** A web server of another party. The test sets its behaviour. */
export const openDocumentServer = async (first: RequestListener): Promise<DocumentServer> => {
  const asked: string[] = [];
  let listener = first;
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    serve: (next) => {
      listener = next;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

/** Answers with a document. */
export const answering =
  (body: string | Uint8Array, contentType: string, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': contentType }).end(body);
  };
