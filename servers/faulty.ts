/**
 * A server that answers well at first and then does wrong on purpose, so that it can be seen whether that is noticed.
 *
 * usage: node --import tsx servers/faulty.ts ADDRESS PORT FAULT SHARE AFTER
 *
 * FAULT is what it does to a SHARE of the requests, from 0 to 1, that follow the first AFTER of them: these are spread
 * evenly, so that each run of it does the same.
 */
import { createServer, type Socket } from 'node:net';

const body = 'forkbench';

const response = (status: string, contentLength = body.length): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${contentLength}\r\nConnection: close\r\n\r\n${body}`;

const faults: Record<string, (socket: Socket) => void> = {
  /** Never answers, and keeps the connection. */
  mute: () => undefined,
  status: (socket) => socket.end(response('500 Internal Server Error')),
  /** Closes before the body that it announced is complete. */
  length: (socket) => socket.end(response('200 OK', body.length + 100)),
  garbage: (socket) => socket.end('this is not HTTP\r\n\r\n'),
  close: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
};

const [address, port, fault = '', share, after] = process.argv.slice(2);
const doWrong = faults[fault];
if (doWrong === undefined || after === undefined) {
  const names = Object.keys(faults).join('|');
  console.error(`usage: servers/faulty.ts ADDRESS PORT ${names} SHARE AFTER`);
  process.exit(2);
}

let requests = 0;

function answer(socket: Socket): void {
  const number = requests++ - Number(after);
  const wrongUpTo = (count: number): number => Math.floor(count * Number(share));
  if (number >= 0 && wrongUpTo(number + 1) > wrongUpTo(number)) doWrong!(socket);
  else socket.end(response('200 OK'));
}

createServer((socket) => {
  let head = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const isWhole = head.includes('\r\n\r\n');
    head += text;
    if (!isWhole && head.includes('\r\n\r\n')) answer(socket);
  });
}).listen({ host: address, port: Number(port), backlog: 4096 });
