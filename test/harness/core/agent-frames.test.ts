import { expect, it } from 'vitest';
import { FrameReader, type Frame } from '../../../harness/core/agent-frames.ts';
import { clockOffset } from '../../../harness/core/clock-offset.ts';
import { remoteResult, reportingCommand } from '../../../harness/core/ssh-result.ts';

const talk = [
  'Welcome to this host\n',
  'forkbench-host-agent {"version":1,"root":false,"scratch":"/dev/shm/x"}\n',
  '{"id":1,"event":"started","pid":7}\n',
  '{"id":1,"event":"stdout","bytes":6}\na\n{"b\n',
  '{"id":1,"event":"ended","exitCode":255,"signal":null}\n',
].join('');

it.each([1, 2, 7, 1000])('frames are the same however their bytes come: %i at once', (size) => {
  const reader = new FrameReader();
  const bytes = new TextEncoder().encode(talk);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.add(bytes.subarray(at, at + size)));
  expect(reader.greeting).toEqual({ version: 1, root: false, scratch: '/dev/shm/x' });
  expect(frames.map(({ head, body }) => [head.event, new TextDecoder().decode(body)])).toEqual([
    ['started', ''],
    ['stdout', 'a\n{"b\n'],
    ['ended', ''],
  ]);
});

it('bytes that are no frame are refused', () => {
  const reader = new FrameReader();
  reader.add(new TextEncoder().encode(talk));
  expect(() => reader.add(new TextEncoder().encode('{"id":2,"event":"sang"}\n'))).toThrow(/event/);
});

it('the offset of a clock is that of the exchange with the shortest round trip, within half of it', () => {
  const exchange = (sentUs: number, roundTripUs: number, theirs: number) => ({
    sentUs,
    receivedUs: sentUs + roundTripUs,
    sentUnixUs: sentUs + 5_000_000,
    theirMonotonicUs: theirs,
    theirUnixUs: theirs + 5_002_000,
  });
  const offset = clockOffset([
    exchange(1000, 900, 9000),
    exchange(3000, 100, 10_050),
    exchange(5000, 400, 1),
  ]);
  expect(offset).toEqual({ monotonicUs: 7000, unixUs: 9000, uncertaintyUs: 50 });
});

it('how a remote command ended is what its shell said last', () => {
  expect(reportingCommand(['printf', "it's"])).toBe(`printf 'it'\\''s'; echo "forkbench-ended $?" >&2`);
  expect(remoteResult('forkbench-ended 0\nnoise\nforkbench-ended 255\n')).toEqual({
    exitCode: 255,
    stderr: 'forkbench-ended 0\nnoise\n',
  });
  expect(remoteResult('ssh: connect to host x port 22: Connection refused\n')).toBeNull();
  expect(remoteResult('forkbench-ended 2')).toBeNull();
});
