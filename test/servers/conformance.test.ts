import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerRules, parseAnswer } from '../conformance/answers.ts';
import type { Case } from '../conformance/requirement.ts';
import { chapters } from '../conformance/requirements.ts';
import { exchange, RawClient, simpleAnswer, simpleGet, type Received } from '../support/raw-client.ts';
import { describeServers, startServer, type ServerProcess } from '../support/server-process.ts';

/** Single bytes, but for the middle of what is long: that would take long, and is all alike. */
function pieces(bytes: Buffer): Buffer[] {
  const edge = 300;
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const isMiddle = at >= edge && at < bytes.length - edge - 61;
    cut.push(bytes.subarray(at, (at += isMiddle ? 61 : 1)));
  }
  return cut;
}

async function send({ bytes, halfClose }: Case, port: number, inPieces: boolean): Promise<Received> {
  const client = await RawClient.connect(port);
  const all = Buffer.from(bytes, 'latin1');
  const sending = (async () => {
    for (const piece of inPieces ? pieces(all) : [all]) {
      if (client.hasEnded) return;
      await client.send(piece);
    }
    if (halfClose === true) await client.halfClose();
  })();
  const received = await client.receive();
  await sending;
  return received;
}

function expectAnswer({ bytes, answer }: Case, { text, end }: Received): void {
  expect(end).toBe('closed');
  if (answer === 'none') return expect(text).toBe('');
  const parsed = parseAnswer(text);
  expect(answer).toContain(parsed.code);
  for (const rule of answerRules) expect(rule.fault(parsed, bytes), rule.text).toBeNull();
}

describeServers('HTTP', (server) => {
  const ends: (() => Promise<void>)[] = [];
  let port = 0;
  let settled: ServerProcess['settled'];
  beforeAll(async () => {
    const onEnd = (end: () => Promise<void>): void => void ends.unshift(end);
    ({ port, settled } = await startServer(server, ['--backlog', '512'], { onEnd }));
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  describe.each(chapters)('$title', ({ requirements }) => {
    const cases = requirements.flatMap(({ section, cases }) =>
      cases.map((testCase) => ({ section, ...testCase })),
    );
    it.each(cases)('$section: $name', async (testCase) => {
      expectAnswer(testCase, await send(testCase, port, false));
      const before = await settled();
      const received = await send(testCase, port, true);
      if (testCase.surplus === true && received.end === 'reset') {
        // The kernel may throw away what the client has not read when it is reset, but answered it was.
        expect(simpleAnswer.text.startsWith(received.text)).toBe(true);
        expect((await settled()).answered - before.answered).toBe(1);
      } else expectAnswer(testCase, received);
      expect(await exchange(port, simpleGet)).toEqual(simpleAnswer);
    });
  });

  it('gives HEAD the header of GET', async () => {
    for (const fields of ['Host: tom\r\n\r\n', '\r\n']) {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => exchange(port, `${method} / HTTP/1.1\r\n${fields}`)),
      );
      expect(head!.text).toBe(parseAnswer(get!.text).head);
    }
  });
});
