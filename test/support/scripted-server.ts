import net from 'node:net';
import { onTestFinished } from 'vitest';

export interface ScriptedServer {
  readonly port: number;
  /** What each connection sent, in the order of the connections. */
  readonly requests: readonly string[];
  /** Errors of its connections, such as a reset by the client. */
  readonly errors: readonly Error[];
  /** Stops listening and resets what is open. */
  vanish(): void;
}

/**
 * A server that does what it is told once a request has come to its end. It closes a connection by itself only when
 * the client has. `greet` is called for each connection, before its request.
 */
export async function startScriptedServer(
  behave: (socket: net.Socket) => void | Promise<void>,
  greet: (socket: net.Socket) => void = () => {},
): Promise<ScriptedServer> {
  const requests: string[] = [];
  const errors: Error[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const index = requests.push('') - 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => errors.push(error));
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      requests[index] += chunk.toString('latin1');
      if (requests[index]!.endsWith('\r\n\r\n')) void behave(socket);
    });
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
  const vanish = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  onTestFinished(vanish);
  return { port: (server.address() as net.AddressInfo).port, requests, errors, vanish };
}

/** A whole response, which the server is to end with. */
export const wholeResponse = (body = 'forkbench'): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
