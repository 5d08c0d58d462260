import net from 'node:net';
import { onTestFinished } from 'vitest';
import { unreadBytes } from './proc.ts';
import { waitUntil } from './wait-until.ts';

export interface Received {
  readonly text: string;
  /** How the server's direction ended: closed in order, or reset. */
  readonly end: 'closed' | 'reset';
}

/** A TCP client that sends exactly the given bytes and sees exactly what comes back. */
export class RawClient {
  readonly #socket: net.Socket;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<Received['end']>;
  #hasEnded = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#ended = new Promise((resolve) => {
      // Node calls a reset that comes right behind the answer an end, too; only a write tells the two apart.
      socket.once('end', () => {
        if (socket.writableEnded) resolve('closed');
        else socket.write('?', (error) => resolve(error ? 'reset' : 'closed'));
      });
      // Once the server has closed, the rest of what we send may meet a closed socket: not its answer's business.
      socket.on('error', () => resolve('reset'));
      socket.once('close', () => resolve('reset'));
    });
    void this.#ended.then(() => (this.#hasEnded = true));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What has come so far. */
  get receivedText(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  get receivedBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  async send(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Sends, and waits until the server's process has read it all, so that what follows is a read of its own. */
  async sendAndAwaitRead(bytes: string): Promise<void> {
    await this.send(bytes);
    const { localPort = 0, remotePort = 0 } = this.#socket;
    await waitUntil(
      'the server reads what was sent',
      async () => (await unreadBytes(remotePort, localPort)) === 0,
    );
  }

  /** Ends our direction only. */
  async halfClose(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  /** All that the server sends until it closes; then closes too. */
  async receive(): Promise<Received> {
    const end = await this.#ended;
    this.#socket.end();
    return { text: this.receivedText, end };
  }
}

/** Sends one request on a connection of its own and returns all that comes back. */
export async function exchange(port: number, request: string | Uint8Array): Promise<Received> {
  const client = await RawClient.connect(port);
  void client.send(request);
  return client.receive();
}

export const simpleGet = 'GET / HTTP/1.0\r\n\r\n';

/** The answer to a request that the server must be able to serve at any time. */
export const simpleAnswer: Received = {
  text: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nforkbench',
  end: 'closed',
};
