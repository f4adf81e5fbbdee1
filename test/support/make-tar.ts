import { gzipSync } from 'node:zlib';

const BLOCK_BYTES = 512;

/** A tar archive in gzip of the form that `opa build` writes: ustar, and every file of the owner 0 and of 1970. */
export const makeTar = (files: Readonly<Record<string, Uint8Array | string>>): Uint8Array => {
  const entries = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const padding = (BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES;
    return [headerOf(name, bytes.length), bytes, Buffer.alloc(padding)];
  });
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK_BYTES)]));
};

const headerOf = (name: string, size: number): Buffer => {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, 100, 'latin1');
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('0ustar\u000000', 156);
  // The sum counts its own field as blanks.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
};
