import { createHash, randomBytes } from 'node:crypto';
import { expectThat } from './teller.ts';
import type { World } from './world.ts';

/** Above what is kept on the task, below what a load balancer passes on. */
const DOOR_BYTES = 300_000;
/** Above what a load balancer passes on. */
const UPLOAD_BYTES = 3_000_000;

/** Results that are too large for a task, and too large for the door. */
export const tellLargeResults = async (world: World): Promise<void> => {
  const { call, deliver, documentType, onlooker, open, processor, tell } = world;

  tell.step('A scanned document of 300 KB comes through the door');
  const scanned = await open({ processor, resource: 'invoice-80' });
  const scan = aDocument(DOOR_BYTES, documentType);
  const received = await deliver(scanned.callback('result'), scan, documentType);
  expectThat(received.status === 200, 'the document to be recorded', received);
  tell.layer(
    'receive',
    'puts it into the payload bucket first, then the one transaction: a crash in between leaves no task that points at nothing',
  );
  await download(world, scanned.taskId, scan);
  tell.layer('tasks', 'answers 303 to a presigned URL, good for a minute');
  tell.outcome(`200, and the sender reads back the same ${scan.length} bytes, as ${documentType}, from the bucket.`);

  tell.step('Another of 3 MB is too large for the door');
  const large = await open({ processor, resource: 'invoice-81', callbacks: ['upload'] });
  const document = aDocument(UPLOAD_BYTES, documentType);
  const refused = await deliver(large.callback('upload'), document, documentType);
  expectThat(refused.status === 413, '413 for what no load balancer passes on', refused);
  tell.layer('load balancer', '413: more than 1 MB');
  const sha256 = createHash('sha256').update(document).digest('hex');
  const offered = await deliver(
    large.callback('upload'),
    JSON.stringify({ contentType: documentType, size: document.length, sha256 }),
    'application/json',
  );
  expectThat(offered.status === 200 && offered.body.method === 'PUT', 'a URL to upload to', offered.status);
  tell.layer('receive', 'told type, size and SHA-256, signs a PUT of exactly these bytes');
  const { headers, url } = offered.body as unknown as { url: string; headers: Record<string, string> };
  const upload = async (bytes: Buffer): Promise<number> => {
    const answer = await call(url, { method: 'PUT', headers, body: Buffer.from(bytes) });
    await answer.text();
    return answer.status;
  };
  const forged = Buffer.from(document).fill(0, 0, 100);
  const forgedStatus = await upload(forged);
  expectThat(forgedStatus === 400, '400 for other bytes', forgedStatus);
  tell.layer('S3', '400 for other bytes of the same length; 200 for those that were told');
  const status = await upload(document);
  expectThat(status === 200, '200 for the bytes that were told', status);
  await world.becomes(large.taskId, 'succeeded');
  await onlooker?.published('Task Succeeded', large.taskId);
  tell.layer('arrive', 'told of the object by an event, compares type, size and SHA-256, closes the task');
  await download(world, large.taskId, document);
  tell.outcome(`The result is what arrived: the sender reads back the same ${document.length} bytes.`);
};

/** About `bytes` bytes, different each time. What is sent as JSON has to be JSON. */
const aDocument = (bytes: number, type: string): Buffer => {
  if (!/[/+]json$/.test(type)) return randomBytes(bytes);
  return Buffer.from(JSON.stringify({ document: randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64') }));
};

/** Reads a result from where the sender API says it is. @throws {StoryError} unless it is these bytes */
const download = async ({ ask, call, documentType }: World, taskId: string, expected: Buffer): Promise<void> => {
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
