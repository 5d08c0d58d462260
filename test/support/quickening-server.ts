import type net from 'node:net';
import { onTestFinished } from 'vitest';
import { startScriptedServer, wholeResponse, type ScriptedServer } from './scripted-server.ts';

const tickMs = 2;

/**
 * A server whose rate of answers doubles again and again, from `perSecond` at its first request: of two spans of time
 * the later one always has more answers, also where the server gets to its first request late. A rate that fell would
 * pass through a moment at which the two are equal.
 */
export async function startQuickeningServer({
  perSecond,
  doubledEveryMs,
}: {
  perSecond: number;
  doubledEveryMs: number;
}): Promise<ScriptedServer> {
  const waiting: net.Socket[] = [];
  let lastTickMs: number | undefined;
  let firstMs = 0;
  let owed = 0;
  const answerSome = (): void => {
    if (lastTickMs === undefined) return;
    const nowMs = performance.now();
    owed += ((nowMs - lastTickMs) / 1000) * perSecond * 2 ** ((nowMs - firstMs) / doubledEveryMs);
    lastTickMs = nowMs;
    for (const socket of waiting.splice(0, Math.floor(owed))) {
      socket.end(wholeResponse());
      owed -= 1;
    }
    // What nobody asked for in time is not made up for, or the rate would be the clients'.
    owed %= 1;
  };
  const timer = setInterval(answerSome, tickMs);
  onTestFinished(() => clearInterval(timer));
  return startScriptedServer((socket) => {
    if (lastTickMs === undefined) lastTickMs = firstMs = performance.now();
    waiting.push(socket);
  });
}
