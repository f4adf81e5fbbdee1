import { createHash, randomBytes } from 'node:crypto';
import type { ScenarioContext } from './context.ts';
import { expectThat } from './reporter.ts';

/** More than a task item holds, less than a load balancer forwards. */
const DOCUMENT_BYTES = 300_000;
/** More than a load balancer forwards. */
const UPLOAD_BYTES = 3_000_000;

/** Two results: one too large for the task item, one too large for the load balancer. */
export const playLargeResults = async (context: ScenarioContext): Promise<void> => {
  const { call, deliver, documentType, probe, open, processor, report } = context;

  report.step('A processor delivers a scanned document of 300 KB');
  const scanned = await open({ processor, resource: 'invoice-80' });
  const scan = aDocument(DOCUMENT_BYTES, documentType);
  const received = await deliver(scanned.callback('result'), scan, documentType);
  expectThat(received.status === 200, 'the document to be recorded', received);
  report.layer(
    'receive',
    'stores it in the payload bucket, then runs the transaction: after a crash in between, no task refers to a missing object',
  );
  await download(context, scanned.taskId, scan);
  report.layer('tasks', 'answers 303 with a presigned URL that is valid for one minute');
  report.outcome(`200, and the sender reads back the same ${scan.length} bytes, as ${documentType}, from the bucket.`);

  report.step('Another document of 3 MB is too large for the load balancer');
  const large = await open({ processor, resource: 'invoice-81', callbacks: ['upload'] });
  const document = aDocument(UPLOAD_BYTES, documentType);
  const refused = await deliver(large.callback('upload'), document, documentType);
  expectThat(refused.status === 413, '413 for a body that no load balancer forwards', refused);
  report.layer('load balancer', 'answers 413, because the body has more than 1 MB');
  const sha256 = createHash('sha256').update(document).digest('hex');
  const offered = await deliver(
    large.callback('upload'),
    JSON.stringify({ contentType: documentType, size: document.length, sha256 }),
    'application/json',
  );
  expectThat(offered.status === 200 && offered.body.method === 'PUT', 'a URL to upload to', offered.status);
  report.layer('receive', 'gets type, size and SHA-256 of the document, and signs a PUT of exactly these bytes');
  const { headers, url } = offered.body as unknown as { url: string; headers: Record<string, string> };
  const upload = async (bytes: Buffer): Promise<number> => {
    const answer = await call(url, { method: 'PUT', headers, body: Buffer.from(bytes) });
    await answer.text();
    return answer.status;
  };
  const forged = Buffer.from(document).fill(0, 0, 100);
  const forgedStatus = await upload(forged);
  expectThat(forgedStatus === 400, '400 for other bytes', forgedStatus);
  report.layer('S3', 'answers 400 to other bytes of the same length, and 200 to the bytes of the offer');
  const status = await upload(document);
  expectThat(status === 200, '200 for the bytes of the offer', status);
  await context.becomes(large.taskId, 'succeeded');
  await probe?.published('Task Succeeded', large.taskId);
  report.layer('complete-upload', 'gets an event about the object, compares type, size and SHA-256, closes the task');
  await download(context, large.taskId, document);
  report.outcome(`The task has succeeded, and the sender reads back the same ${document.length} bytes.`);
};

/** A new document of about this many bytes: random bytes, or JSON if the content type is JSON. */
const aDocument = (bytes: number, type: string): Buffer => {
  if (!/[/+]json$/.test(type)) return randomBytes(bytes);
  return Buffer.from(JSON.stringify({ document: randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64') }));
};

/** Reads a result from the URL that the sender API answers with. @throws {ScenarioError} unless it is these bytes */
const download = async (
  { ask, call, documentType }: ScenarioContext,
  taskId: string,
  expected: Buffer,
): Promise<void> => {
  const pointer = await ask(`/v1/tasks/${taskId}/result`);
  const location = pointer.headers.get('location');
  expectThat(pointer.status === 303 && location !== null, '303 to where the result is', pointer.status);
  const result = await call(location);
  const bytes = Buffer.from(await result.arrayBuffer());
  const type = result.headers.get('content-type');
  expectThat(result.status === 200 && type === documentType && bytes.equals(expected), 'the same bytes', [
    result.status,
    type,
  ]);
};
