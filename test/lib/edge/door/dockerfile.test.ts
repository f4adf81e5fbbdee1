import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOOR_PORTS } from '../../../../lambda/contract/door-limits.ts';

const root = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const instructions = read('door/Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
  .map((line) => line.replaceAll(/ +/g, ' '));
const lastStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));

test('the image has the binary and certificate authorities, and nothing else', () => {
  expect(lastStage.filter((line) => /^(FROM|COPY|ADD|RUN|ENTRYPOINT)\b/.test(line))).toEqual([
    'FROM scratch',
    'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt',
    'COPY --from=build /door /door',
    'ENTRYPOINT ["/door"]',
  ]);
});

test('the program of the image runs as a user without rights, at the ports of the tasks', () => {
  expect(lastStage).toContain('USER 65532:65532');
  expect(lastStage).toContain(`EXPOSE ${DOOR_PORTS.tls} ${DOOR_PORTS.health}`);
});

test('the image is built by the Go of its module, from the versions of go.sum', () => {
  const [, version = ''] = /^go (\d+\.\d+)/m.exec(read('door/go.mod')) ?? [];
  expect(instructions[0]).toMatch(
    new RegExp(`^FROM --platform=\\$BUILDPLATFORM golang:${version}\\.\\d+-bookworm AS build$`),
  );
  const build = instructions.find((line) => line.includes('go build')) ?? '';
  for (const setting of ['GOTOOLCHAIN=local', 'GOFLAGS=-mod=readonly', 'GOARCH=$TARGETARCH', '-tags no_fs_access']) {
    expect(build).toContain(setting);
  }
});
