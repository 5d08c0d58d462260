import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeEngines, inBothBuilds, load } from '../support/generator.ts';
import { startScriptedServer, wholeResponse } from '../support/scripted-server.ts';

type Behaviour = Parameters<typeof startScriptedServer>[0];

/** Sends these lines, the last one without a line end, and closes. */
const answer =
  (...lines: string[]): Behaviour =>
  (socket) =>
    void socket.end(lines.join('\r\n'), 'latin1');

const inPieces =
  (...pieces: string[]): Behaviour =>
  async (socket) => {
    for (const piece of pieces) {
      socket.write(piece);
      await sleep(2);
    }
    socket.end();
  };

const ok = 'HTTP/1.1 200 OK';

/** What a server does with a request, and what the generator is to call it. */
const answers: Record<string, [outcome: string, behave: Behaviour]> = {
  'a whole response': ['succeeded', answer(wholeResponse())],
  'HTTP/1.0': ['succeeded', answer('HTTP/1.0 200 OK', 'Content-Length: 3', '', 'yes')],
  'a status without a reason': ['succeeded', answer('HTTP/1.1 200', 'content-length:\t3 ', '', 'yes')],
  'bare line feeds': ['succeeded', answer('HTTP/1.1 200 OK\nContent-Length: 3\n\nyes')],
  'the same length twice': ['succeeded', answer(ok, 'Content-Length: 3', 'Content-Length: 3', '', 'yes')],
  'no body': ['succeeded', answer(ok, 'Content-Length: 0', '', '')],
  'no length': ['succeeded', answer(ok, 'Server: none', '', 'as long as it lasts')],
  'chunks to the last one': [
    'succeeded',
    answer(ok, 'Transfer-Encoding: chunked', '', '3', 'yes', '0', '', ''),
  ],
  'small pieces': ['succeeded', inPieces(...wholeResponse().match(/[^]{1,7}/g)!)],
  'header lines of 300 characters': [
    'succeeded',
    answer(ok, `X: ${'y'.repeat(300)}`, 'Content-Length: 3', '', 'yes'),
  ],
  'a whole response, its end later': ['succeeded', inPieces(wholeResponse(), '')],

  'another status': ['badStatus', answer('HTTP/1.1 503 Busy', 'Content-Length: 2', '', 'no')],
  'a status without a body': ['badStatus', answer('HTTP/1.1 204 Nothing', '', '')],
  'another status, too long': ['badStatus', answer('HTTP/1.1 404 Gone', 'Content-Length: 2', '', 'yes')],

  'a body that is too long': ['wrongLength', answer(ok, 'Content-Length: 2', '', 'yes')],
  'a second response': ['wrongLength', answer(wholeResponse() + wholeResponse())],

  'a body that is too short': ['closedEarly', answer(ok, 'Content-Length: 4', '', 'yes')],
  'a header without end': ['closedEarly', answer(ok, 'Content-Length: 0', '')],
  'the start of a status line': ['closedEarly', answer('HTTP/1.')],
  'the last chunk missing': ['closedEarly', answer(ok, 'Transfer-Encoding: chunked', '', '3', 'yes', '')],
  nothing: ['closedEarly', answer('')],

  'no HTTP': ['malformed', answer('SSH-2.0-OpenSSH_9.2', '')],
  'two bytes of something else': ['malformed', answer('\x15\x03')],
  'a status that is no number': ['malformed', answer('HTTP/1.1 OK', '', '')],
  'a header line without a colon': ['malformed', answer(ok, 'Content-Length', '', '')],
  'a length that is no number': ['malformed', answer(ok, 'Content-Length: 2x', '', 'ok')],
  'a length that is negative': ['malformed', answer(ok, 'Content-Length: -2', '', 'ok')],
  'a length beyond all limits': ['malformed', answer(ok, `Content-Length: ${'9'.repeat(30)}`, '', 'ok')],
  'two lengths': ['malformed', answer(ok, 'Content-Length: 2', 'Content-Length: 3', '', 'ok')],

  'a reset': ['reset', (socket) => void socket.resetAndDestroy()],
  'a reset within the response': [
    'reset',
    (socket) => void socket.write(wholeResponse().slice(0, 30), () => socket.resetAndDestroy()),
  ],
};

describeEngines('answers', (engine) => {
  it('tells right ones from wrong ones, and these by cause', () =>
    inBothBuilds(engine, async (generator) => {
      const outcomesOf = async (name: string, behave: Behaviour): Promise<object> => {
        const server = await startScriptedServer(behave);
        // Long enough for every client to come to its turn on a busy machine.
        const times = { connections: 2, durationMs: engine !== 'processes' ? 300 : 1500, drainMs: 5000 };
        const { total } = await load(generator, server.port, times);
        // webbench's alarm leaves a request where it stands; otherwise nobody is ever reset.
        if (engine !== 'processes') expect(server.errors, name).toEqual([]);
        return { ...(total.succeeded > 0 && { succeeded: total.succeeded }), ...total.failed };
      };
      const names = Object.keys(answers);
      const atOnce = engine !== 'processes' ? 8 : 16;
      // A few at a time: they are to be served by one Node process.
      for (let i = 0; i < names.length; i += atOnce) {
        const some = names.slice(i, i + atOnce);
        const measured = await Promise.all(
          some.map(async (name) => [name, await outcomesOf(name, answers[name]![1])]),
        );
        expect(measured).toEqual(
          some.map((name) => [name, { [answers[name]![0]]: expect.any(Number) as number }]),
        );
      }
    }));

  it('holds them against the size that is expected', () =>
    inBothBuilds(engine, async (generator) => {
      const server = await startScriptedServer(answer(wholeResponse()));
      const size = wholeResponse().length;
      const [right, wrong] = await Promise.all([
        load(generator, server.port, { more: ['--expect-bytes', String(size)] }),
        load(generator, server.port, { more: ['--expect-bytes', String(size - 1)] }),
      ]);
      expect(right.total).toMatchObject({ failed: {} });
      expect(right.window.bytes).toBe(right.window.succeeded * size);
      expect(wrong.total).toMatchObject({
        succeeded: 0,
        failed: { wrongLength: expect.any(Number) as number },
      });
      expect(wrong.window.bytes).toBe(0);
    }));

  it('reads a response that is larger than any buffer', () =>
    inBothBuilds(engine, async (generator) => {
      const body = 'x'.repeat(3_000_000);
      const server = await startScriptedServer(answer(wholeResponse(body)));
      const { window, total, stalled } = await load(generator, server.port, {
        connections: 2,
        durationMs: 700,
        drainMs: 3000,
      });
      expect(total).toMatchObject({ failed: {} });
      expect(window.bytes).toBe(window.succeeded * wholeResponse(body).length);
      expect(window.succeeded).toBeGreaterThan(0);
      expect(stalled.count).toBeLessThanOrEqual(engine !== 'processes' ? 0 : 2);
    }));

  it('reads responses that become larger than they were', () =>
    inBothBuilds(engine, async (generator) => {
      const sizes = [10, 400_000];
      let answered = 0;
      const server = await startScriptedServer((socket) => {
        answered += 1;
        socket.end(wholeResponse('x'.repeat(answered < 20 ? sizes[0]! : sizes[1]!)));
      });
      const { total } = await load(generator, server.port, {
        connections: 2,
        durationMs: 1200,
        drainMs: 2000,
      });
      expect(total.failed).toEqual({});
      expect(total.succeeded).toBeGreaterThan(20);
    }));
});
