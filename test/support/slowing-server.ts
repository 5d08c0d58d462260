import type net from 'node:net';
import { onTestFinished } from 'vitest';
import { startScriptedServer, wholeResponse, type ScriptedServer } from './scripted-server.ts';

const tickMs = 2;

/**
 * A server whose rate of answers halves again and again, counted from its first request: whoever compares two spans of
 * time sees different rates.
 */
export async function startSlowingServer({
  perSecond,
  halvedEveryMs,
}: {
  perSecond: number;
  halvedEveryMs: number;
}): Promise<ScriptedServer> {
  const waiting: net.Socket[] = [];
  let lastTickMs: number | undefined;
  let firstMs = 0;
  let owed = 0;
  const answerSome = (): void => {
    if (lastTickMs === undefined) return;
    const nowMs = performance.now();
    owed += ((nowMs - lastTickMs) / 1000) * perSecond * 0.5 ** ((nowMs - firstMs) / halvedEveryMs);
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
